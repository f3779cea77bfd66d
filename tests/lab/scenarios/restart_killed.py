# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon is killed, or stopped, and started again, under sessions that go
on: rewritten numbers, pinholes and grants outlive it."""

import itertools

import checks
import knocking
from dialog import Dialog
from firewall import BOTH, ROUTED, SNAT
from ftps import Tls
from lab import Lab
from topology import FAMILIES
from waiting import LabError, about

FILE = "what.txt"
CONTENT = b"what the client asked for"
SESSIONS = 4
PORT = 42500


def run(space):
    families = itertools.cycle(FAMILIES)
    for end in (killed, stopped):
        for check in (rewritten, at_once, between_reply_and_connect, granted):
            family = next(families)
            with about(f"{check.__name__}, {end.__name__}, IPv{family}"):
                check(space, family, end)
        next(families)


def killed(daemon):
    daemon.kill()
    daemon.start()


def stopped(daemon):
    """As systemctl restart does it."""
    daemon.stop()
    daemon.start()


def rewritten(space, family, end):
    """PORT before, so that numbers differ; everything after it goes on."""
    with Lab(space, SNAT, family) as lab:
        daemon = with_a_file(lab)
        client = Dialog(lab)
        fetch(client)
        end(daemon)
        client.command("NOOP", 200)
        fetch(client)
        end(daemon)
        fetch(client)
        client.quit()
        goes_on(lab, daemon, 1)


def at_once(space, family, end):
    """The same with several sessions, each at another place."""
    with Lab(space, BOTH, family) as lab:
        daemon = with_a_file(lab)
        clients = [Dialog(lab) for _ in range(SESSIONS)]
        for count, client in enumerate(clients):
            for _ in range(count):
                fetch(client)
        asked = clients[-1].listen()
        clients[-1].command(clients[-1].active_line(asked), 200)
        daemon.wait_event("session_open", session=SESSIONS)
        end(daemon)
        take(clients[-1], asked)
        for client in clients:
            fetch(client)
            client.quit()
        goes_on(lab, daemon, SESSIONS)


def between_reply_and_connect(space, family, end):
    """The pinhole is open, and its client connects when another daemon runs."""
    with Lab(space, BOTH, family) as lab:
        daemon = with_a_file(lab)
        client = Dialog(lab)
        where = client.passive()
        daemon.wait_event("session_open", session=1)
        end(daemon)
        data = client.socket()
        data.connect(where)
        client.send(f"RETR {FILE}\r\n".encode())
        client.expect(150)
        same(client.receive(data), CONTENT)
        client.quit()
        goes_on(lab, daemon, 1)
        checks.nothing_open(lab)


def granted(space, family, end):
    """New data connections of an encrypted session, and of nobody else."""
    with Lab(space, ROUTED, family, closed=knocking.CLOSED, tls=Tls()) as lab:
        daemon = lab.sallyport(servers=[lab.server_entry()])
        daemon.start()
        lab.serve("vsftpd")
        knocking.listener(lab, lab.server, "server", PORT)
        client = Dialog(lab)
        daemon.wait_event("grant", op="open", mode="passive")
        knocking.answered(knocking.knock(lab, lab.client, lab.target, PORT))
        end(daemon)
        knocking.answered(knocking.knock(lab, lab.client, lab.target, PORT))
        client.quit()
        daemon.wait_event("session_close", session=1)
        same(len(daemon.events("session_restore")), 1)


def with_a_file(lab):
    daemon = lab.sallyport()
    daemon.start()
    lab.serve("vsftpd").keep(FILE, CONTENT)
    return daemon


def fetch(client):
    """The file, in active mode."""
    listener = client.listen()
    client.command(client.active_line(listener), 200)
    take(client, listener)
    listener.close()


def take(client, listener):
    client.command(f"RETR {FILE}", 150)
    same(client.receive(client.accept(listener)), CONTENT)


def goes_on(lab, daemon, sessions):
    """They ended as any session does, having been told of once."""
    for number in range(1, sessions + 1):
        end = daemon.wait_event("session_close", session=number)
        same(end["reason"], "fin")
    same(len(daemon.events("session_open")), sessions)
    same(daemon.alerts(), [])
    checks.none_invalid(lab)


def same(got, wanted):
    if got != wanted:
        raise LabError(f"{got!r}, not {wanted!r}")
