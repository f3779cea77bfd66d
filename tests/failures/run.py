#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The failure matrix: each row of sallyport(8), FAILURES, is made to happen,
and what becomes of each kind of connection is what the row says. Stands on
the lab of ../lab and the Subject of ../daemon."""

import argparse
import functools
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("lab", "daemon"):
    sys.path.insert(0, os.path.join(HERE, "..", folder))

import runner  # noqa: E402

import manual  # noqa: E402
import rows_daemon  # noqa: E402
import rows_kernel  # noqa: E402
import rows_queue  # noqa: E402
import rows_resources  # noqa: E402
import rows_tables  # noqa: E402
from firewall import SNAT  # noqa: E402
from lab import Lab  # noqa: E402
from scene import GOES_ON, TRANSFER, Scene  # noqa: E402
from subject import same  # noqa: E402
from waiting import about  # noqa: E402

MODULES = (rows_daemon, rows_queue, rows_tables, rows_kernel,
           rows_resources)


def rows():
    """{key: function} of everything called row_KEY."""
    return {name[len("row_"):].replace("_", "-"): getattr(module, name)
            for module in MODULES for name in vars(module)
            if name.startswith("row_")}


def measure(row, space):
    """(when-down, WHILE or THEN, {kind: word}) for both modes, each in a network
    of its own: what the last words of one's connections meet is not the
    other's."""
    for mode in manual.MODES:
        with Lab(space, SNAT) as lab:
            scene = Scene(lab, lab.serve("vsftpd"), mode,
                          **getattr(row, "config", {}))
            for when, words in zip((manual.WHILE, manual.THEN), row(scene),
                                   strict=True):
                yield mode, when, words
            scene.end()


def check(key, row, space):
    """What is measured is what the manual says; and what is under way goes
    on."""
    wanted = manual.tables()
    for mode, when, words in measure(row, space):
        with about(f"{when}, when-down: {mode}"):
            same(words.pop(TRANSFER, GOES_ON), GOES_ON, TRANSFER)
            for kind, word in wanted[key, mode, when].items():
                same(words.get(kind, manual.NONE), word, kind)


def checks():
    """{name: function of a Workspace}"""
    found = {key: functools.partial(check, key, row)
             for key, row in rows().items()}
    found["the manual has these rows"] = lambda space: manual.has_rows(rows())
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", metavar="WORD",
                        help="only rows with one of these in their name")
    runner.add_arguments(parser)
    args = parser.parse_args()
    chosen = [(name, function) for name, function in checks().items()
              if not args.words or any(word in name for word in args.words)]
    if not chosen:
        parser.error(f"no row has {' or '.join(args.words)} in its name")
    return runner.run(args, chosen)


if __name__ == "__main__":
    sys.exit(main())
