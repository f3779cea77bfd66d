# SPDX-License-Identifier: GPL-2.0-or-later
"""Before, during and after an FTPS session nobody but its client reaches the
server's passive range; nor does the client before and after."""

import checks
import knocking
from dialog import Dialog
from firewall import DNAT, ROUTED, SNAT
from ftps import VERSIONS, Tls
from lab import Lab
from topology import FAMILIES, address
from waiting import LabError, about

# In the passive range; listening there all the time.
PORT = 42500


def run(space):
    for family in FAMILIES:
        for mode in (ROUTED, SNAT, DNAT):
            version = VERSIONS[family == FAMILIES[0]]
            with about(f"{mode} IPv{family} TLS {version}"), \
                    Lab(space, mode, family, closed=knocking.CLOSED,
                        tls=Tls(version=version)) as lab:
                session(lab)


def session(lab):
    daemon = lab.sallyport(servers=[lab.server_entry()])
    daemon.start()
    lab.serve("vsftpd")
    knocking.listener(lab, lab.server, "server", PORT)
    nobody(lab)
    client = Dialog(lab)
    daemon.wait_event("grant", op="open", mode="passive")
    strangers(lab, "during the session")
    only_the_range(lab)
    own_client(lab)
    client.quit()
    daemon.wait_event("grant", op="close")
    nobody(lab)
    checks.none_invalid(lab)


def nobody(lab):
    strangers(lab, "without a session")
    knocking.turned_away(lab, lambda: knocking.knock(
        lab, lab.client, lab.target, PORT))
    knocking.nothing_came(lab.server_tap, "the client without a session")


def strangers(lab, when):
    """A neighbour of the client, whom a masquerade makes look like it."""
    lab.forget()
    for host in {lab.target, address("server", lab.family)}:
        knocking.scan(lab, lab.topology.thief_in, host)
    knocking.nothing_came(lab.server_tap, when)


def only_the_range(lab):
    """The client too gets at nothing else."""
    for port in (PORT - 1000, PORT + 1000, 22, 20):
        knocking.turned_away(lab, lambda port=port: knocking.knock(
            lab, lab.client, lab.target, port))
    knocking.nothing_came(lab.server_tap, "a port out of the range")


def own_client(lab):
    knock = knocking.knock(lab, lab.client, lab.target, PORT)
    knocking.answered(knock)
    if len(lab.server_tap.data_opened()) != 1:
        raise LabError("not the one data connection that was asked for")
    knock.close()
