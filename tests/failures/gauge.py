# SPDX-License-Identifier: GPL-2.0-or-later
"""What the gateway did with a packet that was not answered."""

import re
import socket

from probes import DROPPED, STALLS, WAITS
from topology import address
from waiting import wait_until

# Fields of /proc/net/netfilter/nfnetlink_queue.
OWNER, WAITING, LENGTH_DROPS, SOCKET_DROPS = 1, 2, 5, 6

# Nobody listens there, and no rule of the gateway lets it pass.
KNOCK_PORT = 9


class Gauge:
    """@stopped(): does the daemon stand still? What waits in its queue
    otherwise does not wait long."""

    def __init__(self, lab, stopped):
        self._lab, self._stopped = lab, stopped
        self.begin(0)

    def begin(self, port):
        """A packet will come from @port of the client."""
        self._port = port
        self._before = len(self._arrived())
        self._waiting = self.waiting()
        self._met, self._dropped = self._counts()

    def fate(self):
        """WAITS, DROPPED, STALLS, or "" as long as it may be answered."""
        if self._stopped() and self.waiting() > self._waiting:
            return WAITS
        arrived = self._arrived()
        if len(arrived) > self._before:
            # The same again and again, though it was there.
            return STALLS if arrived.count(arrived[-1]) > 2 else ""
        met, dropped = self._counts()
        # With nobody at a queue the kernel drops what meets its rules, or
        # lets it by, and says nowhere which.
        if dropped > self._dropped or not self._queues() and met > self._met:
            self._settle(dropped)
            return "" if len(self._arrived()) > self._before else DROPPED
        return ""

    def waiting(self):
        """Packets that wait for a verdict."""
        return sum(q[WAITING] for q in self._queues())

    def queue_owner(self):
        """Netlink port id of who has bound the queue."""
        return self._queues()[0][OWNER]

    def _arrived(self):
        """Sequence numbers of its packets at the server."""
        return [p.seq for p in self._lab.server_tap.packets()
                if p.source[1] == self._port and (p.payload or p.opens)]

    def _settle(self, dropped):
        """What came before a packet that is dropped has come through."""
        knock = self._lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with knock:
            knock.sendto(b"", (address("server", self._lab.family),
                               KNOCK_PORT))
        wait_until(lambda: self._counts()[1] > dropped, "the knock's end")

    def _queues(self):
        text = self._lab.gateway.read("netfilter/nfnetlink_queue")
        return [[int(word) for word in line.split()]
                for line in text.splitlines()]

    def _counts(self):
        """Packets that met the queue's rules, and those that were dropped."""
        text = self._lab.gateway.run(["iptables-save", "-c"])
        met = re.findall(r"^\[(\d+):\d+\] -A SALLYPORT .*-j NFQUEUE", text,
                         re.M)
        dropped = re.findall(r"^:\w+ DROP \[(\d+):", text, re.M)
        full = sum(q[LENGTH_DROPS] + q[SOCKET_DROPS] for q in self._queues())
        return (sum(map(int, met)),
                full + self._untracked() + sum(map(int, dropped)))

    def _untracked(self):
        """Packets dropped as conntrack had no room."""
        names, *processors = [
            line.split() for line in
            self._lab.gateway.read("stat/nf_conntrack").splitlines()]
        return sum(int(line[names.index("drop")], 16) for line in processors)
