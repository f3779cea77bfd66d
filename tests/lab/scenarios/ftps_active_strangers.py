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

# Where the client listens; one for each part, as no two connections can have
# the same ends.
BEFORE, DURING, AFTER = 5001, 5002, 5003


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
    for port in (BEFORE, DURING, AFTER):
        knocking.listener(lab, lab.client, "client", port)
    nobody(lab, BEFORE)
    client = Dialog(lab)
    daemon.wait_event("grant", op="open", mode="active")
    turned_away(lab, lab.topology.thief_out, lab.port - 1, DURING)
    turned_away(lab, lab.server, lab.port - 2, DURING)
    knocking.nothing_came(lab.client_tap, "during the session")
    knocking.answered(try_it(lab, lab.server, lab.port - 1, DURING))
    client.quit()
    daemon.wait_event("grant", op="close", mode="active")
    lab.forget()
    nobody(lab, AFTER)


def nobody(lab, port):
    for space in (lab.topology.thief_out, lab.server):
        turned_away(lab, space, lab.port - 1, port)
    knocking.nothing_came(lab.client_tap, "without a session")


def turned_away(lab, space, source, port):
    knocking.turned_away(lab, lambda: try_it(lab, space, source, port))


def try_it(lab, space, source, port):
    return knocking.knock(lab, space, address("client", lab.family), port,
                          source)
