# SPDX-License-Identifier: GPL-2.0-or-later
"""Files of captured packets (libpcap's classic format), and the TCP in them."""

import socket
import struct
from dataclasses import dataclass, replace

from bpf import ACK, FIN, RST, SNAP_BYTES, SYN, TCP

MAGIC = 0xa1b2c3d4  # microseconds, in the writer's byte order
FILE_HEADER = struct.Struct("<IHHiIII")
PACKET_HEADER = struct.Struct("<IIII")

# Link types (LINKTYPE_ in libpcap's list).
NULL, ETHERNET, RAW, COOKED, COOKED2 = 0, 1, 101, 113, 276
ETHERTYPE_IPV4, ETHERTYPE_IPV6 = 0x0800, 0x86dd

# Where the network header begins, by link type.
_LINK_BYTES = {NULL: 4, ETHERNET: 14, RAW: 0, COOKED: 16, COOKED2: 20}


@dataclass(frozen=True)
class Frame:
    """One packet as captured. @length: what it had on the wire."""
    seconds: int
    micros: int
    data: bytes
    length: int

    def carrying(self, data):
        """The same moment, other bytes."""
        return replace(self, data=data, length=len(data))


@dataclass(frozen=True)
class Segment:
    source: tuple
    target: tuple
    flags: int
    seq: int
    ack: int
    size: int


def read(path):
    """(link type, list of Frames); what is half there at the end, because
    it is being written, is left out."""
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < FILE_HEADER.size:
        return ETHERNET, []
    magic, *_, link = FILE_HEADER.unpack_from(data)
    if magic != MAGIC:
        raise ValueError(f"{path}: not a capture with microseconds")
    frames, at = [], FILE_HEADER.size
    while at + PACKET_HEADER.size <= len(data):
        seconds, micros, here, length = PACKET_HEADER.unpack_from(data, at)
        at += PACKET_HEADER.size
        if at + here > len(data):
            break
        frames.append(Frame(seconds, micros, data[at:at + here], length))
        at += here
    return link, frames


def write(path, link, frames, snap=SNAP_BYTES):
    with open(path, "wb") as file:
        file.write(FILE_HEADER.pack(MAGIC, 2, 4, 0, 0, snap, link))
        for frame in frames:
            file.write(PACKET_HEADER.pack(frame.seconds, frame.micros,
                                          len(frame.data), frame.length))
            file.write(frame.data)


def segment(link, frame):
    """The TCP segment in @frame, or None."""
    ip = frame.data[_LINK_BYTES[link]:]
    if ip[0] >> 4 == 4:
        family, at, size = socket.AF_INET, 12, 4
        tcp, protocol = (ip[0] & 0xf) * 4, ip[9]
        end = struct.unpack_from("!H", ip, 2)[0]
    else:
        family, at, size, tcp, protocol = socket.AF_INET6, 8, 16, 40, ip[6]
        end = 40 + struct.unpack_from("!H", ip, 4)[0]
    if protocol != TCP:
        return None
    source, target = (socket.inet_ntop(family, ip[n:n + size])
                      for n in (at, at + size))
    sport, dport, seq, ack = struct.unpack_from("!HHII", ip, tcp)
    return Segment((source, sport), (target, dport), ip[tcp + 13], seq, ack,
                   end - tcp - (ip[tcp + 12] >> 4) * 4)


def segments(link, frames):
    """All TCP segments, in order."""
    return [found for found in (segment(link, frame) for frame in frames)
            if found]


class Connections:
    """What a capture tells of its TCP connections."""

    def __init__(self, link, frames):
        self._answered = set()  # (from, to) of each SYN that was
        self._closed = {}  # (from, to): sequence number after the FIN
        self._acked = set()  # (from, to) whose FIN was acknowledged
        self._ended = set()
        for seen in segments(link, frames):
            self._add(seen)

    def sessions(self, ports):
        """How many connections were made to one of these ports. Behind a
        masquerade too a client has the port that it chose."""
        return len({source[1] for source, target in self._answered
                    if target[1] in ports})

    def all_ended(self):
        """Has each connection ended, by an RST or by two FINs and their
        acknowledgements? Without any, no."""
        return bool(self._answered) and self._answered <= self._ended

    def _add(self, seen):
        ends, back = (seen.source, seen.target), (seen.target, seen.source)
        if seen.flags & (SYN | ACK) == SYN | ACK:
            self._answered.add(back)
        if seen.flags & FIN:
            self._closed[ends] = (seen.seq + seen.size + 1) & 0xffffffff
        if self._closed.get(back) == seen.ack:
            self._acked.add(back)
        if seen.flags & RST or {ends, back} <= self._acked:
            self._ended |= {ends, back}
