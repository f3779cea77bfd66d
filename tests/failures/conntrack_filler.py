# SPDX-License-Identifier: GPL-2.0-or-later
"""Connection tracking, filled to its limit.

The limit is the machine's, and no network namespace may lower it for itself:
so every entry is made. They are as conntrack has them of connections that are
in use, for others give way to new ones.
"""

import contextlib
import errno
import socket
import struct
import threading

from report import Skip

LIMIT = "/proc/sys/net/netfilter/nf_conntrack_max"

# Beyond this it would take minutes.
LIMIT_MAX = 1 << 20

# Not in Python's socket module.
NETLINK_NETFILTER, SO_SNDBUFFORCE, SO_RCVBUFFORCE = 12, 32, 33
BUFFER_BYTES = 4 << 20

# NFNL_SUBSYS_CTNETLINK with IPCTNL_MSG_CT_NEW and IPCTNL_MSG_CT_DELETE.
NEW, DELETE = 1 << 8, 1 << 8 | 2
REQUEST, CREATE = 1, 0x400
NESTED = 1 << 15

# Attributes of ctnetlink (linux/netfilter/nfnetlink_conntrack.h).
ORIGINAL, REPLY, STATUS, PROTOCOL, TIMEOUT = 1, 2, 3, 4, 7
IP, L4 = 1, 2
ESTABLISHED = 3
SECONDS = 600
# It is confirmed, has seen a reply, and is assured.
IN_USE = 0xe

# The source of entry 0; so many are made with one system call, and so many
# are taken out to make some room.
FIRST = 0x0b000000
AT_ONCE = 512

# Between two looks whether there is room again.
PAUSE_SECONDS = 0.005


class Filler:
    """In network namespace @space. Entries go with it."""

    def __init__(self, space):
        with open(LIMIT, encoding="ascii") as limit:
            self._limit = int(limit.read())
        if self._limit > LIMIT_MAX:
            raise Skip(f"{LIMIT} is above {LIMIT_MAX}")
        self._space = space
        self._next = self._limit

    @contextlib.contextmanager
    def full(self):
        """While it lasts there is no room; then there is some."""
        over = threading.Event()
        again = threading.Thread(target=self._keep, args=(over,))
        # Of an earlier time all but those for room are there.
        self._make(0, AT_ONCE if self._count() > AT_ONCE else self._limit)
        while not self._top_up():
            pass
        again.start()
        try:
            yield
        finally:
            over.set()
            again.join()
        with self._socket() as sock:
            _send(sock, DELETE, 0, 0)

    def _keep(self, over):
        """Entries of others end all the time."""
        while not over.wait(PAUSE_SECONDS):
            self._top_up()

    def _top_up(self):
        """True: not even all of these few entries found room."""
        self._next += AT_ONCE
        return self._make(self._next, self._next + 1) == errno.ENOMEM

    def _make(self, first, end):
        """The error of the first that was refused, or 0."""
        with self._socket() as sock:
            for at in range(first, end, AT_ONCE):
                _send(sock, NEW, CREATE, at)
            return _error(sock)

    def _count(self):
        with self._space.entered(), open(
                "/proc/sys/net/netfilter/nf_conntrack_count",
                encoding="ascii") as count:
            return int(count.read())

    def _socket(self):
        sock = self._space.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                  NETLINK_NETFILTER)
        # Room for a batch, and for as many refusals.
        for which in (SO_SNDBUFFORCE, SO_RCVBUFFORCE):
            sock.setsockopt(socket.SOL_SOCKET, which, BUFFER_BYTES)
        sock.setblocking(False)
        return sock


def _error(sock):
    """The error of the first request that was refused, or 0."""
    try:
        return -struct.unpack_from("=i", sock.recv(65536), 16)[0]
    except BlockingIOError:
        return 0


def _attribute(kind, data):
    size = 4 + len(data)
    return struct.pack("=HH", size, kind) + data + bytes(-size % 4)


def _tuple(kind, source, target):
    ports = _attribute(1, bytes([socket.IPPROTO_TCP])) + _attribute(
        2, b"\0\x09") + _attribute(3, b"\0\x09")
    return _attribute(kind | NESTED, _attribute(
        IP | NESTED, _attribute(1, source) + _attribute(2, target)) +
        _attribute(L4 | NESTED, ports))


def _message(kind, flags, source, target=b"\x0a\x08\0\x01"):
    body = struct.pack("=BBH", socket.AF_INET, 0, 0) + _tuple(
        ORIGINAL, source, target)
    if kind == NEW:
        body += _tuple(REPLY, target, source)
        body += _attribute(STATUS, struct.pack("!I", IN_USE))
        body += _attribute(TIMEOUT, struct.pack("!I", SECONDS))
        body += _attribute(PROTOCOL | NESTED, _attribute(
            1 | NESTED, _attribute(1, bytes([ESTABLISHED]))))
    return struct.pack("=IHHII", 16 + len(body), kind, REQUEST | flags, 0,
                       0) + body


def _send(sock, kind, flags, at):
    """Entries @at to @at + AT_ONCE."""
    mark = b"ADDR"
    message = _message(kind, flags, mark)
    batch = bytearray(message * AT_ONCE)
    places = [i for i in range(len(message)) if message.startswith(mark, i)]
    for number in range(AT_ONCE):
        source = struct.pack("!I", FIRST + at + number)
        for place in places:
            place += number * len(message)
            batch[place:place + len(mark)] = source
    sock.send(batch)
