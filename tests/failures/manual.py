# SPDX-License-Identifier: GPL-2.0-or-later
"""The failure matrix as sallyport(8) has it: what the tests must find."""

import os
import re

from scene import KNOWN, NEW, PINHOLE, REWRITTEN
from waiting import LabError

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                    "man", "sallyport.8")
COLUMNS = (NEW, KNOWN, REWRITTEN, PINHOLE)
MODES = ("pass", "drop")
WHILE, THEN = "while", "then"

# What was not there.
NONE = "-"


def section():
    with open(PAGE, encoding="utf-8") as page:
        return re.search(r"^\.Sh FAILURES\n(.*?)^\.Sh ", page.read(),
                         re.M | re.S)[1]


def tables():
    """{(key, when-down, WHILE or THEN): {kind: word}}"""
    found = {}
    texts = re.findall(r"^\.TS\n(.*?)^\.TE$", section(), re.M | re.S)
    for when, text in zip((WHILE, THEN), texts, strict=True):
        for line in text.splitlines()[3:]:
            key, mode, *words = line.split("\t")
            for one in MODES if mode == "both" else (mode,):
                found[key, one, when] = dict(zip(COLUMNS, words, strict=True))
    return found


def explained():
    """Keys that the list behind the tables explains."""
    return re.findall(r"^\.It Ic ([a-z-]+)$", section(), re.M)


def has_rows(keys):
    """LabError unless the tables and the list have exactly these rows."""
    wanted = {(key, mode, when) for key in keys for mode in MODES
              for when in (WHILE, THEN)}
    if wanted != set(tables()):
        raise LabError("rows of the tables and tests differ: "
                       f"{sorted(wanted ^ set(tables()))}")
    if sorted(explained()) != sorted(keys):
        raise LabError("rows that are explained and tests differ: "
                       f"{sorted(set(explained()) ^ set(keys))}")
