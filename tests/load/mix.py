# SPDX-License-Identifier: GPL-2.0-or-later
"""Who does how much of what. The kinds of sessions are those of script.c."""

from typing import NamedTuple

from field import BAD, GOOD

# What goes through the gateway in one session of each kind:
# (endpoints rewritten, data connections by a pinhole, by a grant).
THROUGH = {
    "talk": (0, 0, 0),
    "passive-get": (1, 1, 0),
    "passive-put": (1, 1, 0),
    "active-get": (1, 1, 0),
    "active-put": (1, 1, 0),
    "secure": (0, 0, 2),
    "held": (2, 2, 0),
    "cut": (2, 2, 0),
    "abor": (2, 2, 0),
    "vanish": (1, 1, 0),
    "flood": (64, 0, 0),  # then it is taken for an attack
}

# As on a busy server: more talk than files; now and then somebody breaks off.
USUAL = {"talk": 40, "passive-get": 15, "passive-put": 10, "active-get": 10,
         "active-put": 10, "secure": 5, "cut": 2, "abor": 2, "vanish": 2}
# On the bad way, where each is to meet losses.
EVEN = dict.fromkeys(USUAL, 1)


class Client(NamedTuple):
    """One client program. @rate: new sessions a second; @window: no more than
    that under way."""
    net: int
    kinds: dict
    rate: int
    window: int
    held: int = 0


class Amount(NamedTuple):
    """Of the first client. A soak leaves the machine some room."""
    rate: int
    held: int


FULL = Amount(1000, 10000)
SOAK = Amount(250, 2000)

# New sessions a second on the bad way, and of those who ask for endpoints
# without end, some hundred in each.
BAD_RATE, FLOOD_RATE = 20, 2


def clients(rate, held):
    return [Client(GOOD, USUAL, rate, 2000, held),
            Client(BAD, EVEN, BAD_RATE, 500),
            Client(GOOD, {"flood": 1}, FLOOD_RATE, 50)]


# Conntrack may look but once a minute for entries whose time is over.
GC_SECONDS = 60


def entries(plan):
    """Of conntrack: a control and a data connection for each session."""
    return 2 * sum(client.held + client.rate * GC_SECONDS for client in plan)


def descriptors(plan):
    """What the server needs: a control and a data connection for each."""
    return sum(client.held + 2 * client.window for client in plan) + 100


def sessions(plan):
    """At once, at most."""
    return sum(client.held + client.window for client in plan)
