# SPDX-License-Identifier: GPL-2.0-or-later
"""Descriptors of the daemon, from outside."""

import ctypes
import os
import socket

# pidfd_getfd(2), the same number everywhere; libc may not have it.
_PIDFD_GETFD = 438

# Not in Python's socket module.
_SO_RCVBUFFORCE = 33

# Groups of the socket for conntrack's DESTROY events
# (NFNLGRP_CONNTRACK_DESTROY is 3).
ENDS_GROUP = 1 << 2

_libc = ctypes.CDLL(None, use_errno=True)


def _copy(pid, number):
    """Our own descriptor for descriptor @number of process @pid."""
    process = os.pidfd_open(pid)
    try:
        fd = _libc.syscall(_PIDFD_GETFD, process, number, 0)
        if fd < 0:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
        return fd
    finally:
        os.close(process)


def netlink_sockets(pid):
    """{(port id, groups): socket} of all of its netlink sockets, shared with
    it; close them."""
    found = {}
    for number in map(int, os.listdir(f"/proc/{pid}/fd")):
        if not os.readlink(f"/proc/{pid}/fd/{number}").startswith("socket:"):
            continue
        sock = socket.socket(fileno=_copy(pid, number))
        if sock.family == socket.AF_NETLINK:
            found[sock.getsockname()] = sock
        else:
            sock.close()
    return found


class SmallBuffer:
    """While it lasts the netlink socket with this @port or these @groups has
    the smallest receive buffer."""

    def __init__(self, pid, port=None, groups=None):
        self._sockets = netlink_sockets(pid)
        self._socket, = (sock for name, sock in self._sockets.items()
                         if name[0] == port or name[1] == groups)

    def __enter__(self):
        # The kernel gives twice what is asked for, and tells that.
        self._size = self._socket.getsockopt(socket.SOL_SOCKET,
                                             socket.SO_RCVBUF) // 2
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)

    def __exit__(self, *_):
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE,
                                self._size)
        for sock in self._sockets.values():
            sock.close()
