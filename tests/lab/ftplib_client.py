#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Python's ftplib as a client: COMMAND HOST PORT GET AS PUT.

ftplib chooses the command by address family; here it is told which.
"""

import ftplib
import os
import sys

import jail

# Longer than a transfer in the lab, shorter than the lab's own patience.
SECONDS = 15


class Client(ftplib.FTP):
    """ftplib.FTP that uses one given command for all data connections."""

    # The address in the 227 is what the lab wants to see used.
    trust_server_pasv_ipv4_address = True

    def use(self, command):
        self.command = command
        self.set_pasv(command in ("PASV", "EPSV"))

    def makepasv(self):
        if self.command == "PASV":
            return ftplib.parse227(self.sendcmd("PASV"))
        return ftplib.parse229(self.sendcmd("EPSV"), self.sock.getpeername())

    def sendport(self, host, port):
        return self._send_own(host, port)

    def sendeprt(self, host, port):
        return self._send_own(host, port)

    def _send_own(self, host, port):
        if self.command == "PORT":
            return super().sendport(host, port)
        return super().sendeprt(host, port)


def main(command, host, port, get, into, put):
    client = Client(timeout=SECONDS)
    client.connect(host, int(port))
    client.login(jail.USER, jail.PASSWORD)
    client.use(command)
    with open(into, "wb") as out:
        client.retrbinary(f"RETR {get}", out.write)
    with open(put, "rb") as data:
        client.storbinary(f"STOR {os.path.basename(put)}", data)
    client.quit()


if __name__ == "__main__":
    main(*sys.argv[1:])
