# SPDX-License-Identifier: GPL-2.0-or-later
"""One line a check as it ends, and the closing line."""

import time

PASSED, FAILED, SKIPPED = "ok", "FAIL", "skip"


class Skip(Exception):
    """This check cannot be made here; the text says why."""


class Report:
    def __init__(self):
        self._count = {PASSED: 0, FAILED: 0, SKIPPED: 0}

    def line(self, outcome, name, note=""):
        self._count[outcome] += 1
        print(f"{outcome:<4} {name}{': ' if note else ''}{note}", flush=True)

    def close(self):
        """The closing line; gives the exit status."""
        print("{} passed, {} failed, {} skipped".format(
            *self._count.values()), flush=True)
        return 1 if self._count[FAILED] else 0


def attempt(check):
    """(outcome, note) of check(), which gives a note or nothing."""
    start = time.monotonic()
    try:
        note = check()
    except Skip as reason:
        return SKIPPED, str(reason)
    except Exception as error:  # a broken check is a failed one
        return FAILED, f"{error}" or type(error).__name__
    took = f"{time.monotonic() - start:.1f} s"
    return PASSED, f"{took}, {note}" if note else took
