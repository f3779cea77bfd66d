#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes NAME.session beside this file anew: the TLS part of the control
connection of a real FTP client, with its key log, as chunks of a head (0: the
client sent it, 1: the server, 2: key log), a length of two bytes and so many
bytes. curl brings OpenSSL, lftp GnuTLS; the server is pyftpdlib.
Use: make_sessions.py [DIRECTORY]"""
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import TLS_FTPHandler
from pyftpdlib.servers import FTPServer

OUT = os.path.abspath(sys.argv[1] if len(sys.argv) > 1
                      else os.path.dirname(__file__))
CURL = ["curl", "-sk", "--ftp-ssl-control", "-u", "ftpuser:secret",
        "ftp://127.0.0.1:%d/file"]
LFTP = "set ssl:verify-certificate no; set ftp:ssl-force yes; " \
       "set ftp:ssl-protect-data no; set net:max-retries 1; %s" \
       "open -u ftpuser,secret -p %%d 127.0.0.1; cat file; quit"
LFTP_12 = "set ssl:priority NORMAL:-VERS-ALL:+VERS-TLS1.2:%s; "

SESSIONS = [
    ("curl-13", CURL),
    ("curl-12", CURL + ["--tls-max", "1.2"]),
    ("lftp-13", ["lftp", "-c", LFTP % ""]),
    ("lftp-12-cbc", ["lftp", "-c", LFTP % (
        LFTP_12 % "-CIPHER-ALL:+AES-128-CBC:-MAC-ALL:+SHA1:+SHA256")]),
    ("lftp-12-mac-first", ["lftp", "-c", LFTP % (
        LFTP_12 % "-CIPHER-ALL:+AES-256-CBC:-MAC-ALL:+SHA1:%NO_ETM")]),
    ("lftp-12-chacha", ["lftp", "-c", LFTP % (
        LFTP_12 % "-CIPHER-ALL:+CHACHA20-POLY1305")]),
]


class Tap(threading.Thread):
    """Passes one connection on; keeps what follows the 234 to AUTH."""

    def __init__(self, to):
        super().__init__()
        self.to = to
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.chunks = []
        self.start()

    def run(self):
        client = self.listener.accept()[0]
        server = socket.create_connection(("127.0.0.1", self.to))
        peer = {client: server, server: client}
        tls = False
        while peer:
            for end in select.select(list(peer), [], [])[0]:
                try:
                    data = end.recv(16384)
                except ConnectionResetError:
                    data = b""
                try:
                    if data:
                        peer[end].sendall(data)
                    else:
                        peer.pop(end).shutdown(socket.SHUT_WR)
                except OSError:  # it has gone away
                    pass
                if tls and data:
                    self.chunks.append((end is server, data))
                tls |= end is server and data.startswith(b"234 ")
        client.close()
        server.close()
        self.listener.close()


def chunk(head, data):
    return struct.pack(">BH", head, len(data)) + data


def make(name, command, port):
    tap = Tap(port)
    keys = name + ".keys"
    done = subprocess.run([c.replace("%d", str(tap.port)) for c in command],
                          env=dict(os.environ, SSLKEYLOGFILE=keys),
                          stdout=subprocess.PIPE, check=True)
    assert done.stdout == b"hello\n", (name, done.stdout)
    tap.join()
    with open(keys, "rb") as log, \
            open(os.path.join(OUT, name + ".session"), "wb") as out:
        out.write(chunk(2, log.read()))
        for from_server, data in tap.chunks:
            out.write(chunk(from_server, data))


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                    "-keyout", "key.pem", "-out", "cert.pem", "-days", "7300",
                    "-subj", "/CN=ftp.example"],
                   check=True, stderr=subprocess.DEVNULL)
    os.mkdir("files")
    with open("files/file", "w") as f:
        f.write("hello\n")
    authorizer = DummyAuthorizer()
    authorizer.add_user("ftpuser", "secret", "files", perm="elr")
    TLS_FTPHandler.certfile = "cert.pem"
    TLS_FTPHandler.keyfile = "key.pem"
    TLS_FTPHandler.authorizer = authorizer
    server = FTPServer(("127.0.0.1", 0), TLS_FTPHandler)
    port = server.socket.getsockname()[1]
    serve = threading.Thread(target=server.serve_forever, daemon=True)
    serve.start()
    for session in SESSIONS:
        print(session[0], flush=True)
        make(*session, port)
    server.close_all()
