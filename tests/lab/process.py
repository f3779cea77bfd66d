# SPDX-License-Identifier: GPL-2.0-or-later
"""A child process in a process group of its own, its output in a file."""

import os
import signal
import subprocess

from waiting import PATIENCE_SECONDS, LabError

# Enough of a log to see why something ended.
TAIL_LINES = 4


class Process:
    """Started at once; stop() ends it and all that it has started."""

    def __init__(self, argv, log, stdin="", env=None, cwd=None):
        self.name = os.path.basename(log)
        self.log = log
        with open(log, "ab") as out:
            self._child = subprocess.Popen(
                argv, stdin=subprocess.PIPE, stdout=out, stderr=out,
                env={**os.environ, **(env or {})}, cwd=cwd,
                start_new_session=True)
        try:
            self._child.stdin.write(stdin.encode())
            self._child.stdin.close()
        except BrokenPipeError:
            pass  # it ended at once: running() and tail() tell

    @property
    def pid(self):
        return self._child.pid

    @property
    def status(self):
        """Exit status, or None while it runs."""
        return self._child.poll()

    def running(self):
        return self.status is None

    def stopped(self):
        """By a signal, every thread of it? They hear of it one by one."""
        threads = f"/proc/{self.pid}/task"
        return self.running() and all(
            _state(f"{threads}/{thread}/stat") == "T"
            for thread in os.listdir(threads))

    def must_run(self):
        """LabError, with the end of the log, if it has ended."""
        if not self.running():
            raise LabError(f"{self.name} ended with {self.status}: "
                           f"{self.tail()}")

    def wait(self, seconds=PATIENCE_SECONDS):
        """Exit status; LabError if it still runs after @seconds."""
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.name} still runs after {seconds} s: "
                           f"{self.tail()}") from None

    def stop(self, gently=False):
        """End the whole group: with SIGKILL, as nothing here keeps anything;
        @gently with SIGTERM first. Gives the exit status. Repeatable."""
        if gently:
            self._signal(signal.SIGTERM)
            try:
                self._child.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                pass
        self._signal(signal.SIGKILL)
        return self._child.wait()

    def tail(self):
        with open(self.log, encoding="utf-8", errors="replace") as text:
            lines = [line.strip() for line in text if line.strip()]
        return " / ".join(lines[-TAIL_LINES:]) or "no output"

    def _signal(self, number):
        try:
            os.killpg(self._child.pid, number)
        except ProcessLookupError:
            pass


def _state(path):
    """The letter in a file of /proc, such as "T": it is stopped."""
    with open(path, encoding="utf-8") as stat:
        return stat.read().rpartition(")")[2].split()[0]
