# SPDX-License-Identifier: GPL-2.0-or-later
"""Waiting for something to become true, never for a fixed time; and the
error of what did not."""

import contextlib
import os
import time

# The environment's word on how many times slower than others this machine is.
# It stretches the looks and the patience below, and makes nothing wait.
SLOWNESS = int(os.environ.get("SALLYPORT_LAB_SLOWNESS", "1"))

# Between two looks. Short, as a cell makes a dozen of these waits.
LOOK_SECONDS = 0.01 * SLOWNESS

# Longer than anything here takes on a loaded machine of two cores.
PATIENCE_SECONDS = 20 * SLOWNESS
# What clients grant their servers: less, so that they tell what they wait for.
CLIENT_SECONDS = 15 * SLOWNESS


class LabError(Exception):
    """What was wanted did not happen; the text says what and why."""


@contextlib.contextmanager
def about(what):
    """What goes wrong inside is told as "@what: ..."."""
    try:
        yield
    except (LabError, OSError) as error:
        raise LabError(f"{what}: {error}") from error


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
