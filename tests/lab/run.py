#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the scenarios: every file in scenarios/, whose run(workspace) checks
one thing and whose docstring says what."""

import argparse
import glob
import importlib
import os
import sys

import runner

HERE = os.path.dirname(os.path.abspath(__file__))


def scenarios():
    """{name: module}, in the order of the names."""
    names = sorted(os.path.basename(path)[:-len(".py")] for path in
                   glob.glob(os.path.join(HERE, "scenarios", "*.py")))
    return {name: importlib.import_module(f"scenarios.{name}")
            for name in names}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true",
                        help="say what there is and do nothing")
    parser.add_argument("words", nargs="*", metavar="WORD",
                        help="only scenarios with one of these in their name")
    runner.add_arguments(parser)
    args = parser.parse_args()
    chosen = {name: module for name, module in scenarios().items()
              if not args.words or any(word in name for word in args.words)}
    if not chosen:
        parser.error(f"no scenario has {' or '.join(args.words)} in its name")
    if args.list:
        for name, module in chosen.items():
            print(f"{name:<18}", *module.__doc__.split())
        return 0
    return runner.run(args, [(name, module.run)
                             for name, module in chosen.items()])


if __name__ == "__main__":
    sys.exit(main())
