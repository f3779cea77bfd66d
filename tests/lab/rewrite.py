# SPDX-License-Identifier: GPL-2.0-or-later
"""Other captures of the same packets: in other frames, in pieces, from the
middle on, cut short."""

import struct

import pcap
from bpf import ACK, SYN
from firewall import FTP

ETHER_BYTES, IPV4_BYTES = 14, 20
VLAN, QINQ, PPPOE = 0x8100, 0x88a8, 0x8864
INNER_ID, OUTER_ID = 145, 2500
PPP = {pcap.ETHERTYPE_IPV4: 0x0021, pcap.ETHERTYPE_IPV6: 0x0057}
# DLT_NULL's protocol numbers differ between systems; these are FreeBSD's.
AF = {pcap.ETHERTYPE_IPV4: 2, pcap.ETHERTYPE_IPV6: 28}
PPPOE_SESSION = 7

# A tunnel's MTU, rounded down to what fragments are counted in.
FRAGMENT_BYTES = 552
MORE_FRAGMENTS = 0x2000


def _tagged(*tags):
    def change(frame):
        extra = b"".join(struct.pack("!HH", *tag) for tag in tags)
        return frame[:12] + extra + frame[12:]
    return change


def _pppoe(frame):
    kind = struct.unpack_from("!H", frame, 12)[0]
    packet = struct.pack("!H", PPP[kind]) + frame[ETHER_BYTES:]
    return frame[:12] + struct.pack("!HBBHH", PPPOE, 0x11, 0, PPPOE_SESSION,
                                    len(packet)) + packet


def _null(frame):
    kind = struct.unpack_from("!H", frame, 12)[0]
    return struct.pack("<I", AF[kind]) + frame[ETHER_BYTES:]


# name: (link type, function of the bytes of an Ethernet frame)
_FRAMING = {
    "vlan": (pcap.ETHERNET, _tagged((VLAN, INNER_ID))),
    "qinq": (pcap.ETHERNET, _tagged((QINQ, OUTER_ID), (VLAN, INNER_ID))),
    "pppoe": (pcap.ETHERNET, _pppoe),
    "raw": (pcap.RAW, lambda frame: frame[ETHER_BYTES:]),
    "null": (pcap.NULL, _null),
}


def framed(how):
    """The same packets in other frames."""
    link, change = _FRAMING[how]
    return lambda frames: (link, [frame.carrying(change(frame.data))
                                  for frame in frames])


def snapped(size):
    """Only the first bytes of each packet were kept."""
    return lambda frames: (pcap.ETHERNET, [
        pcap.Frame(frame.seconds, frame.micros, frame.data[:size],
                   frame.length) for frame in frames])


def from_line(text):
    """Begun in the middle: just before the packet that holds @text."""
    def change(frames):
        first = next(number for number, frame in enumerate(frames)
                     if text in frame.data)
        return pcap.ETHERNET, frames[first:]
    return change


def from_data(frames):
    """Begun when the first data connection is."""
    first = next(number for number, frame in enumerate(frames)
                 if _opens_data(pcap.segment(pcap.ETHERNET, frame)))
    return pcap.ETHERNET, frames[first:]


def _opens_data(seen):
    return (seen.flags & (SYN | ACK) == SYN and
            FTP not in (seen.source[1], seen.target[1]))


def fragments(frames):
    """IPv4 packets in fragments, each pair the wrong way round."""
    out = []
    for number, frame in enumerate(frames):
        out += [frame.carrying(data) for data in
                reversed(_pieces(frame.data, number))]
    return pcap.ETHERNET, out


def _pieces(frame, ident):
    ip, payload = (frame[ETHER_BYTES:ETHER_BYTES + IPV4_BYTES],
                   frame[ETHER_BYTES + IPV4_BYTES:])
    # Small packets too, so that commands and replies are cut as well; never
    # inside the TCP header.
    size = FRAGMENT_BYTES if len(payload) > FRAGMENT_BYTES else 40
    pieces = []
    for at in range(0, len(payload), size):
        piece = payload[at:at + size]
        more = MORE_FRAGMENTS if at + size < len(payload) else 0
        head = bytearray(ip)
        struct.pack_into("!HHH", head, 2, IPV4_BYTES + len(piece), ident,
                         more | at // 8)
        struct.pack_into("!H", head, 10, 0)
        struct.pack_into("!H", head, 10, _checksum(head))
        pieces.append(frame[:ETHER_BYTES] + bytes(head) + piece)
    return pieces


def _checksum(head):
    total = sum(struct.unpack(f"!{len(head) // 2}H", head))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
