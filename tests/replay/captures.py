# SPDX-License-Identifier: GPL-2.0-or-later
"""The captures that replay is tried on, and how each is replayed."""

import glob
import os
import subprocess
import sys
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))

# report.py and waiting.py are of the lab.
sys.path.insert(0, os.path.join(HERE, "..", "lab"))

OWN = os.path.join(ROOT, "pcaps")
# Captures that nobody in the project made; a checkout alone has none.
SHARED = os.path.normpath(os.path.join(ROOT, "..", "shared", "pcaps"))
CONFIG = os.path.join(HERE, "config")

# A replay of these few kilobytes takes milliseconds.
PATIENCE_SECONDS = 60

# Captures by how their names begin, and how the gateway translated: the name
# of a file in config/, and what that says: {public address: the real one}.
_CLIENT = {"10.2.5.1": "10.1.4.4", "fc00:10:2:5::1": "fc00:10:1:4::4"}
_SERVER = {"10.1.4.100": "10.2.5.5", "fc00:10:1:4::100": "fc00:10:2:5::5"}
_TRANSLATIONS = (
    ("snat-", "snat", _CLIENT),
    ("twice-snat-", "snat", _CLIENT),
    ("dnat-", "dnat", _SERVER),
    ("both-", "both", {**_CLIENT, **_SERVER}),
    ("", "routed", {}),
)


@dataclass(frozen=True)
class Capture:
    name: str  # without folder and ending
    path: str
    shared: bool

    @property
    def keylog(self):
        """Path of its key log, or ""."""
        path = os.path.splitext(self.path)[0] + ".keylog"
        return path if os.path.exists(path) else ""

    def _translation(self):
        return next(row for row in _TRANSLATIONS
                    if self.name.startswith(row[0]))

    @property
    def config(self):
        return os.path.join(CONFIG, f"{self._translation()[1]}.yaml")

    def real(self, end):
        """The endpoint (address, port) by its real address."""
        return self._translation()[2].get(end[0], end[0]), end[1]


def _in(folder, shared):
    return [Capture(os.path.splitext(os.path.basename(path))[0], path, shared)
            for path in sorted(glob.glob(os.path.join(folder, "*.pcap*")))]


def own():
    return _in(OWN, False)


def shared():
    return _in(SHARED, True)


def program():
    return os.path.abspath(os.environ.get("SALLYPORT") or
                           os.path.join(ROOT, "build", "sallyport"))


def replay(capture, *options):
    """(exit status, standard output, standard error), as bytes. The file is
    named without its folder, which differs from checkout to checkout."""
    argv = [program(), "-c", capture.config, "replay", *options]
    if capture.keylog:
        argv += ["--keylog", os.path.basename(capture.keylog)]
    done = subprocess.run(argv + [os.path.basename(capture.path)],
                          cwd=os.path.dirname(capture.path),
                          capture_output=True, check=False,
                          timeout=PATIENCE_SECONDS)
    return done.returncode, done.stdout, done.stderr
