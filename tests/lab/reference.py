#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The reference lab: vsftpd and lftp, FTP and FTPS, active and passive, get
and put, over IPv4 and IPv6, routed and translated: what is expected of each
through a firewall with sallyport, and what is seen; and two FTPS transfers
packet by packet."""

import argparse
import functools
import itertools
import sys
from typing import NamedTuple

import checks
import ftps_checks
import runner
from firewall import DNAT, FTP, ROUTED, SNAT
from ftps import Tls
from lab import Lab
from story import CLIENT, CONTROL, DATA, SERVER, Story
from topology import FAMILIES, V4, V6, address

SERVER_NAME, CLIENT_NAME = "vsftpd", "lftp"
CLEAR, SECURE = "FTP", "FTPS"
ACTIVE, PASSIVE = "active", "passive"
GET, PUT = ONE_WAY = ("get", "put")
BOTH_WAYS = "both"
WORKS, REFUSED = "works", "refused"

COMMAND = {(ACTIVE, V4): "PORT", (ACTIVE, V6): "EPRT",
           (PASSIVE, V4): "PASV", (PASSIVE, V6): "EPSV"}


class Cell(NamedTuple):
    """@public: the server names its public address in the 227, and the
    client takes it by its word."""
    protocol: str
    mode: str
    direction: str
    family: int
    nat: str
    public: bool = False

    def __str__(self):
        return (f"{self.protocol:<4} {self.mode:<7} {self.direction} "
                f"IPv{self.family} {self.nat:<6}"
                f"{' public 227' if self.public else ''}")

    @property
    def expected(self):
        """The client's hidden PORT names an address that means nothing
        outside, and servers connect to their client alone."""
        hidden = (self.protocol, self.mode) == (SECURE, ACTIVE)
        return REFUSED if hidden and self.nat == SNAT else WORKS

    @property
    def tls(self):
        return Tls() if self.protocol == SECURE else None

    @property
    def only(self):
        return None if self.direction == BOTH_WAYS else self.direction

    @property
    def command(self):
        return COMMAND[self.mode, self.family]


def all_cells():
    cells = [Cell(*choice) for choice in itertools.product(
        (CLEAR, SECURE), (ACTIVE, PASSIVE), ONE_WAY, FAMILIES,
        (ROUTED, SNAT, DNAT))]
    return cells + [Cell(SECURE, PASSIVE, direction, V4, DNAT, True)
                    for direction in ONE_WAY]


def serve(lab, cell):
    return lab.serve(SERVER_NAME, public=address("public", V4)
                     if cell.public else None)


def transfer(lab, cell):
    """What the cell is about."""
    # Where nothing can rewrite a 227, the client must know better.
    trust = cell.public or cell.protocol == CLEAR
    lab.transfer(CLIENT_NAME, cell.command, serve(lab, cell), trust=trust,
                 only=cell.only).finish()
    ftps_checks.on_the_wire(lab, cell.mode)


def run_baseline(cell, space):
    """Without a firewall and without sallyport."""
    with Lab(space, cell.nat, cell.family, closed=(), tls=cell.tls) as lab:
        transfer(lab, cell)


def run_cell(cell, space):
    with Lab(space, cell.nat, cell.family, tls=cell.tls) as lab:
        sallyport = lab.sallyport(servers=[lab.server_entry()])
        sallyport.start()
        if cell.expected == REFUSED:
            note = ftps_checks.refused(
                lab, sallyport, CLIENT_NAME, cell.command, serve(lab, cell),
                only=cell.only)
            return f"expected {REFUSED}, {note}"
        transfer(lab, cell)
        if cell.tls:
            ftps_checks.in_the_log(lab, sallyport, cell.mode)
        else:
            checks.in_the_log(lab, sallyport, cell.command)
            sallyport.wait_event("data", mode=cell.mode, verdict="related")
        return f"expected {WORKS}, {WORKS}; {checks.clean(lab)}"


# A TLS 1.3 handshake in clear, then the rest of it, which looks like data.
def _hello(connection):
    return [(connection, CLIENT, "ClientHello"),
            (connection, SERVER, "ServerHello"),
            (connection, "*", "application data")]


def _opening(connection, opener, ports):
    other = CLIENT if opener == SERVER else SERVER
    return [(connection, opener, f"SYN, port {ports}"),
            (connection, other, "SYN-ACK"), (connection, opener, "ACK")]


_LOGIN = [*_opening(CONTROL, CLIENT, ""), (CONTROL, SERVER, "220"),
          (CONTROL, CLIENT, "AUTH TLS"), (CONTROL, SERVER, "234"),
          *_hello(CONTROL)]
# RFC 4217 7: who is the client of FTP is the client of TLS too.
# The second to end may find its peer gone, and get or send an RST.
_TRANSFER = [*_hello(DATA), (DATA, "*", "FIN"), (CONTROL, "*", "FIN")]

SHOWN = {
    "FTPS active download, packet by packet": (
        Cell(SECURE, ACTIVE, GET, V4, ROUTED),
        [*_LOGIN, *_opening(DATA, SERVER, f"{FTP - 1} to"), *_TRANSFER]),
    "FTPS passive upload, packet by packet": (
        Cell(SECURE, PASSIVE, PUT, V4, ROUTED),
        [*_LOGIN, *_opening(DATA, CLIENT, ""), *_TRANSFER]),
}


def show(cell, expected, closed, space):
    with Lab(space, cell.nat, cell.family, closed=closed,
             tls=cell.tls) as lab:
        if closed:
            lab.sallyport(servers=[lab.server_entry()]).start()
        tap = lab.watch_all()
        transfer(lab, cell)
        story = Story(tap.packets(), lab.port, address("client", V4))
        story.must_tell(expected)
        return f"\n{story}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--baseline", action="store_true",
                        help="without sallyport, through an open router")
    parser.add_argument("words", nargs="*", metavar="WORD", help="all cells "
                        "with all these words, e.g. FTPS active SNAT")
    runner.add_arguments(parser)
    args = parser.parse_args()
    check = run_baseline if args.baseline else run_cell
    closed = () if args.baseline else ("FORWARD",)
    tests = [(str(cell), functools.partial(check, cell))
             for cell in all_cells()
             if not args.baseline or cell.nat == ROUTED]
    tests += [(name, functools.partial(show, *what, closed))
              for name, what in SHOWN.items()]
    tests = [test for test in tests
             if set(args.words) <= set(test[0].split())]
    if not tests:
        parser.error(f"no cell has all of: {' '.join(args.words)}")
    return runner.run(args, tests, not args.baseline)


if __name__ == "__main__":
    sys.exit(main())
