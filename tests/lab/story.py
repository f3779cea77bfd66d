# SPDX-License-Identifier: GPL-2.0-or-later
"""The packets of one FTPS session as a short list of what they mean."""

from dataclasses import dataclass

import tls_wire
from waiting import LabError
from wiretap import ACK, FIN, RST, SYN

CONTROL, DATA = "control", "data"
CLIENT, SERVER = "client", "server"
# Much of it goes both ways: told once until something else happens.
BULK = tls_wire.NAMES[tls_wire.DATA]


@dataclass(frozen=True)
class Step:
    connection: str
    sender: str
    what: str

    def __str__(self):
        return f"{self.connection:<7} {self.sender:<6}  {self.what}"


class _Connection:
    """What is known of one connection while its packets pass."""

    def __init__(self, name, opener):
        self.name = name
        self.opener = opener
        self.seen = set()
        self.open = False
        self.tls = name == DATA  # which never carries lines here
        self.left = {CLIENT: b"", SERVER: b""}


class Story:
    """@port: of the control connection; @client: its address."""

    def __init__(self, packets, port, client):
        self._port, self._client = port, client
        self._connections = {}
        self.steps = []
        for packet in packets:
            self._packet(packet)

    def must_tell(self, expected):
        """LabError unless the steps @expected, (connection, sender, what),
        come in that order, whatever is between them. "*" is any sender."""
        left = iter(self.steps)
        for connection, sender, what in expected:
            if not any(step.connection == connection and
                       sender in ("*", step.sender) and
                       step.what.startswith(what) for step in left):
                raise LabError(f"no {connection} {sender} {what!r} in its "
                               f"place:\n{self}")

    def __str__(self):
        return "\n".join(f"     {step}" for step in self.steps)

    def _packet(self, packet):
        sender = CLIENT if packet.source[0] == self._client else SERVER
        ends = frozenset((packet.source, packet.target))
        if packet.opens and ends not in self._connections:
            name = CONTROL if packet.touches(self._port) else DATA
            self._connections[ends] = _Connection(name, sender)
        connection = self._connections.get(ends)
        if connection:
            self._handshake(connection, sender, packet)
            self._payload(connection, sender, packet)
            self._end(connection, sender, packet)

    def _handshake(self, connection, sender, packet):
        flags = packet.flags & (SYN | ACK)
        if flags == SYN:
            self._say(connection, sender, "SYN, port "
                      f"{packet.source[1]} to {packet.target[1]}")
        elif flags == SYN | ACK:
            self._say(connection, sender, "SYN-ACK")
        elif sender == connection.opener and not connection.open:
            connection.open = True
            self._say(connection, sender, "ACK")

    def _payload(self, connection, sender, packet):
        if not packet.payload or (sender, packet.seq) in connection.seen:
            return
        connection.seen.add((sender, packet.seq))
        if connection.tls or tls_wire.starts_record(packet.payload):
            connection.tls = True
            self._records(connection, sender, packet.payload)
        else:
            for line in packet.payload.decode("latin-1").splitlines():
                if not line.startswith(" "):  # inside a long reply
                    self._say(connection, sender, line)

    def _records(self, connection, sender, payload):
        found, left = tls_wire.records(connection.left[sender] + payload)
        # Bulk data is cut anywhere: its records are not followed.
        follow = (left and tls_wire.starts_record(left) and
                  connection.name == CONTROL)
        connection.left[sender] = left if follow else b""
        for record in found:
            self._say(connection, sender, record.name)
        if left and not found and not follow:
            self._say(connection, sender, BULK)

    def _end(self, connection, sender, packet):
        if packet.flags & RST:
            self._say(connection, sender, "RST")
        elif packet.flags & FIN:
            self._say(connection, sender, "FIN")

    def _say(self, connection, sender, what):
        if what == BULK:
            sender = "both"
        step = Step(connection.name, sender, what)
        if not self.steps or self.steps[-1] != step:
            self.steps.append(step)
