# SPDX-License-Identifier: GPL-2.0-or-later
"""A pipe for the standard error of what is run through it."""

import fcntl
import os

PAGE = 4096


class StalledPipe:
    """@command runs what follows with it as its standard error."""

    def __init__(self, lab, name):
        path = f"{lab.directory}/pipe-{name}"
        os.mkfifo(path)
        self._end = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        lab.adopt(self)
        fcntl.fcntl(self._end, fcntl.F_SETPIPE_SZ, PAGE)
        self.command = ["sh", "-c", f'exec "$@" 2>{path}', "sh"]

    def stop(self):
        os.close(self._end)

    def fill(self):
        """There is no room for another byte."""
        self.drain()
        try:
            while True:
                os.write(self._end, bytes(PAGE))
        except BlockingIOError:
            pass

    def drain(self):
        """What is in it."""
        try:
            return os.read(self._end, 1 << 16)
        except BlockingIOError:
            return b""
