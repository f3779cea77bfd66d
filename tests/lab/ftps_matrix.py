#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every server with every client, by every way of FTPS, in both modes, through
every kind of translation, over IPv4 and IPv6: a big file each way.

Without --all it runs a part in which every two choices meet once.
"""

import argparse
import functools
import itertools
import sys
from typing import NamedTuple

import checks
import clients
import ftps_checks
import matrix
import runner
import servers
from firewall import DNAT, ROUTED, SNAT
from ftps import LEVELS, VERSIONS, Tls
from lab import Lab
from report import Skip
from topology import FAMILIES, V4, V6
from waiting import LabError

CLIENTS = ("curl", "lftp", "ftplib")
EXPLICIT, IMPLICIT = HOW = ("explicit", "implicit")
REUSE, FRESH = RESUMPTION = ("reuse", "fresh")
ACTIVE, PASSIVE = DIRECTIONS = ("active", "passive")
MODES = (ROUTED, SNAT, DNAT)

COMMAND = {(ACTIVE, V4): "PORT", (ACTIVE, V6): "EPRT",
           (PASSIVE, V4): "PASV", (PASSIVE, V6): "EPSV"}


class Cell(NamedTuple):
    """One combination; the order of the fields is that of the table.

    @resumption: does the server want data connections to resume the session
    of the control connection?
    """
    server: str
    client: str
    how: str
    version: str
    resumption: str
    level: str
    direction: str
    family: int
    mode: str

    def __str__(self):
        return (f"{self.server:<9} {self.client:<6} {self.how} "
                f"TLS-{self.version} {self.resumption} PROT-{self.level} "
                f"{self.direction:<7} IPv{self.family} {self.mode:<6}")

    @property
    def tls(self):
        return Tls(self.how == IMPLICIT, self.version,
                   self.resumption == REUSE, self.level)

    @property
    def command(self):
        return COMMAND[self.direction, self.family]

    @property
    def refused(self):
        """The client's hidden PORT names its inside address; servers connect
        to no other host than their client."""
        return self.direction == ACTIVE and self.mode == SNAT

    @property
    def impossible(self):
        return (servers.impossible(self.server, self.tls,
                                   self.direction == ACTIVE) or
                clients.impossible_tls(self.client, self.tls, self.server,
                                       self.direction == ACTIVE))


def all_cells(modes=MODES):
    return [Cell(*choice) for choice in itertools.product(
        servers.NAMES, CLIENTS, HOW, VERSIONS, RESUMPTION, LEVELS,
        DIRECTIONS, FAMILIES, modes)]


def need(cell):
    """Skip the cell if it is impossible, or if a program is missing."""
    reason = (cell.impossible or servers.why_not(cell.server, cell.tls) or
              clients.why_not(cell.client))
    if reason:
        raise Skip(reason)


def run_baseline(cell, space):
    """Do server and client work together at all? Nothing is closed."""
    need(cell)
    with Lab(space, cell.mode, cell.family, closed=(), tls=cell.tls) as lab:
        ftps_checks.transfers(lab, cell.client, cell.command, cell.direction,
                              lab.serve(cell.server))


def run_cell(cell, space):
    """Nothing without sallyport, everything with it; what is refused with it
    says why."""
    need(cell)
    with Lab(space, cell.mode, cell.family, tls=cell.tls) as lab:
        sallyport = lab.sallyport(servers=[lab.server_entry()])
        if not cell.refused:
            server = lab.serve(cell.server)
            ftps_checks.fails_without(lab, cell.client, cell.command, server)
            # The next server has nothing left over from that attempt.
            server.stop()
            lab.clear_hosts()
        sallyport.start()
        server = lab.serve(cell.server)
        if cell.refused:
            return ftps_checks.refused(lab, sallyport, cell.client,
                                       cell.command, server, only="get")
        ftps_checks.transfers(lab, cell.client, cell.command, cell.direction,
                              server)
        ftps_checks.in_the_log(lab, sallyport, cell.direction)
        return checks.clean(lab)


class CccCell(NamedTuple):
    """The client leaves TLS after login; what it asks for then is read, and
    rewritten, as if there had never been any TLS."""
    server: str
    client: str
    version: str
    ccc: str
    level: str
    command: str
    family: int
    mode: str

    def __str__(self):
        return (f"{self.server:<9} {self.client:<6} TLS-{self.version} "
                f"CCC-{self.ccc:<7} PROT-{self.level} {self.command} "
                f"IPv{self.family} {self.mode:<6}")

    @property
    def tls(self):
        return Tls(version=self.version, level=self.level, ccc=self.ccc)

    @property
    def impossible(self):
        active = self.command in ("PORT", "EPRT")
        return (servers.impossible(self.server, self.tls, active) or
                clients.impossible_tls(self.client, self.tls, self.server,
                                       active) or
                clients.impossible(self.client, self.command, self.family))


def ccc_cells(modes=MODES):
    """With one cell for each server that cannot; lftp never sends CCC."""
    cannot = [CccCell(server, "curl", VERSIONS[0], "active", LEVELS[0],
                      "PASV", V4, ROUTED)
              for server in ("vsftpd", "pyftpdlib")]
    return cannot + [CccCell(*choice) for choice in itertools.product(
        ("proftpd", "pure-ftpd"), ("curl", "ftplib"), VERSIONS,
        ("active", "passive"), LEVELS, clients.COMMANDS, FAMILIES, modes)]


def run_ccc_baseline(cell, space):
    need(cell)
    with Lab(space, cell.mode, cell.family, closed=(), tls=cell.tls) as lab:
        checks.transfers(lab, cell.client, cell.command,
                         lab.serve(cell.server))


def run_ccc(cell, space):
    need(cell)
    with Lab(space, cell.mode, cell.family, tls=cell.tls) as lab:
        # No `servers`: what comes through did so by a pinhole.
        sallyport = lab.sallyport()
        sallyport.start()
        checks.transfers(lab, cell.client, cell.command,
                         lab.serve(cell.server))
        sallyport.wait_event("tls", state="cleared")
        checks.in_the_log(lab, sallyport, cell.command)
        translated = {SNAT: ("PORT", "EPRT"), DNAT: ("PASV",)}
        if (cell.command in translated.get(cell.mode, ()) and
                not sallyport.events("rewrite")):
            raise LabError("nothing was rewritten")
        return checks.clean(lab)


def filezilla(_space):
    raise Skip("filezilla transfers nothing without its window: its command "
               "line names a site to show, not a file to fetch, and the "
               "fzsftp beside it knows no FTP")


def choose(cells, words, everything):
    chosen = [cell for cell in cells
              if set(words) <= set(str(cell).split())]
    return chosen if everything or words or not chosen else (
        matrix.covering(chosen))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="every cell")
    parser.add_argument("--baseline", action="store_true",
                        help="without sallyport, through an open router")
    parser.add_argument("words", nargs="*", metavar="WORD", help="all cells "
                        "with all these words, e.g. vsftpd TLS-1.3 SNAT IPv6")
    runner.add_arguments(parser)
    args = parser.parse_args()
    modes = (ROUTED,) if args.baseline else MODES
    checked = run_baseline if args.baseline else run_cell
    ccc_checked = run_ccc_baseline if args.baseline else run_ccc
    tests = []
    for cells, check in ((all_cells(modes), checked),
                         (ccc_cells(modes), ccc_checked)):
        tests += [(str(cell), functools.partial(check, cell))
                  for cell in choose(cells, args.words, args.all)]
    if set(args.words) <= {"filezilla"}:
        tests.append(("filezilla", filezilla))
    if not tests:
        parser.error(f"no cell has all of: {' '.join(args.words)}")
    return runner.run(args, tests, not args.baseline)


if __name__ == "__main__":
    sys.exit(main())
