# SPDX-License-Identifier: GPL-2.0-or-later
"""sallyport ctl top, on a pseudo terminal and without one."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

from dialog import Dialog
from lab import Lab
from subject import Subject, must, same
from topology import V4, address
from waiting import PATIENCE_SECONDS, LabError, wait_until


class Terminal:
    """A pseudo terminal of 80 columns with a program in it."""

    def __init__(self, argv, lines=24, term="xterm"):
        self.master, slave = pty.openpty()
        self.resize(lines)
        self.before = termios.tcgetattr(self.master)
        self.seen = b""
        self.process = subprocess.Popen(
            argv, stdin=slave, stdout=slave, stderr=subprocess.PIPE,
            env={**os.environ, "TERM": term}, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def resize(self, lines):
        """The kernel tells the program with SIGWINCH."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ,
                    struct.pack("HHHH", lines, 80, 0, 0))

    def press(self, keys):
        os.write(self.master, keys)

    def _read(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            try:
                self.seen += os.read(self.master, 65536)
                return True
            except OSError:  # the program has gone
                return False
        return False

    def shows(self, text):
        """Wait until it was written; what came before is forgotten."""
        until = time.monotonic() + PATIENCE_SECONDS
        while text not in self.seen:
            left = until - time.monotonic()
            if left <= 0 or not self._read(left):
                raise LabError(f"no {text!r} in {self.seen!r}")
        self.seen = self.seen[self.seen.index(text) + len(text):]

    def ended(self):
        """Its exit status; the terminal must be as it was."""
        status = self.process.wait(PATIENCE_SECONDS)
        same(termios.tcgetattr(self.master), self.before, "terminal modes")
        return status

    def close(self):
        self.process.kill()
        self.process.communicate()
        os.close(self.master)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# What xterm is told at the end: to show the page that was there before.
RESTORED = b"\x1b[?1049l"


def top(subject, *words, **options):
    return Terminal(subject.argv("ctl", "top", *words), **options)


def check_a_session_on_a_terminal(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        lab.serve("vsftpd")
        with top(subject, "--interval", "0.1") as terminal:
            terminal.shows(b"sallyport ")
            terminal.shows(b"no sessions")
            must(terminal.before != termios.tcgetattr(terminal.master),
                 "the terminal is driven")
            dialog = Dialog(lab)
            terminal.shows(address("client", V4).encode())
            terminal.press(b"p")
            terminal.shows(b"no pinholes")
            dialog.passive()
            terminal.shows(b"EXPIRES IN")
            terminal.press(b"g")
            terminal.shows(b"no grants")
            dialog.send(b"PORT 192,0,2,1,19,137\r\n")
            dialog.expect(500)
            terminal.shows(b"alerts: bounce")
            terminal.press(b" ")
            terminal.shows(b"paused")
            terminal.press(b"q")
            terminal.shows(RESTORED)
            same(terminal.ended(), 0, "exit status")
        dialog.quit()


def check_another_size(space):
    """Of ten lines there is no table; more show it."""
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        with top(subject, "--interval", "3600", lines=11) as terminal:
            terminal.shows(b"q quit")
            terminal.resize(30)
            terminal.shows(b"no sessions")
            terminal.press(b"q")
            same(terminal.ended(), 0, "exit status")


def check_signals_restore_the_terminal(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with top(subject) as terminal:
                terminal.shows(b"q quit")
                terminal.process.send_signal(number)
                terminal.shows(RESTORED)
                same(terminal.ended(), 0, f"exit status after {number.name}")


def check_it_waits_for_a_daemon_that_went_away(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        with top(subject, "--interval", "0.1") as terminal:
            terminal.shows(b"q quit")
            same(subject.ends(), 0, "exit status of the daemon")
            terminal.shows(b"start it: sallyport run")
            subject.start()
            terminal.shows(b"q quit")
            terminal.press(b"q")
            same(terminal.ended(), 0, "exit status")


def check_a_terminal_that_nobody_knows(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        with top(subject, term="no-such-terminal") as terminal:
            same(terminal.ended(), 3, "exit status")
            same(terminal.process.stderr.read().decode(),
                 "sallyport: ctl: this terminal cannot be driven; set TERM, "
                 "or send the output to a pipe: top\n", "standard error")


def check_without_a_terminal(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        lab.serve("vsftpd")
        dialog = Dialog(lab)
        text = subject.ctl("top", "-i", "0.1", "-n", "2")
        first, second = text.split("\n\n")
        for sample in (first, second):
            lines = sample.splitlines()
            must(lines[0].startswith("sallyport "), sample)
            must(lines[1].startswith("sessions 1 "), sample)
            must("\x1b" not in sample, sample)
            must(f" {address('client', V4)}:" in sample, sample)
        must(first.splitlines()[3].split()[:2] == ["packets", "-"], first)
        must(float(second.splitlines()[3].split()[1]) >= 0, second)
        dialog.quit()
        wait_until(lambda: subject.ask("stats")["engine"]["sessions"] == 0,
                   "the end")
        objects = [json.loads(line) for line in subject.ctl(
            "--json", "top", "-i", "0.1", "-n", "3").splitlines()]
        same(len(objects), 3, "objects")
        same(objects[0]["rates"]["engine"], {}, "rates of the first")
        same(objects[2]["rates"]["engine"]["sessions_opened"], 0.0, "rate")
        same(objects[2]["stats"]["engine"]["sessions_opened"], 1, "counter")
        same(subject.ends(), 0, "exit status")
        done = subject.call("ctl", "top", "-n", "1")
        same((done.returncode, done.stdout), (3, ""), "without a daemon")
        for words in (("top", "-i", "0"), ("top", "-n", "0"),
                      ("status", "-n", "1"), ("stats", "-i", "1"),
                      ("top", "-F", "prometheus")):
            same(subject.call("ctl", *words).returncode, 2, f"{words}")
