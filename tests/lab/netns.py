# SPDX-License-Identifier: GPL-2.0-or-later
"""One network namespace: commands, sockets and kernel files inside it."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess

from process import Process
from waiting import LabError, wait_until

CLONE_NEWNET = 0x40000000
RUN_NETNS = "/run/netns"

# State of a listening socket in /proc/net/tcp (TCP_LISTEN).
LISTEN = "0A"

_libc = ctypes.CDLL(None, use_errno=True)


def _setns(fd):
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _ip(*args):
    return subprocess.run(["ip", *args], check=True, text=True,
                          capture_output=True).stdout


class Namespace:
    """Made at once. @env goes to every command that is run in it."""

    def __init__(self, name, env=None):
        self.name = name
        self._env = env or {}
        _ip("netns", "add", name)

    @contextlib.contextmanager
    def entered(self):
        """This thread is inside; what it opens stays inside."""
        with open("/proc/thread-self/ns/net", "rb") as home, \
                open(f"{RUN_NETNS}/{self.name}", "rb") as there:
            _setns(there.fileno())
            try:
                yield
            finally:
                _setns(home.fileno())

    def socket(self, family, kind=socket.SOCK_STREAM, protocol=0):
        with self.entered():
            return socket.socket(family, kind, protocol)

    def read(self, path):
        """Text of a file under /proc/net, named from there."""
        with self.entered(), open(f"/proc/thread-self/net/{path}",
                                  encoding="ascii") as text:
            return text.read()

    def sysctl(self, key, value):
        with self.entered(), open(f"/proc/sys/net/{key}", "w",
                                  encoding="ascii") as text:
            text.write(str(value))

    def listening(self, port):
        """Does anything listen on TCP @port here, on either family?"""
        for table in ("tcp", "tcp6"):
            for line in self.read(table).splitlines()[1:]:
                local, _, state = line.split()[1:4]
                if state == LISTEN and int(local.split(":")[1], 16) == port:
                    return True
        return False

    def ip(self, lines):
        """ip(8) commands, one a line."""
        self.run(["ip", "-batch", "-"], stdin=lines)

    def run(self, argv, stdin=""):
        """Run to the end and return the output; LabError if it fails."""
        done = subprocess.run(self._exec(argv), input=stdin, text=True,
                              capture_output=True, check=False,
                              env={**os.environ, **self._env})
        if done.returncode:
            raise LabError(f"{' '.join(argv)}: exit status "
                           f"{done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def spawn(self, argv, log, stdin="", env=None, cwd=None):
        return Process(self._exec(argv), log, stdin,
                       {**self._env, **(env or {})}, cwd)

    def clear(self):
        """Kill what runs in it, and wait for the end of that."""
        _clear(self.name)

    def delete(self):
        delete(self.name)

    def _exec(self, argv):
        return ["ip", "netns", "exec", self.name, *argv]


def names(prefix):
    """Namespaces whose name begins with @prefix."""
    return [line.split()[0] for line in _ip("netns", "list").splitlines()
            if line.startswith(prefix)]


def _clear(name):
    def empty():
        pids = _ip("netns", "pids", name).split()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        return not pids

    wait_until(empty, f"the end of all processes in {name}")


def delete(name):
    """Kill what runs in it, then remove it."""
    _clear(name)
    _ip("netns", "del", name)
