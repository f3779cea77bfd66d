# SPDX-License-Identifier: GPL-2.0-or-later
"""Waiting for something to become true, never for a fixed time."""

import time

# Between two looks. Short, as a cell makes a dozen of these waits.
LOOK_SECONDS = 0.01

# Longer than anything here takes on a loaded machine of two cores.
PATIENCE_SECONDS = 20


class LabError(Exception):
    """What was wanted did not happen; the text says what and why."""


def wait_until(happened, what, seconds=PATIENCE_SECONDS):
    """Call happened() until it gives something true, and return that.

    LabError("WHAT did not happen in N s") when it stays false.
    """
    deadline = time.monotonic() + seconds
    while True:
        result = happened()
        if result:
            return result
        if time.monotonic() > deadline:
            raise LabError(f"{what}: did not happen in {seconds} s")
        time.sleep(LOOK_SECONDS)
