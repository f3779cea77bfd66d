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


def _ip(*args, lines=""):
    """Output of ip(8); LabError if it fails."""
    done = subprocess.run(["ip", *args], input=lines, text=True,
                          capture_output=True, check=False)
    if done.returncode:
        raise LabError(f"ip {' '.join(args)}: {done.stderr.strip()}")
    return done.stdout


def make(names, env=None):
    """Several at once, which is quicker: {name: Namespace}."""
    _ip("-batch", "-", lines="".join(f"netns add {n}\n" for n in names))
    return {name: Namespace(name, env) for name in names}


class Namespace:
    """One that make() has made. @env goes to every command that is run in
    it."""

    def __init__(self, name, env=None):
        self.name = name
        self._env = env or {}

    @contextlib.contextmanager
    def entered(self):
        """This thread is inside; what it opens or starts stays inside."""
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
        _ip("-netns", self.name, "-batch", "-", lines=lines)

    def run(self, argv, stdin=""):
        """Run to the end and return the output; LabError if it fails."""
        with self.entered():
            done = subprocess.run(argv, input=stdin, text=True,
                                  capture_output=True, check=False,
                                  env={**os.environ, **self._env})
        if done.returncode:
            raise LabError(f"{' '.join(argv)}: exit status "
                           f"{done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def spawn(self, argv, log, stdin="", env=None, cwd=None):
        with self.entered():
            return Process(argv, log, stdin, {**self._env, **(env or {})},
                           cwd)

    def pids(self):
        """Of what runs in it."""
        return _pids([self.name])

    def clear(self, keep=frozenset()):
        """Kill what runs in it, but the pids @keep, and wait for the end of
        that."""
        _clear([self.name], keep)


def names(prefix):
    """Namespaces whose name begins with @prefix."""
    return [line.split()[0] for line in _ip("netns", "list").splitlines()
            if line.startswith(prefix)]


def delete(doomed):
    """Kill what runs in the namespaces of these names, then remove them."""
    _clear(doomed)
    if doomed:
        _ip("-batch", "-", lines="".join(f"netns del {n}\n" for n in doomed))


def _pids(spaces):
    inodes = {os.stat(f"{RUN_NETNS}/{name}").st_ino for name in spaces}
    return {int(pid) for pid in os.listdir("/proc")
            if pid.isdigit() and _space(pid) in inodes}


def _clear(doomed, keep=frozenset()):
    def empty():
        pids = _pids(doomed) - keep
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not pids

    wait_until(empty, f"the end of all processes in {' '.join(doomed)}")


def _space(pid):
    """Number of the namespace that process @pid is in; None if it has
    ended."""
    try:
        return os.stat(f"/proc/{pid}/ns/net").st_ino
    except OSError:
        return None
