# SPDX-License-Identifier: GPL-2.0-or-later
"""A third host that tries an open pinhole raises an alert and gets nothing; the
real peer gets through."""

from dialog import Dialog, begin_connect, connect_state
from firewall import MODES
from lab import Lab
from topology import AF, FAMILIES
from waiting import LabError, about

CONTENT = b"for the client alone\n"


def run(space):
    for family in FAMILIES:
        for mode in MODES:
            for attack in (steal_passive, steal_active):
                with about(f"{attack.__name__} {mode} IPv{family}"), \
                        Lab(space, mode, family) as lab:
                    under(attack, lab)


def under(attack, lab):
    sallyport = lab.sallyport()
    sallyport.start()
    server = lab.serve("vsftpd")
    server.keep("file", CONTENT)
    attack(lab, sallyport)


def steal_passive(lab, sallyport):
    """A neighbour of the client tries the server's passive port."""
    client = Dialog(lab)
    where = client.passive()
    thief = try_port(lab, sallyport, lab.topology.thief_in, where)
    data = client.socket()
    data.connect(where)
    client.command("RETR file", 150)
    finish(client, data, thief)


def steal_active(lab, sallyport):
    """A neighbour of the server tries the client's active port."""
    client = Dialog(lab)
    listener = client.listen()
    client.command(client.active_line(listener), 200)
    where = lab.named_by_client()
    thief = try_port(lab, sallyport, lab.topology.thief_out, where)
    client.command("RETR file", 150)
    data = client.accept(listener)
    peer = data.getpeername()[0]
    if peer != lab.target:
        raise LabError(f"{peer} got through to the client")
    finish(client, data, thief)


def try_port(lab, sallyport, space, where):
    """Knock from @space; returns when the knock has been turned away."""
    thief = space.socket(AF[lab.family])
    begin_connect(thief, where)
    sallyport.wait_event("alert", rule="data-theft")
    stays_out(thief)
    return thief


def stays_out(thief):
    if connect_state(thief) == "open":
        raise LabError("a third host got through an open pinhole")


def finish(client, data, thief):
    if client.receive(data) != CONTENT:
        raise LabError("the real peer did not get the file")
    stays_out(thief)
    thief.close()
    client.quit()
