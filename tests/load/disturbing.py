# SPDX-License-Identifier: GPL-2.0-or-later
"""What else happens to a daemon that runs for long."""

import itertools
import signal
import time

# Between two disturbances.
PERIOD_SECONDS = 5


class Disturbance:
    """next() does the next thing, if it is time. @restarts may be set to False:
    then the process is left alone."""

    def __init__(self, load):
        self.restarts = True
        self._load = load
        self._due = time.monotonic() + PERIOD_SECONDS
        self._reader = None
        self._timeouts = itertools.cycle(("45s", "60s"))
        self._signals = itertools.cycle((signal.SIGTERM, signal.SIGKILL))
        self._things = itertools.cycle(
            (self._restart, self._reload, self._list, self._listen))

    def next(self):
        if time.monotonic() < self._due:
            return
        next(self._things)()
        self._due = time.monotonic() + PERIOD_SECONDS

    def _restart(self):
        """It ends, or is killed, in the middle of it all, and another process
        goes on."""
        if self.restarts:
            self._load.restart(next(self._signals))

    def _reload(self):
        """Another configuration."""
        self._load.configure(
            pinhole={"timeout": next(self._timeouts)})
        self._load.subject.ctl("reload")

    def _list(self):
        """Whole tables, while they change."""
        for table in ("sessions", "pinholes", "grants"):
            self._load.subject.ctl(table)

    def _listen(self):
        """Somebody wants all events and then reads none."""
        if self._reader:
            self._reader.close()
        self._reader = self._load.subject.dial()
        self._reader.sendall(b"events\n")
