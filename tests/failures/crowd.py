# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients that come and go all the time, each with a file to fetch."""

import os
import threading

from dialog import Dialog, read_all
from waiting import PATIENCE_SECONDS, LabError, wait_until

CLIENTS = 3

# What a client waits for anything, so that it comes back after an outage.
PATIENCE = 5

CONTENT = os.urandom(100_000)


class Crowd:
    """Use as a context manager. A file that comes, comes whole: who gets
    another one makes served() fail."""

    def __init__(self, scene):
        self._lab = scene.lab
        self._path = f"{scene.server.home}/crowd"
        self._over = threading.Event()
        self._served, self._broken = 0, None
        self._threads = [threading.Thread(target=self._come_and_go)
                         for _ in range(CLIENTS)]

    def __enter__(self):
        with open(self._path, "wb") as out:
            out.write(CONTENT)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def served(self, more):
        """Returns when so many more were served."""
        until = self._served + more
        wait_until(lambda: self._served >= until or self._broken,
                   f"{more} clients more", 3 * PATIENCE_SECONDS)
        if self._broken:
            raise LabError(self._broken)

    def _come_and_go(self):
        while not self._over.is_set():
            try:
                got = self._fetch()
            except (LabError, OSError, ValueError, IndexError):
                continue  # no service just now
            if got == CONTENT:
                self._served += 1
            else:
                self._broken = f"{len(got)} bytes of a file, and 226"

    def _fetch(self):
        dialog = Dialog(self._lab, patience=PATIENCE)
        try:
            data = dialog.socket()
            with data:
                data.connect(dialog.passive())
                dialog.command("RETR crowd", 150)
                got = read_all(data)
            dialog.expect(226)
            return got
        finally:
            dialog.close()
