# SPDX-License-Identifier: GPL-2.0-or-later
"""A wall clock for one process, to be set without setting the machine's."""

import os
import struct
import subprocess
from datetime import datetime, timezone

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "wall_clock.c")
YEAR_SECONDS = 365 * 86400


class WallClock:
    """@environment: for the process."""

    def __init__(self, directory):
        library = f"{directory}/wall_clock.so"
        subprocess.run([os.environ.get("CC", "cc"), "-D_GNU_SOURCE",
                        "-shared", "-fPIC", "-o", library, SOURCE],
                       check=True)
        self._path = f"{directory}/wall_clock"
        with open(self._path, "wb"):
            pass
        self.set(0)
        self.environment = {"LD_PRELOAD": library, "WALL_CLOCK": self._path}

    def set(self, years):
        """So much ahead of the machine's clock."""
        with open(self._path, "r+b") as seconds:
            seconds.write(struct.pack("q", years * YEAR_SECONDS))

    @staticmethod
    def years_ahead(timestamp):
        """By how much an event that came just now is ahead."""
        ahead = datetime.fromisoformat(timestamp.replace("Z", "+00:00")) - \
            datetime.now(timezone.utc)
        return round(ahead.total_seconds() / YEAR_SECONDS)
