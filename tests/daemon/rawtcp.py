# SPDX-License-Identifier: GPL-2.0-or-later
"""A TCP client made by hand, which sends segments in any order."""

import socket
import struct

from topology import address
from waiting import PATIENCE_SECONDS

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
WINDOW = 65535
PORT = 30000  # of ours; the kernel has no socket there


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[:len(data) & ~1]))
    if len(data) % 2:
        total += data[-1] << 8
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class RawTcp:
    """A connection over IPv4 from the lab's client to its server."""

    def __init__(self, lab):
        # The kernel knows nothing of it and would reset it.
        lab.client.run(["iptables", "-A", "OUTPUT", "-p", "tcp", "--sport",
                        str(PORT), "--tcp-flags", "RST", "RST", "-j",
                        "DROP"])
        self._from, self._to = address("client", 4), lab.target
        self._port = lab.port
        self._socket = lab.client.socket(socket.AF_INET, socket.SOCK_RAW,
                                         socket.IPPROTO_TCP)
        self._socket.settimeout(PATIENCE_SECONDS)
        self.seq, self.ack = 1000, 0
        self._send(SYN, b"", self.seq)
        self.seq += 1
        self.wait(lambda flags, _: flags & SYN)

    def segment(self, data, offset=0):
        """Send @data, which begins @offset bytes behind what is
        acknowledged."""
        self._send(PSH | ACK, data, self.seq + offset)

    def acknowledged(self, size):
        """Wait until @size more bytes have reached the server."""
        wanted = self.seq + size
        self.wait(lambda _, ack: ack >= wanted)
        self.seq = wanted

    def wait(self, good):
        """Take segments, and acknowledge them, until good(flags, ack)."""
        while True:
            packet = self._socket.recv(65536)
            tcp = packet[(packet[0] & 15) * 4:]
            source, target, seq, ack, offset, flags = struct.unpack(
                "!HHIIBB", tcp[:14])
            if (source, target) != (self._port, PORT):
                continue
            data = tcp[(offset >> 4) * 4:]
            if flags & SYN:
                self.ack = seq + 1
            elif seq == self.ack:
                self.ack += len(data)
            if data or flags & SYN:
                self._send(ACK, b"", self.seq)
            if good(flags, ack):
                return

    def _send(self, flags, data, seq):
        head = struct.pack("!HHIIBBHHH", PORT, self._port, seq, self.ack,
                           5 << 4, flags, WINDOW, 0, 0)
        pseudo = (socket.inet_aton(self._from) + socket.inet_aton(self._to) +
                  struct.pack("!HH", socket.IPPROTO_TCP,
                              len(head) + len(data)))
        total = checksum(pseudo + head + data)
        head = head[:16] + struct.pack("!H", total) + head[18:]
        self._socket.sendto(head + data, (self._to, 0))
