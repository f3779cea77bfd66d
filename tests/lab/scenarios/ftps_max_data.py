# SPDX-License-Identifier: GPL-2.0-or-later
"""An FTPS session has as many data connections open at once as the
configuration says (max-data) and not one more, and the log says so."""

import knocking
from dialog import Dialog
from firewall import DNAT, ROUTED, SNAT
from ftps import Tls
from lab import Lab
from topology import FAMILIES
from waiting import LabError, about

PORT = 42500
# The default.
MAX_DATA = 8


def run(space):
    for family in FAMILIES:
        for mode in (ROUTED, SNAT, DNAT):
            with about(f"{mode} IPv{family}"), \
                    Lab(space, mode, family, closed=knocking.CLOSED,
                        tls=Tls()) as lab:
                session(lab)


def session(lab):
    entry = lab.server_entry(**{"max-data": MAX_DATA})
    daemon = lab.sallyport(servers=[entry])
    daemon.start()
    lab.serve("vsftpd")
    knocking.listener(lab, lab.server, "server", PORT)
    client = Dialog(lab)
    daemon.wait_event("grant", op="open", mode="passive")
    for _ in range(MAX_DATA):
        knocking.answered(try_it(lab))
    knocking.turned_away(lab, lambda: try_it(lab))
    if len(lab.server_tap.data_opened()) != MAX_DATA:
        raise LabError(f"{len(lab.server_tap.data_opened())} data "
                       "connections came through")
    daemon.wait_event("alert", rule="grant-limit")
    client.quit()


def try_it(lab):
    return knocking.knock(lab, lab.client, lab.target, PORT)
