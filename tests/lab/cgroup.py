# SPDX-License-Identifier: GPL-2.0-or-later
"""Control groups: a system manager wants one to itself."""

import os

from waiting import wait_until


def root():
    """Where the unified hierarchy is mounted, or None."""
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            _, where, kind, *_ = line.split()
            if kind == "cgroup2" and os.access(where, os.W_OK):
                return where
    return None


def make(name):
    """Its path."""
    path = os.path.join(root(), name)
    os.mkdir(path)
    return path


def delete(prefix):
    """Those whose name begins with @prefix, and what is below them; of what
    ran in them the end may not be known everywhere yet."""
    top = root()
    for name in os.listdir(top) if top else ():
        if name.startswith(prefix):
            path = os.path.join(top, name)
            wait_until(lambda path=path: _removed(path),
                       f"the end of control group {name}")


def _removed(path):
    try:
        for folder, _, _ in os.walk(path, topdown=False):
            os.rmdir(folder)
    except OSError:
        return False
    return True
