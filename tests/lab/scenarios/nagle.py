# SPDX-License-Identifier: GPL-2.0-or-later
"""A client with Nagle's algorithm sends PORT in two pieces through a
masquerade: the second leaves only when the first is acknowledged."""

from dialog import Dialog
from firewall import SNAT
from lab import Lab
from topology import V4, address
from waiting import LabError

CONTENT = b"it came\n"


def run(space):
    with Lab(space, SNAT) as lab:
        lab.sallyport().start()
        server = lab.serve("vsftpd")
        server.keep("file", CONTENT)
        client = Dialog(lab)
        listener = client.listen()
        host, rest = split(client.active_line(listener))
        client.send(host)
        client.send(rest)
        client.expect(200)
        client.command("RETR file", 150)
        if client.receive(client.accept(listener)) != CONTENT:
            raise LabError("the file did not arrive")
        was_split(lab, host)
        was_rewritten(lab)


def split(line):
    """b"PORT 10,1,4,4," and the rest of the line with its end."""
    cut = len("PORT ") + len(address("client", V4)) + 1
    return line[:cut].encode(), f"{line[cut:]}\r\n".encode()


def was_split(lab, first):
    pieces = [p.payload for p in lab.client_tap.packets() if p.sent]
    if first not in pieces:
        raise LabError(f"the line left in one piece: {pieces}")


def was_rewritten(lab):
    outer = address("outer", V4).replace(".", ",")
    lines = lab.server_tap.endpoint_commands()
    if len(lines) != 1 or not lines[0].startswith(f"PORT {outer},"):
        raise LabError(f"the server got {lines}")
