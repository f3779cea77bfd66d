#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the handshakes beside this file anew: NAME.client and NAME.server are
the bytes that each end sent, whole TCP streams. Needs openssl, curl and lftp.
test_tls_hello.c counts what they offer, which is not the same in each version
of OpenSSL and GnuTLS (here 3.0.22 and 3.7.9): run this only to add a case.
Use: make.py [DIRECTORY]"""
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading

OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(__file__)
OLD = ["-cipher", "ALL:@SECLEVEL=0"]
SNI = ["-servername", "ftp.example.net"]
ALPN = ["-alpn", "ftp,h2"]
PSK = ["-psk", "0123456789abcdef0123456789abcdef"]
PLAIN = ["-cipher", "PSK:@SECLEVEL=0"]
CLIENT_CERT = ["-cert", "client.pem", "-key", "client.key"]

# name, server's options, then the options of each client: all but the last
# one only make a session. "reneg" asks for a second handshake inside.
CASES = [
    ("tls10", ["-tls1"] + OLD, ["-tls1"] + OLD + SNI),
    ("tls11", ["-tls1_1"] + OLD, ["-tls1_1"] + OLD + SNI),
    ("tls12", ["-tls1_2", "-alpn", "ftp"], ["-tls1_2"] + SNI + ALPN),
    ("tls12-ticket", ["-tls1_2"], ["-tls1_2", "-sess_out", "s"],
     ["-tls1_2", "-sess_in", "s"]),
    ("tls12-session-id", ["-tls1_2", "-no_ticket"],
     ["-tls1_2", "-no_ticket", "-sess_out", "s"],
     ["-tls1_2", "-no_ticket", "-sess_in", "s"]),
    ("tls12-offers-13", ["-tls1_2"], SNI),
    ("tls12-downgrade", [], ["-tls1_2"] + SNI),
    ("tls11-downgrade", OLD, ["-tls1_1"] + OLD),
    ("tls12-client-cert", ["-tls1_2", "-Verify", "1"],
     ["-tls1_2"] + CLIENT_CERT),
    ("tls12-no-client-cert", ["-tls1_2", "-verify", "1"], ["-tls1_2"]),
    ("tls12-chain", ["-tls1_2", "-cert_chain", "ca.pem", "-split_send_frag",
                     "512", "-max_send_frag", "512"],
     ["-tls1_2", "-noservername"]),
    ("tls12-psk", ["-tls1_2", "-nocert"] + PSK + PLAIN,
     ["-tls1_2"] + PSK + PLAIN),
    ("tls12-renegotiation", ["-tls1_2", "-client_renegotiation"],
     ["-tls1_2", "-msg", "reneg"]),
    ("tls12-no-cipher", ["-tls1_2", "-cipher", "AES256-SHA"],
     ["-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA"]),
    ("tls13-too-new", ["-tls1_2"], ["-tls1_3"]),
    ("tls13", ["-alpn", "ftp"], SNI + ALPN),
    ("tls13-no-sni", [], ["-noservername"]),
    ("tls13-retry", ["-groups", "P-384"], SNI),
    ("tls13-psk", ["-early_data"], ["-sess_out", "s"] + SNI,
     ["-sess_in", "s"] + SNI),
    ("tls13-psk-refused", ["-no_ticket", "-no_cache"], ["-sess_in", "s"]),
    ("tls13-early-data", ["-early_data"], ["-sess_out", "s"] + SNI,
     ["-sess_in", "s", "-early_data", "early"] + SNI),
    ("tls13-external-psk", ["-nocert"] + PSK, ["-tls1_3"] + PSK),
]

# FTP clients, against a server that never says 220: only the handshake.
FTP_CLIENTS = [
    ("curl", ["curl", "-sk", "-m", "3", "--resolve",
              "ftp.example.net:%d:127.0.0.1", "ftps://ftp.example.net:%d/"]),
    ("lftp", ["lftp", "-c", "set ssl:verify-certificate no; set "
              "net:max-retries 1; set net:timeout 3; open -u u,p "
              "ftps://localhost:%d; ls"]),
]


def openssl(*args):
    subprocess.run(("openssl",) + args, check=True, stderr=subprocess.DEVNULL)


def make_certificates():
    ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *ec, "-keyout", "ca.key", "-out", "ca.pem",
            "-days", "7300", "-subj", "/CN=Test CA")
    for name, cn in ("server", "ftp.example.net"), ("client", "ftpuser"):
        openssl("req", *ec, "-keyout", name + ".key", "-out", name + ".csr",
                "-subj", "/O=Example/CN=" + cn)
        openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem",
                "-CAkey", "ca.key", "-CAcreateserial", "-days", "7300",
                "-out", name + ".pem")


class Tap:
    """Listens, passes one connection on, and keeps what was said."""

    def __init__(self, to):
        self.said = {"client": b"", "server": b""}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.run, args=(to,))
        self.thread.start()

    def pump(self, who, source, sink):
        try:
            while data := source.recv(65536):
                self.said[who] += data
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def run(self, to):
        client = self.listener.accept()[0]
        server = socket.create_connection(("127.0.0.1", to))
        back = threading.Thread(target=self.pump,
                                args=("server", server, client))
        back.start()
        self.pump("client", client, server)
        back.join()
        client.close()
        server.close()
        self.listener.close()

    def keep(self, name):
        self.thread.join()
        for who, data in self.said.items():
            with open(os.path.join(OUT, name + "." + who), "wb") as f:
                f.write(data)


class Server:
    def __init__(self, options):
        cert = [] if "-nocert" in options else [
            "-cert", "server.pem", "-key", "server.key"]
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:0"] + cert + options,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        while b"ACCEPT" not in (line := self.process.stdout.readline()):
            assert line, options
        self.port = int(re.search(rb":(\d+)", line)[1])
        threading.Thread(target=self.process.stdout.read).start()

    def say(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def stop(self):
        self.process.kill()
        self.process.wait()


def converse(server, port, options):
    """One client; it stays until it has read what the server says."""
    reneg = "reneg" in options
    server.say(b"hello\n")
    client = subprocess.Popen(
        ["openssl", "s_client", "-connect", "127.0.0.1:%d" % port] +
        [o for o in options if o != "reneg"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL)
    for line in client.stdout:
        if line == b"hello\n":
            if reneg:
                client.stdin.write(b"R\n")
                client.stdin.flush()
                # -msg tells what comes in.
                for said in client.stdout:
                    if said.startswith(b"<<<") and b"Finished" in said:
                        break
            client.stdin.write(b"Q\n")
            client.stdin.flush()
            break
    client.stdout.read()
    client.stdin.close()
    client.wait()


def make_case(name, options, *clients):
    server = Server(options)
    for client in clients[:-1]:
        converse(server, server.port, client)
    tap = Tap(server.port)
    converse(server, tap.port, clients[-1])
    server.stop()
    tap.keep(name)


def make_ftp_client(name, command):
    server = Server([])
    tap = Tap(server.port)
    subprocess.run([c.replace("%d", str(tap.port)) for c in command],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server.stop()
    tap.keep(name)


OUT = os.path.abspath(OUT)
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    make_certificates()
    with open("early", "w") as f:
        f.write("USER early\r\n")
    for case in CASES:
        print(case[0], flush=True)
        make_case(*case)
    for case in FTP_CLIENTS:
        print(case[0], flush=True)
        make_ftp_client(*case)
