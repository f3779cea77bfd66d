# SPDX-License-Identifier: GPL-2.0-or-later
"""FTPS in active mode: only the server, only from its data port, only while
the session lives, gets at the client."""

import knocking
from dialog import Dialog
from firewall import DNAT, ROUTED
from ftps import Tls
from lab import Lab
from topology import FAMILIES, address
from waiting import about

# Where the client listens.
PORT = 5001


def run(space):
    for family in FAMILIES:
        for mode in (ROUTED, DNAT):
            for implicit in (False, True):
                with about(f"{mode} IPv{family} implicit={implicit}"), \
                        Lab(space, mode, family, closed=knocking.CLOSED,
                            tls=Tls(implicit)) as lab:
                    session(lab)


def session(lab):
    daemon = lab.sallyport(servers=[lab.server_entry()])
    daemon.start()
    lab.serve("vsftpd")
    knocking.listener(lab, lab.client, "client", PORT)
    nobody(lab)
    client = Dialog(lab)
    daemon.wait_event("grant", op="open", mode="active")
    turned_away(lab, lab.topology.thief_out, lab.port - 1)
    turned_away(lab, lab.server, lab.port - 2)
    knocking.nothing_came(lab.client_tap, "during the session")
    knocking.answered(try_it(lab, lab.server, lab.port - 1))
    client.quit()
    daemon.wait_event("grant", op="close", mode="active")
    lab.forget()
    nobody(lab)


def nobody(lab):
    for space in (lab.topology.thief_out, lab.server):
        turned_away(lab, space, lab.port - 1)
    knocking.nothing_came(lab.client_tap, "without a session")


def turned_away(lab, space, source):
    knocking.turned_away(lab, lambda: try_it(lab, space, source))


def try_it(lab, space, source):
    return knocking.knock(lab, space, address("client", lab.family), PORT,
                          source)
