# SPDX-License-Identifier: GPL-2.0-or-later
"""What really was on the wire: packets of the control connection, and SYNs.

A packet socket is opened inside the host's namespace; it is read only when
somebody asks, and its filter leaves the bulk of the data out, so nothing is
lost while a test looks elsewhere.
"""

import ctypes
import re
import socket
import struct
from dataclasses import dataclass

ETH_P_ALL = 0x0003
# Not in Python's socket module.
SO_ATTACH_FILTER = 26
SO_RCVBUFFORCE = 33
SYN, ACK = 0x02, 0x10
TCP = 6

# Room for the control packets of some hundred sessions.
BUFFER_BYTES = 8 << 20
SNAP_BYTES = 65535

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


def _filter(port):
    """Classic BPF: TCP from or to @port, or a SYN without an ACK.

    Rows are (code, jump if true, jump if false, k). It starts at the IP
    header; X is the length of that header.
    """
    ldb, ldx_ihl, ldx_imm = 0x30, 0xb1, 0x01
    ldh_x, ldb_x, jeq, and_k, jump, ret = 0x48, 0x50, 0x15, 0x54, 0x05, 0x06
    return (
        (ldb, 0, 0, 0),
        (and_k, 0, 0, 0xf0),
        (jeq, 0, 4, 0x40),
        (ldb, 0, 0, 9),
        (jeq, 0, 14, TCP),
        (ldx_ihl, 0, 0, 0),
        (jump, 0, 0, 4),
        (jeq, 0, 11, 0x60),
        (ldb, 0, 0, 6),
        (jeq, 0, 9, TCP),
        (ldx_imm, 0, 0, 40),
        (ldh_x, 0, 0, 0),
        (jeq, 5, 0, port),
        (ldh_x, 0, 0, 2),
        (jeq, 3, 0, port),
        (ldb_x, 0, 0, 13),
        (and_k, 0, 0, SYN | ACK),
        (jeq, 0, 1, SYN),
        (ret, 0, 0, SNAP_BYTES),
        (ret, 0, 0, 0),
    )


def _attach(sock, rows):
    program = b"".join(struct.pack("HBBI", *row) for row in rows)
    memory = ctypes.create_string_buffer(program)
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                    struct.pack("HP", len(rows), ctypes.addressof(memory)))


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
    """On link @link of @space, for control connections to @port."""

    def __init__(self, space, port, link="eth0"):
        self._port = port
        self._packets = []
        # Protocol 0 receives nothing: the filter is there before packets.
        self._socket = space.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
        _attach(self._socket, _filter(port))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE,
                                BUFFER_BYTES)
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
        return [p for p in self.packets()
                if self._port in (p.source[1], p.target[1])]

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
        streams = {}
        for packet in self.packets():
            if wanted(packet) and packet.payload:
                ends = (packet.source, packet.target)
                stream = streams.setdefault(ends, {})
                stream.setdefault(packet.seq, packet.payload)
        lines = []
        for stream in streams.values():
            first = next(iter(stream))
            order = sorted(stream, key=lambda seq: (seq - first) % (1 << 32))
            text = b"".join(stream[seq] for seq in order)
            lines += text.decode("latin-1").splitlines()
        return lines


def endpoint_port(line):
    """The port that a PORT or EPRT command, or a 227 or 229 reply, names."""
    last = re.findall(r"(\d+),(\d+)\D*$", line)
    if last:
        return int(last[0][0]) * 256 + int(last[0][1])
    return int(re.findall(r"\|(\d+)\|", line)[-1])
