# SPDX-License-Identifier: GPL-2.0-or-later
"""Starts that fail say what to do, in one line, and leave nothing behind."""

import os
import signal
import socket

from lab import Lab
from subject import Subject, must, same
from waiting import PATIENCE_SECONDS


def refuses(subject, status, text, argv=None, words=()):
    """`run` ends at once with this status and one line that has @text."""
    done = subject.call("run", *words, argv=argv)
    same(done.returncode, status, "exit status")
    lines = done.stderr.splitlines()
    must(len(lines) == 1, f"not one line: {lines}")
    must(lines[0].startswith("sallyport: run: "), lines[0])
    must(text in lines[0], f"no {text!r} in {lines[0]!r}")


def check_queue_taken(space):
    with Lab(space) as lab:
        Subject(lab).start()
        second = Subject(lab, "second")
        refuses(second, 3, "set another queue.first: queue 0")
        must(not os.path.exists(second.socket), "the socket is left")


def check_another_daemon(space):
    with Lab(space) as lab:
        first = Subject(lab)
        first.start()
        refuses(first, 3, "another daemon answers there")
        must(first.ask("status")["pid"], "the first daemon is gone")


def check_no_directory(space):
    with Lab(space) as lab:
        subject = Subject(lab, **{"control-socket": "/nonexistent/socket"})
        refuses(subject, 3, "make it or set another control-socket: "
                "/nonexistent/socket")


def check_metrics_address_taken_or_not_ours(space):
    with Lab(space) as lab:
        first = Subject(lab, metrics={"listen": "127.0.0.1:9742"})
        first.start()
        # Its own queue and socket; the address alone is in the way.
        second = Subject(lab, "second", queue={"first": 9},
                         metrics={"listen": "127.0.0.1:9742"})
        refuses(second, 3, "(Address already in use); set another "
                "metrics.listen: 127.0.0.1:9742")
        foreign = Subject(lab, "third", queue={"first": 9},
                          metrics={"listen": "192.0.2.1:9742"})
        refuses(foreign, 3, "(Cannot assign requested address); set another "
                "metrics.listen: 192.0.2.1:9742")
        must(not os.path.exists(foreign.socket), "the socket is left")
        must(first.ask("status")["pid"], "the first daemon is gone")


def check_not_a_socket(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        with open(subject.socket, "w", encoding="ascii") as out:
            out.write("dear")
        refuses(subject, 3, f"is not a socket; remove it or set another "
                f"control-socket: {subject.socket}")
        with open(subject.socket, encoding="ascii") as kept:
            same(kept.read(), "dear", "the file")


def check_no_permission(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        for path in (lab.directory, subject.directory):
            os.chmod(path, 0o777)
        refuses(subject, 3, "run as root or with CAP_NET_ADMIN",
                ["setpriv", "--reuid=65534", "--regid=65534",
                 "--clear-groups", *subject.argv("run")])
        must(not os.path.exists(subject.socket), "the socket is left")


def check_event_log_impossible(space):
    with Lab(space) as lab:
        refuses(Subject(lab), 3, "cannot write the event log (No such file or "
                "directory)", words=("--json", "/nonexistent/events"))


def check_bad_configuration(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.configure("queue:\n  workers: 0\nnonsense: 1\n")
        done = subject.call("run")
        same(done.returncode, 2, "exit status")
        must(f"{subject.config}:2:" in done.stderr, done.stderr)
        must(f"{subject.config}:3:" in done.stderr, done.stderr)


def check_bad_usage(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        for words in (("--nonsense",), ("word",), ("--json",)):
            refuses(subject, 2, "see sallyport run --help", words=words)


def check_socket_of_a_dead_daemon_is_replaced(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        same(subject.ends(signal.SIGKILL), -signal.SIGKILL, "exit status")
        must(os.path.exists(subject.socket), "it cleaned up, being dead")
        refused = subject.call("ctl", "status")
        same(refused.returncode, 3, "exit status of ctl")
        same(len(refused.stderr.splitlines()), 1, "lines of ctl")
        subject.start()
        same(os.stat(subject.socket).st_mode & 0o777, 0o600, "mode")


def check_the_service_manager_is_told(space):
    with Lab(space) as lab, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        path = f"{lab.directory}/notify"
        manager.bind(path)
        manager.settimeout(PATIENCE_SECONDS)
        subject = Subject(lab)
        subject.start(env={"NOTIFY_SOCKET": path})
        same(manager.recv(100), b"READY=1", "first message")
        same(subject.ends(), 0, "exit status")
        same(manager.recv(100), b"STOPPING=1", "last message")
