# SPDX-License-Identifier: GPL-2.0-or-later
"""An FTP server of the years between RFC 1639 and RFC 2428: of the commands for
a data connection it knows only LPRT and LPSV, so that a client which knows
them too takes to them. One session, one transfer at a time, nothing to put."""

import ipaddress
import os
import re
import socket
import threading

from dialog import READ_BYTES
from servers import PASSIVE
from topology import address
from waiting import PATIENCE_SECONDS

_REPLIES = {
    "USER": "331 Password please.", "PASS": "230 Logged in.",
    "TYPE": "200 Type set.", "NOOP": "200 Nothing done.",
    "SYST": "215 UNIX Type: L8", "QUIT": "221 Goodbye.",
}


class LongServer:
    """Listens when this returns; as a Server to Lab.transfer()."""

    def __init__(self, lab, directory):
        self.home = f"{directory}/home"
        os.makedirs(self.home)
        self._lab = lab
        self._address = address("server", lab.family)
        self._where = None  # how the next data connection is made
        listener = self._bound(lab.port)
        self._thread = threading.Thread(target=self._serve, args=[listener],
                                        daemon=True)
        self._thread.start()

    def stop(self):
        self._thread.join(PATIENCE_SECONDS)

    def _bound(self, port, listens=True):
        sock = self._lab.socket(self._lab.server)
        sock.settimeout(PATIENCE_SECONDS)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((self._address, port))
        if listens:
            sock.listen()
        return sock

    def _serve(self, listener):
        control = self._lab.closing(listener.accept()[0])
        with control, control.makefile("rw", newline="") as lines:
            def reply(text):
                lines.write(f"{text}\r\n")
                lines.flush()

            reply("220 RFC 1639 spoken here.")
            for line in lines:
                verb, _, rest = line.strip().partition(" ")
                self._obey(verb, rest, reply)
                if verb == "QUIT":
                    return

    def _obey(self, verb, rest, reply):
        if verb == "LPSV":
            listener = self._bound(PASSIVE[0])
            self._where = listener.accept
            host, port = listener.getsockname()[:2]
            reply(f"228 Entering Long Passive Mode ({_long(host, port)})")
        elif verb == "LPRT":
            where = _parse(rest)
            self._where = lambda: self._connected(where)
            reply("200 LPRT understood.")
        elif verb == "RETR":
            reply("150 Here it comes.")
            self._send(rest)
            reply("226 Done.")
        else:
            reply(_REPLIES.get(verb, "500 Unknown command."))

    def _connected(self, where):
        sock = self._bound(self._lab.port - 1, listens=False)
        sock.connect(where)
        return sock, where

    def _send(self, name):
        with open(f"{self.home}/{os.path.basename(name)}", "rb") as file, \
                self._where()[0] as data:
            data.sendall(file.read())
            data.shutdown(socket.SHUT_WR)
            while data.recv(READ_BYTES):
                pass


def _long(host, port):
    """As in LPRT (RFC 1639 3): version, length and bytes of the address,
    then length and bytes of the port."""
    ip = ipaddress.ip_address(host)
    return ",".join(map(str, (ip.version, len(ip.packed), *ip.packed, 2,
                              port >> 8, port & 255)))


def _parse(text):
    numbers = bytes(map(int, re.findall(r"\d+", text)))
    size = numbers[1]
    port = numbers[3 + size:]
    return (str(ipaddress.ip_address(numbers[2:2 + size])),
            int.from_bytes(port[:2], "big"))


def get_from(lab, command):
    """tnftp gets a file, by LPRT where it would use EPRT, by LPSV for EPSV."""
    server = lab.adopt(LongServer(lab, f"{lab.directory}/long"))
    lab.transfer("tnftp", command, server, only="get").finish()
