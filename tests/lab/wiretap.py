# SPDX-License-Identifier: GPL-2.0-or-later
"""What really was on the wire: packets of the control connection, and what
opens and ends the others.

A packet socket is opened inside the host's namespace; it is read only when
somebody asks, and its filter leaves the bulk of the data out, so nothing is
lost while a test looks elsewhere.
"""

import re
import socket
import struct
from dataclasses import dataclass

import bpf
import tls_wire
from bpf import ACK, FIN, RST, SNAP_BYTES, SYN

ETH_P_ALL = 0x0003
# Not in Python's socket module.
SO_RCVBUFFORCE = 33

# Room for the control packets of some hundred sessions.
BUFFER_BYTES = 8 << 20
# Room for all packets of a transfer; the kernel counts them at full length.
WHOLE_BYTES = 64 << 20

# Payload of a full packet on Ethernet, with TCP's timestamps.
SEGMENT_BYTES = {"v4": 1500 - 20 - 32, "v6": 1500 - 40 - 32}

ENDPOINT_COMMANDS = ("PORT", "EPRT", "PASV", "EPSV")


@dataclass(frozen=True)
class Packet:
    """One TCP packet; @sent: by the host on which the tap sits."""
    sent: bool
    source: tuple
    target: tuple
    flags: int
    seq: int
    payload: bytes

    @property
    def opens(self):
        return self.flags & (SYN | ACK) == SYN

    @property
    def ends(self):
        return bool(self.flags & (FIN | RST))

    @property
    def segments(self):
        """How many packets this is to a queue: a host hands over several as
        one, which the kernel takes apart again before it queues them."""
        full = SEGMENT_BYTES["v6" if ":" in self.source[0] else "v4"]
        return max(1, -(-len(self.payload) // full))

    def touches(self, port):
        return port in (self.source[1], self.target[1])


def _decode(data, sent):
    """An IP packet as the filter lets it through."""
    if data[0] >> 4 == 4:
        family, at, tcp = socket.AF_INET, 12, (data[0] & 0xf) * 4
        end = struct.unpack_from("!H", data, 2)[0]
    else:
        family, at, tcp = socket.AF_INET6, 8, 40
        end = 40 + struct.unpack_from("!H", data, 4)[0]
    size = 4 if family == socket.AF_INET else 16
    source, target = (socket.inet_ntop(family, data[n:n + size])
                      for n in (at, at + size))
    sport, dport, seq = struct.unpack_from("!HHI", data, tcp)
    start = tcp + (data[tcp + 12] >> 4) * 4
    return Packet(sent, (source, sport), (target, dport), data[tcp + 13],
                  seq, data[start:end])


class Wiretap:
    """On link @link of @space, for control connections to @port, or for all
    of TCP if @everything."""

    def __init__(self, space, port, link="eth0", everything=False):
        self._port = port
        self._packets = []
        # Protocol 0 receives nothing: the filter is there before packets.
        self._socket = space.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
        bpf.attach(self._socket, port, everything)
        self._socket.setsockopt(
            socket.SOL_SOCKET, SO_RCVBUFFORCE,
            WHOLE_BYTES if everything else BUFFER_BYTES)
        with space.entered():
            self._socket.bind((link, ETH_P_ALL))
        self._socket.setblocking(False)

    def stop(self):
        self._socket.close()

    def packets(self):
        """All since the start or the last forget()."""
        while True:
            try:
                data, where = self._socket.recvfrom(SNAP_BYTES)
            except BlockingIOError:
                return self._packets
            self._packets.append(
                _decode(data, where[2] == socket.PACKET_OUTGOING))

    def forget(self):
        self.packets()
        self._packets = []

    def control(self):
        return [p for p in self.packets() if p.touches(self._port)]

    def data_opened(self):
        """The first SYN of each data connection that was tried."""
        first = {}
        for packet in self.packets():
            if packet.opens and not packet.touches(self._port):
                first.setdefault((packet.source, packet.target), packet)
        return list(first.values())

    def data_tls(self):
        """(source, target) of each TLS ClientHello on a data connection."""
        return [(p.source, p.target) for p in self.packets()
                if not p.touches(self._port) and tls_wire.is_client_hello(
                    p.payload)]

    def control_replies(self):
        """What the server sent on each control connection that was opened
        before the tap's eyes, as bytes."""
        opened = [p for p in self.control() if p.opens]
        return [self._stream(lambda p, o=o: (p.source, p.target) == (
            o.target, o.source)) for o in opened]

    def commands(self):
        """Lines that clients sent to the control port, in order."""
        return self._lines(lambda p: p.target[1] == self._port)

    def replies(self):
        return self._lines(lambda p: p.source[1] == self._port)

    def endpoint_commands(self):
        """Those of the commands that ask for a data connection."""
        return [line for line in self.commands()
                if line.split(" ")[0].upper() in ENDPOINT_COMMANDS]

    def endpoint_replies(self):
        """The first line of the reply to each of those, as far as it came."""
        replies, asked = [], None
        for packet in self.control():
            if packet.target[1] == self._port:
                if packet.payload.split(b" ")[0].decode(
                        "latin-1").strip().upper() in ENDPOINT_COMMANDS:
                    asked = packet
            elif asked and packet.payload:
                replies.append(packet.payload.decode("latin-1").split("\r")[0])
                asked = None
        return replies

    def _lines(self, wanted):
        return self._stream(wanted).decode("latin-1").splitlines()

    def _stream(self, wanted):
        """What the packets carry, connection after connection, each in the
        order of its sequence numbers and without retransmissions."""
        streams = {}
        for packet in self.packets():
            if wanted(packet) and packet.payload:
                ends = (packet.source, packet.target)
                stream = streams.setdefault(ends, {})
                stream.setdefault(packet.seq, packet.payload)
        data = b""
        for stream in streams.values():
            first = next(iter(stream))
            order = sorted(stream, key=lambda seq: (seq - first) % (1 << 32))
            data += b"".join(stream[seq] for seq in order)
        return data


def endpoint_port(line):
    """The port that a PORT or EPRT command, or a 227 or 229 reply, names."""
    last = re.findall(r"(\d+),(\d+)\D*$", line)
    if last:
        return int(last[0][0]) * 256 + int(last[0][1])
    return int(re.findall(r"\|(\d+)\|", line)[-1])
