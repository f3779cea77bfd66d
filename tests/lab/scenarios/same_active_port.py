# SPDX-License-Identifier: GPL-2.0-or-later
"""Two clients behind one address name the same active port at once; the
server is told two different ones, and each client gets its own file."""

from dialog import Dialog
from firewall import SNAT
from lab import Lab
from topology import FAMILIES
from waiting import LabError, about
from wiretap import endpoint_port

PORT = 5001
CLIENTS = ("client", "thief_in")  # who steals nothing here


def run(space):
    for family in FAMILIES:
        with about(f"IPv{family}"), Lab(space, SNAT, family) as lab:
            lab.sallyport().start()
            server = lab.serve("vsftpd")
            for name in CLIENTS:
                server.keep(name, name.encode())
            fetch_at_once(lab)
            ports = [endpoint_port(line)
                     for line in lab.server_tap.endpoint_commands()]
            if len(set(ports)) != len(CLIENTS):
                raise LabError(f"the server was told the ports {ports}")


def fetch_at_once(lab):
    """Both pinholes are open before either is used."""
    waiting = []
    for name in CLIENTS:
        client = Dialog(lab, name)
        listener = client.listen(PORT)
        client.command(client.active_line(listener), 200)
        waiting.append((name, client, listener))
    for name, client, listener in waiting:
        client.command(f"RETR {name}", 150)
        if client.receive(client.accept(listener)) != name.encode():
            raise LabError(f"{name} did not get its file")
        client.quit()
