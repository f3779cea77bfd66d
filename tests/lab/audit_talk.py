# SPDX-License-Identifier: GPL-2.0-or-later
"""One conversation of a real client with vsftpd, and where it stopped.

vsftpd's own log tells what was said, under TLS too. A connection that is
dropped shows in the kernel: its SYN is sent once more.
"""

import os
import re

import clients
from ftps import Tls
from servers import Server
from transfer import Transfer
from waiting import LabError, wait_until

# Columns of /proc/net/tcp, and the state of a socket that waits for a SYN+ACK.
_REMOTE, _STATE, _SENT_AGAIN = 2, 3, 6
_SYN_SENT = "02"

# No connection, a broken one, and an address that is not the client's.
_REFUSED = "425 |426 |500 Illegal"

_COMMANDS = {"PORT", "EPRT", "PASV", "EPSV"}


def client_for(answer):
    """lftp where it can be told to use the command, else curl, else
    ftplib."""
    if not clients.impossible("lftp", answer.via, answer.family):
        return "lftp"
    tls = answer.tls != "none" and Tls()
    if tls and clients.impossible_tls("curl", tls, "vsftpd", True):
        return "ftplib"
    return "curl"


class Talk:
    """@net: an AuditNet. @answer: which cell. @certificate: the servers'."""

    def __init__(self, net, answer, directory, files, certificate):
        os.makedirs(directory)
        os.chmod(directory, 0o711)
        self._net, self._answer = net, answer
        self._log = f"{directory}/protocol"
        self._port = net.twin["implicit_port" if answer.tls == "implicit"
                              else "control_port"]
        here = answer.client
        there = "outside" if here == "inside" else "inside"
        self._client = net.side[here].space["client"]
        self._server = net.side[there].space["server"]
        tls = None
        if answer.tls != "none":
            tls = Tls(implicit=answer.tls == "implicit")
        port = answer.passive_port
        more = {"passive": (port, port)} if port else {}
        server = Server("vsftpd", self._server, f"{directory}/server",
                        self._port, answer.family, tls=tls,
                        certificate=certificate, log=self._log, **more)
        self._running = [server]
        self._transfer = Transfer(
            client_for(answer), self._client, server, f"{directory}/client",
            files, command=answer.via, host=net.reach(there, answer.family),
            port=self._port, tls=tls,
            authority=certificate.chain if tls else "")
        self._running.append(self._transfer)

    def result(self):
        """"works", or where it stopped, in the audit's words."""
        stop = wait_until(self._seen, "an end of the conversation")
        verbs = self._verbs()
        # Behind a refusal curl tries another one.
        if set(verbs if stop == "works" else verbs[:1]) - {self._answer.via}:
            raise LabError(f"the client used {verbs}")
        return stop

    def told(self):
        """The last that was said, and what the client thinks of it."""
        return (" / ".join(text for _, text in self._said()[-3:]) +
                " | " + self._transfer.process.tail())

    def stop(self):
        while self._running:
            self._running.pop().stop()

    def _seen(self):
        lost = self._lost()
        if lost:
            return lost
        if self._transfer.process.running():
            return self._refused()
        return "works" if self._transfer.whole() else self._stopped_at()

    def _lost(self):
        for space in (self._client, self._server):
            for table in ("tcp", "tcp6"):
                for line in space.read(table).splitlines()[1:]:
                    words = line.split()
                    if words[_STATE] != _SYN_SENT or not int(
                            words[_SENT_AGAIN], 16):
                        continue
                    port = int(words[_REMOTE].split(":")[1], 16)
                    return ("control connect" if port == self._port
                            else "data connect")
        return None

    def _logged(self):
        if not os.path.exists(self._log):
            return ""
        with open(self._log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def _said(self):
        """What vsftpd and its client said: (who, text) each."""
        return re.findall(r'FTP (command|response): Client "[^"]*", '
                          r'"(.*)"$', self._logged(), re.M)

    def _commands(self):
        return [text.split(" ")[0] for who, text in self._said()
                if who == "command"]

    def _codes(self):
        return [text[:3] for who, text in self._said() if who == "response"]

    def _verbs(self):
        """Commands for data connections that the client has sent."""
        return [verb for verb in self._commands() if verb in _COMMANDS]

    def _refused(self):
        """Clients wait or try again where vsftpd has said no for good."""
        if any(who == "response" and re.match(_REFUSED, text)
               for who, text in self._said()):
            return self._stopped_at()
        return None

    def _stopped_at(self):
        commands, codes = self._commands(), self._codes()
        if "CONNECT: " not in self._logged():
            return "control connect"
        if "230" not in codes:
            return "login" if "USER" in commands else "AUTH"
        return "data transfer" if "150" in codes else "data connect"


def why_not(answer):
    """Why this cell cannot be had on this machine, or None."""
    return clients.why_not(client_for(answer))

