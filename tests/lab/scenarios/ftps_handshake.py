# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing is granted before the TLS handshake is finished: not for a greeting,
not for AUTH TLS, not for a ClientHello and the answer to it."""

import ssl

import knocking
from dialog import READ_BYTES, Dialog
from firewall import DNAT, ROUTED, SNAT
from ftps import VERSIONS, Tls
from lab import Lab
from topology import FAMILIES
from waiting import LabError, about

PORT = 42500


def run(space):
    for mode in (ROUTED, SNAT, DNAT):
        for family, version in zip(FAMILIES, VERSIONS):
            with about(f"{mode} IPv{family} TLS {version}"), \
                    Lab(space, mode, family, closed=knocking.CLOSED,
                        tls=Tls(version=version)) as lab:
                session(lab)


def session(lab):
    daemon = lab.sallyport(servers=[lab.server_entry()])
    daemon.start()
    lab.serve("vsftpd")
    knocking.listener(lab, lab.server, "server", PORT)
    client = Dialog(lab, login=False)
    nothing(lab)
    client.command("AUTH TLS", 234)
    daemon.wait_event("auth", accepted=True)
    nothing(lab)
    # In memory, so that its next flight can be held back.
    answers, sends = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = lab.client_context().wrap_bio(answers, sends,
                                        server_hostname=lab.target)
    step(tls)
    client.send(sends.read())
    daemon.wait_event("tls", state="server_hello")
    nothing(lab)
    while not step(tls):
        client.send(sends.read())
        answers.write(client.control.recv(READ_BYTES))
    client.send(sends.read())
    daemon.wait_event("grant", op="open", mode="passive")
    knocking.answered(try_it(lab))


def step(tls):
    """Go on with the handshake; True when it is finished."""
    try:
        tls.do_handshake()
        return True
    except ssl.SSLWantReadError:
        return False


def nothing(lab):
    knocking.turned_away(lab, lambda: try_it(lab))
    if lab.server_tap.data_opened():
        raise LabError("a data connection came through")


def try_it(lab):
    return knocking.knock(lab, lab.client, lab.target, PORT)
