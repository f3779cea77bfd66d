#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon as its administrator sees it: starting, asking, reloading,
stopping, and what breaks. Stands on the lab of ../lab."""

import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lab"))

import runner  # noqa: E402

import asking  # noqa: E402
import breaking  # noqa: E402
import confining  # noqa: E402
import holding  # noqa: E402
import journaling  # noqa: E402
import pinging  # noqa: E402
import reloading  # noqa: E402
import starting  # noqa: E402
import stopping  # noqa: E402
import watching  # noqa: E402

MODULES = (starting, confining, asking, reloading, holding, journaling,
           breaking, stopping, pinging,
           watching)


def checks():
    """(name, function) of everything called check_NAME."""
    return [(f"{module.__name__}: {name[len('check_'):].replace('_', ' ')}",
             getattr(module, name))
            for module in MODULES for name in vars(module)
            if name.startswith("check_")]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", metavar="WORD",
                        help="only checks with one of these in their name")
    runner.add_arguments(parser)
    args = parser.parse_args()
    chosen = [(name, check) for name, check in checks()
              if not args.words or any(w in name for w in args.words)]
    if not chosen:
        parser.error(f"no check has {' or '.join(args.words)} in its name")
    return runner.run(args, chosen)


if __name__ == "__main__":
    sys.exit(main())
