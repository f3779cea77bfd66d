#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every server with every client, by every command, through every kind of
translation, over IPv4 and IPv6: a big file each way.

Without --all it runs a part in which every two choices meet once.
"""

import argparse
import functools
import itertools
import sys
from typing import NamedTuple

import checks
import clients
import runner
import servers
from firewall import MODES, ROUTED
from lab import Lab
from pairwise import cover, pairs
from report import Skip
from topology import FAMILIES


class Cell(NamedTuple):
    """One combination; the order of the fields is that of the table."""
    server: str
    client: str
    command: str
    mode: str
    family: int

    def __str__(self):
        return (f"{self.server:<9} {self.client:<6} {self.command} "
                f"{self.mode:<6} IPv{self.family}")

    @property
    def impossible(self):
        return clients.impossible(self.client, self.command, self.family)


def all_cells(modes):
    return [Cell(*choice) for choice in itertools.product(
        servers.NAMES, clients.NAMES, clients.COMMANDS, modes, FAMILIES)]


def covering(cells):
    """A part of @cells in which every two choices meet that can meet, and a
    cell for every two that never can."""
    possible = [cell for cell in cells if not cell.impossible]
    unmet = set().union(*map(pairs, cells)) - set().union(
        *map(pairs, possible))
    never = []
    while unmet:
        cell = next(cell for cell in cells if pairs(cell) & unmet)
        never.append(cell)
        unmet -= pairs(cell)
    return cover(possible) + never


def need(cell):
    """Skip the cell if it is impossible, or if a program is missing."""
    reason = (cell.impossible or servers.why_not(cell.server) or
              clients.why_not(cell.client))
    if reason:
        raise Skip(reason)


def run_baseline(cell, space):
    """Do server and client work together at all? Nothing is closed."""
    need(cell)
    with Lab(space, cell.mode, cell.family, closed=()) as lab:
        checks.transfers(lab, cell.client, cell.command,
                         lab.serve(cell.server))


def run_cell(cell, space):
    """Nothing without sallyport, everything with it."""
    need(cell)
    with Lab(space, cell.mode, cell.family) as lab:
        sallyport = lab.sallyport()
        server = lab.serve(cell.server)
        checks.fails_without(lab, cell.client, cell.command, server)
        # The next server has nothing left over from that attempt.
        server.stop()
        lab.clear_hosts()
        sallyport.start()
        checks.transfers(lab, cell.client, cell.command,
                         lab.serve(cell.server))
        checks.in_the_log(lab, sallyport, cell.command)
        return checks.clean(lab)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="every cell")
    parser.add_argument("--baseline", action="store_true",
                        help="without sallyport, through an open router")
    parser.add_argument("words", nargs="*", metavar="WORD", help="all cells "
                        "with all these words, e.g. vsftpd EPRT SNAT IPv6")
    runner.add_arguments(parser)
    args = parser.parse_args()
    cells = [cell for cell in
             all_cells((ROUTED,) if args.baseline else MODES)
             if set(args.words) <= set(str(cell).split())]
    if not cells:
        parser.error(f"no cell has all of: {' '.join(args.words)}")
    if not (args.all or args.words):
        cells = covering(cells)
    check = run_baseline if args.baseline else run_cell
    return runner.run(args, [(str(cell), functools.partial(check, cell))
                             for cell in cells], not args.baseline)


if __name__ == "__main__":
    sys.exit(main())
