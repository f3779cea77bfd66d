#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The core of the lab, short enough for an emulated machine: every flavour of
rules meets FTP and FTPS, active and passive, each way; every two choices of
protocol, mode, translation, family and flavour meet; and what must hold
whatever the kernel is.

`run.py` runs it inside the machine; it runs on any machine as the lab does.
"""

import argparse
import functools
import itertools
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lab"))

import ftps  # noqa: E402
import knocking  # noqa: E402
import reference  # noqa: E402
import runner  # noqa: E402
from firewall import BOTH, DNAT, ROUTED, SNAT  # noqa: E402
from ftps import Tls  # noqa: E402
from lab import Lab  # noqa: E402
from scenarios import (daemon_down, data_theft, ftps_ends,  # noqa: E402
                       ftps_fast_path)
from topology import FAMILIES, V4, V6  # noqa: E402

import flavour  # noqa: E402

NATS = (ROUTED, SNAT, DNAT)
# Enough for packets in both directions, in every phase of a window.
FILE_BYTES = 1 << 18


def cells(name, everything):
    """The cells of the reference lab for the flavour of that name: all, or
    one for each kind of transfer. Every two choices meet in some flavour."""
    kinds = tuple(itertools.product((reference.CLEAR, reference.SECURE),
                                    (reference.ACTIVE, reference.PASSIVE)))
    first = tuple(flavour.NAMED).index(name)
    chosen = (itertools.product(kinds, FAMILIES, NATS) if everything else
              [(kind, FAMILIES[(first + turn // 2) % len(FAMILIES)],
                NATS[(first + turn) % len(NATS)])
               for turn, kind in enumerate(kinds)])
    return [reference.Cell(*kind, reference.BOTH_WAYS, family, nat)
            for kind, family, nat in chosen]


def up_and_down(space):
    with Lab(space, BOTH, V4) as lab:
        daemon_down.down_up_down(lab, "EPSV")


def theft(attack, mode, family, space):
    with Lab(space, mode, family) as lab:
        data_theft.under(attack, lab)


def restarted(space):
    with Lab(space, SNAT, V6, closed=knocking.CLOSED, tls=Tls()) as lab:
        ftps_ends.session(lab, ftps_ends.by_restart)


def fast_path(space):
    with Lab(space, DNAT, V4, closed=knocking.CLOSED, tls=Tls()) as lab:
        ftps_fast_path.session(lab, "quit")


SCENARIOS = (
    ("daemon down, up and down", up_and_down),
    ("a thief at a passive port",
     functools.partial(theft, data_theft.steal_passive, DNAT, V6)),
    ("a thief at an active port",
     functools.partial(theft, data_theft.steal_active, SNAT, V4)),
    ("FTPS: nothing new after a restart", restarted),
    ("FTPS: a session off the queue", fast_path),
)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flavour", choices=flavour.NAMED,
                        default=next(iter(flavour.NAMED)))
    parser.add_argument("--all", action="store_true", help="every cell")
    parser.add_argument("--certificate", metavar="DIRECTORY",
                        help="where ftps.make_certificate() has put one")
    parser.add_argument("words", nargs="*", metavar="WORD",
                        help="only what has all these words in its name")
    runner.add_arguments(parser)
    args = parser.parse_args()
    checks = [(str(cell), functools.partial(reference.run_cell, cell))
              for cell in cells(args.flavour, args.all)]
    checks += SCENARIOS
    checks = [(f"{args.flavour}: {name}", check) for name, check in checks
              if set(args.words) <= set(name.split())]
    given = args.certificate and ftps.certificate_in(args.certificate)
    return runner.run(args, checks, file_bytes=FILE_BYTES, certificate=given)


if __name__ == "__main__":
    sys.exit(main())
