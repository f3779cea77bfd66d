# SPDX-License-Identifier: GPL-2.0-or-later
"""What really was on the wire: packets of the control connection, and what
opens and ends the others.

A packet socket is opened inside the host's namespace; it is read only when
somebody asks, and its filter leaves the bulk of the data out, so nothing is
lost while a test looks elsewhere.
"""

import ctypes
import re
import socket
import struct
from dataclasses import dataclass

import tls_wire

ETH_P_ALL = 0x0003
# Not in Python's socket module.
SO_ATTACH_FILTER = 26
SO_RCVBUFFORCE = 33
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
TCP = 6

# Room for the control packets of some hundred sessions.
BUFFER_BYTES = 8 << 20
# Room for all packets of a transfer; the kernel counts them at full length.
WHOLE_BYTES = 64 << 20
SNAP_BYTES = 65535

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


# Opcodes of classic BPF (linux/filter.h): load a byte or half word from a
# place or from X and a place, and so on.
_LDB, _LDB_X, _LDH_X, _LDX, _LDX_IHL = 0x30, 0x50, 0x48, 0x01, 0xb1
_JEQ, _JSET, _JUMP, _RET = 0x15, 0x45, 0x05, 0x06
_AND, _SHIFT, _ADD_X, _TO_X = 0x54, 0x74, 0x0c, 0x07

# Start of a TLS record that holds a handshake message.
_HANDSHAKE = 0x1603


def _assemble(rows):
    """@rows are (label, code, label if true, label if false, k); an empty
    label stands for the next row."""
    at = {row[0]: number for number, row in enumerate(rows) if row[0]}
    program = []
    for here, (_, code, true, false, k) in enumerate(rows, 1):
        skip = [at[label] - here if label else 0 for label in (true, false)]
        program.append((code, 0, 0, skip[0]) if code == _JUMP
                       else (code, *skip, k))
    return program


def _filter(port, everything):
    """TCP from or to @port; what opens or ends any connection; and on any
    connection what begins a TLS handshake. Or all TCP.

    It starts at the IP header; X is the length of that header, then of both.
    """
    return _assemble((
        ("", _LDB, "", "", 0),
        ("", _AND, "", "", 0xf0),
        ("", _JEQ, "", "v6", 0x40),
        ("", _LDB, "", "", 9),
        ("", _JEQ, "", "drop", TCP),
        ("", _LDX_IHL, "", "", 0),
        ("", _JUMP, "tcp", "", 0),
        ("v6", _JEQ, "", "drop", 0x60),
        ("", _LDB, "", "", 6),
        ("", _JEQ, "", "drop", TCP),
        ("", _LDX, "", "", 40),
        ("tcp", _LDH_X, "", "", 0),
        ("", _JEQ, "keep", "", port),
        ("", _LDH_X, "", "", 2),
        ("", _JEQ, "keep", "", port),
        ("", _LDB_X, "", "", 13),
        ("", _JSET, "keep", "", 0xff if everything else SYN | FIN | RST),
        ("", _LDB_X, "", "", 12),
        ("", _AND, "", "", 0xf0),
        ("", _SHIFT, "", "", 2),
        ("", _ADD_X, "", "", 0),
        ("", _TO_X, "", "", 0),
        # Past the end of the packet is a "no".
        ("", _LDH_X, "", "", 0),
        ("", _JEQ, "keep", "drop", _HANDSHAKE),
        ("keep", _RET, "", "", SNAP_BYTES),
        ("drop", _RET, "", "", 0),
    ))


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
    """On link @link of @space, for control connections to @port, or for all
    of TCP if @everything."""

    def __init__(self, space, port, link="eth0", everything=False):
        self._port = port
        self._packets = []
        # Protocol 0 receives nothing: the filter is there before packets.
        self._socket = space.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
        _attach(self._socket, _filter(port, everything))
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
