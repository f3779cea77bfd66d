# SPDX-License-Identifier: GPL-2.0-or-later
"""tls.fast-path: after the TLS handshake the control connection leaves the
queue; its grant serves, and ends with it all the same."""

import itertools

import checks
import knocking
from dialog import Dialog
from firewall import DNAT, ROUTED, SNAT
from ftps import VERSIONS, Tls
from lab import Lab
from topology import FAMILIES
from waiting import LabError, about

PORT = 42500
# Commands under TLS; each would be four packets in the queue.
COMMANDS = 100
# On their way when the connection is let go.
STRAGGLERS = 8


def run(space):
    kinds = itertools.cycle(itertools.product(FAMILIES, VERSIONS))
    for mode in (ROUTED, SNAT, DNAT):
        for end in ("quit", "close", "reset"):
            family, version = next(kinds)
            with about(f"{end} {mode} IPv{family} TLS {version}"), \
                    Lab(space, mode, family, closed=knocking.CLOSED,
                        tls=Tls(version=version)) as lab:
                session(lab, end)


def session(lab, end):
    daemon = lab.sallyport(servers=[lab.server_entry()],
                           tls={"fast-path": True})
    daemon.start()
    lab.serve("vsftpd")
    knocking.listener(lab, lab.server, "server", PORT)
    client = Dialog(lab)
    daemon.wait_event("grant", op="open", mode="passive")
    before = checks.queued(lab)
    for _ in range(COMMANDS):
        client.command("NOOP", 200)
    grown = checks.queued(lab) - before
    if grown > STRAGGLERS:
        raise LabError(f"{grown} packets were queued during {COMMANDS} "
                       "commands under TLS")
    knocking.answered(try_it(lab))
    getattr(client, end)()
    daemon.wait_event("grant", op="close", mode="passive")
    lab.forget()
    knocking.turned_away(lab, lambda: try_it(lab))
    knocking.nothing_came(lab.server_tap, "after the end")


def try_it(lab):
    return knocking.knock(lab, lab.client, lab.target, PORT)
