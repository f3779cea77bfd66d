#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Python's ftplib as a client: its argument is a clients.Job in JSON.

ftplib chooses the command by address family; here it is told which.
"""

import ftplib
import json
import os
import socket
import ssl
import sys

import jail
from ftps import client_context
from waiting import CLIENT_SECONDS


class Chosen:
    """Mixed into a client: one given command for all data connections."""

    def use(self, command, trust):
        self.command = command
        # Else the address in a 227 is replaced by the server's own.
        self.trust_server_pasv_ipv4_address = trust
        self.set_pasv(command in ("PASV", "EPSV"))

    def makepasv(self):
        if self.command != "PASV":
            return ftplib.parse229(self.sendcmd("EPSV"),
                                   self.sock.getpeername())
        host, port = ftplib.parse227(self.sendcmd("PASV"))
        if not self.trust_server_pasv_ipv4_address:
            host = self.sock.getpeername()[0]
        return host, port

    def sendport(self, host, port):
        return self._send_own(host, port)

    def sendeprt(self, host, port):
        return self._send_own(host, port)

    def _send_own(self, host, port):
        if self.command == "PORT":
            return super().sendport(host, port)
        return super().sendeprt(host, port)


class Clear(Chosen, ftplib.FTP):
    pass


class Explicit(Chosen, ftplib.FTP_TLS):
    """With what ftplib leaves out: data connections may resume the session
    of the control connection."""

    reuse = False
    secured = None  # the control connection as it was under TLS

    def auth(self):
        reply = super().auth()
        self.secured = self.sock
        return reply

    def ntransfercmd(self, cmd, rest=None):
        # Not that of FTP_TLS, which cannot resume.
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        if self._prot_p:
            connection = self.context.wrap_socket(
                connection, server_hostname=self.host,
                session=self.secured.session if self.reuse else None)
            if self.reuse and not connection.session_reused:
                raise ssl.SSLError("the server did not resume the session")
        return connection, size


class Implicit(Explicit):
    """TLS from the first byte on."""

    def connect(self, host, port):
        self.host = host
        clear = socket.create_connection((host, port), self.timeout)
        self.af = clear.family
        self.sock = self.context.wrap_socket(clear, server_hostname=host)
        self.secured = self.sock
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()


def logged_in(job):
    tls = job["tls"]
    if tls:
        kind = Implicit if tls["implicit"] else Explicit
        client = kind(timeout=CLIENT_SECONDS, context=client_context(
            tls["version"], job["authority"]))
        client.reuse = tls["reuse"]
    else:
        client = Clear(timeout=CLIENT_SECONDS)
    client.connect(job["host"], job["port"])
    client.login(jail.USER, jail.PASSWORD)
    if tls:
        protect(client, tls["level"])
        if tls["ccc"]:
            client.ccc()
    return client


def protect(client, level):
    if level == "P":
        client.prot_p()
    else:
        # RFC 4217 9: PBSZ before any PROT, which ftplib forgets here.
        client.voidcmd("PBSZ 0")
        client.prot_c()


def main(job):
    client = logged_in(job)
    client.use(job["command"], job["trust"])
    if job["get"]:
        with open(job["into"], "wb") as out:
            client.retrbinary(f"RETR {job['get']}", out.write)
    if job["put"]:
        with open(job["put"], "rb") as data:
            client.storbinary(f"STOR {os.path.basename(job['put'])}", data)
    client.quit()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
