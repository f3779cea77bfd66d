# SPDX-License-Identifier: GPL-2.0-or-later
"""What the service manager's watchdog hears, and when it hears nothing."""

import contextlib
import ctypes
import os
import socket

from lab import Lab
from subject import Subject, must, same
from waiting import PATIENCE_SECONDS, wait_until

# sys/ptrace.h: stop one thread, and let it go on.
SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17

# Microseconds; two pings in it. A worker that runs has its turn between two on
# a loaded machine too.
WATCHDOG = 1000000


@contextlib.contextmanager
def watched(space, workers=2):
    """(daemon, the service manager's socket)"""
    with Lab(space) as lab, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        path = f"{lab.directory}/notify"
        manager.bind(path)
        manager.settimeout(PATIENCE_SECONDS)
        subject = Subject(lab, queue={"workers": workers})
        subject.start(env={"NOTIFY_SOCKET": path,
                           "WATCHDOG_USEC": str(WATCHDOG)})
        same(manager.recv(100), b"READY=1", "first message")
        yield subject, manager


def heard(manager):
    """All that waits in the socket."""
    manager.setblocking(False)
    words = []
    with contextlib.suppress(BlockingIOError):
        while True:
            words.append(manager.recv(100))
    manager.settimeout(PATIENCE_SECONDS)
    return words


def ptrace(request, thread):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(request, thread, None, None) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"ptrace: {os.strerror(number)}")


@contextlib.contextmanager
def stopped(thread):
    """That thread alone makes no progress."""
    ptrace(SEIZE, thread)
    try:
        ptrace(INTERRUPT, thread)
        os.waitpid(thread, 0x40000000)  # __WALL: threads too
        yield
    finally:
        ptrace(DETACH, thread)


def check_pings_while_nothing_else_happens(space):
    with watched(space) as (subject, manager):
        for _ in range(4):
            same(manager.recv(100), b"WATCHDOG=1", "a ping")
        same(subject.ends(), 0, "exit status")
        same(heard(manager)[-1], b"STOPPING=1", "last message")


def check_no_ping_while_a_worker_hangs(space):
    with watched(space) as (subject, manager):
        same(manager.recv(100), b"WATCHDOG=1", "a ping")
        # The youngest thread is the last worker.
        last = max(map(int, os.listdir(f"/proc/{subject.pid()}/task")))
        with stopped(last):
            wait_until(lambda: subject.logged("worker 1 does not move"),
                       "the complaint")
            heard(manager)
            # Everything else goes on, for longer than pings are apart.
            status = subject.ask("status")["uptime_us"]
            wait_until(lambda: subject.ask("status")["uptime_us"] >
                       status + 2 * WATCHDOG, "time to pass")
            same(heard(manager), [], "pings meanwhile")
        same(manager.recv(100), b"WATCHDOG=1", "a ping again")
        same(subject.logged("worker 1 does not move"), 1, "complaints")
        must(subject.logged("all workers move again"), "no word of it")


def check_a_ping_for_another_process(space):
    """WATCHDOG_PID is not ours: the variables came from a parent's unit."""
    with Lab(space) as lab, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        path = f"{lab.directory}/notify"
        manager.bind(path)
        subject = Subject(lab)
        subject.start(env={"NOTIFY_SOCKET": path, "WATCHDOG_PID": "1",
                           "WATCHDOG_USEC": "1000"})
        same(subject.ends(), 0, "exit status")
        same(heard(manager), [b"READY=1", b"STOPPING=1"], "all messages")
