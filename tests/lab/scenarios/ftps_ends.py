# SPDX-License-Identifier: GPL-2.0-or-later
"""However the control connection of FTPS ends, no data connection begins after
it: by QUIT, FIN, RST, without its conntrack entry, or without the daemon that
saw its handshake."""

import itertools

import knocking
from dialog import Dialog
from firewall import DNAT, ROUTED, SNAT, TOOL
from ftps import Tls
from lab import Lab
from topology import FAMILIES
from waiting import about

PORT = 42500


def run(space):
    families = itertools.cycle(FAMILIES)
    for mode in (ROUTED, SNAT, DNAT):
        for end in (by_quit, by_fin, by_rst, without_entry, by_restart):
            family = next(families)
            with about(f"{end.__name__} {mode} IPv{family}"), \
                    Lab(space, mode, family, closed=knocking.CLOSED,
                        tls=Tls()) as lab:
                session(lab, end)


def session(lab, end):
    daemon = lab.sallyport(servers=[lab.server_entry()],
                           **{"state-file": ""})
    daemon.start()
    lab.serve("vsftpd")
    knocking.listener(lab, lab.server, "server", PORT)
    client = Dialog(lab)
    daemon.wait_event("grant", op="open", mode="passive")
    knock = try_it(lab)
    knocking.answered(knock)
    knock.close()
    lab.forget()
    end(lab, daemon, client)
    nothing_new(lab)


def by_quit(_lab, daemon, client):
    client.quit()
    daemon.wait_event("grant", op="close", mode="passive")


def by_fin(_lab, daemon, client):
    client.close()
    daemon.wait_event("grant", op="close", mode="passive")


def by_rst(_lab, daemon, client):
    client.reset()
    daemon.wait_event("grant", op="close", mode="passive")


def without_entry(lab, _daemon, _client):
    """Data connections belong to it: without it there are none. A late ACK
    would make it anew, so both hosts fall silent first."""
    for space, side in ((lab.client, "--dport"), (lab.server, "--sport")):
        space.run([TOOL[lab.family], "-A", "OUTPUT", "-p", "tcp", side,
                   str(lab.port), "-j", "DROP"])
    lab.gateway.run(["conntrack", "-D", "-p", "tcp", "--dport",
                     str(lab.port), "-f", f"ipv{lab.family}"])


def by_restart(lab, daemon, client):
    """The new one has not seen the handshake, and cannot know: nothing was
    kept for it."""
    daemon.stop()
    nothing_new(lab)
    daemon.start()
    client.command("NOOP", 200)
    nothing_new(lab)


def nothing_new(lab):
    knocking.turned_away(lab, lambda: try_it(lab))
    knocking.nothing_came(lab.server_tap, "after the end")


def try_it(lab):
    return knocking.knock(lab, lab.client, lab.target, PORT)
