# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts that try ports, and what the gateway let through. What is behind the
port is the lab's own listener: only a firewall can turn a knock away."""

import socket

from dialog import begin_connect, connect_state
from servers import PASSIVE
from topology import address
from waiting import LabError, wait_until

_BACKLOG = 16

# Where a public address is not translated, it is the gateway's own: knocks at
# it come to INPUT.
CLOSED = ("INPUT", "FORWARD")


def listener(lab, space, host, port):
    """A port of @host that accepts whoever comes."""
    sock = lab.socket(space)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address(host, lab.family), port))
    sock.listen(_BACKLOG)
    return sock


def knock(lab, space, host, port, source=0):
    """Begin to connect to @host; answered() or turned_away() tell more.

    @host is an address; @source: the port to come from, or any.
    """
    sock = lab.socket(space)
    if source:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("", source))
    begin_connect(sock, (host, port))
    return sock


def answered(sock):
    """LabError unless the knock gets through."""
    wait_until(lambda: connect_state(sock) == "open", "a connection")


def turned_away(lab, try_it):
    """Call try_it(), which knocks once; LabError if that gets through, and
    unless the gateway's own policy has dropped it."""
    before = lab.firewall.drops()
    sock = try_it()
    wait_until(lambda: (lab.firewall.drops() > before or
                        connect_state(sock) != "pending"),
               "a dropped knock")
    if connect_state(sock) != "pending":
        raise LabError(f"a knock was answered: {connect_state(sock)}")
    sock.close()


def scan(lab, space, host):
    """Try every port of the server's passive range from @space; LabError if
    one answers, or unless the gateway's own policy has dropped them all."""
    low, high = PASSIVE
    before = lab.firewall.drops()
    count = high - low + 1
    tried = []
    for port in range(low, high + 1):
        tried.append(knock(lab, space, host, port))
    wait_until(lambda: lab.firewall.drops() >= before + count,
               f"{count} dropped knocks")
    for sock in tried:
        if connect_state(sock) != "pending":
            raise LabError(f"a scan was answered: {connect_state(sock)}")
        sock.close()


def nothing_came(tap, what):
    """LabError if @tap has seen a data connection begin."""
    opened = [(p.source, p.target) for p in tap.data_opened()]
    if opened:
        raise LabError(f"{what}: came through: {opened}")
