# SPDX-License-Identifier: GPL-2.0-or-later
"""What becomes of a connection through the gateway, in one word.

Control connections:
  followed  it is served, and its next data connection opens
  passes    it is served, and its next data connection is dropped
  waits     its packets stand in the queue of a daemon that stands still
  stalls    its packets get through, but its ends do not understand each
            other: nobody translates their sequence numbers
  dropped   its packets are dropped
  closed    it is over

Data connections: opens, waits, dropped.
"""

import select

from dialog import Dialog, begin_connect, connect_state
from waiting import LabError, wait_until

FOLLOWED, PASSES, WAITS, STALLS, DROPPED, CLOSED, OPENS = (
    "followed", "passes", "waits", "stalls", "dropped", "closed", "opens")

# What TCP sends again comes after 25 s for the seventh time, and then what was
# written after it.
FATE_SECONDS = 60


class Peer(Dialog):
    """A client that asks whether the server is there. @owed: the answers
    that it has not got yet."""

    def __init__(self, *args, **more):
        self.owed = 0
        super().__init__(*args, **more)

    @property
    def port(self):
        return self.control.getsockname()[1]

    def speak(self, gauge):
        """PASSES if it is answered, or why not."""
        gauge.begin(self.port)
        try:
            self.send(b"NOOP\r\n")
        except OSError:
            return CLOSED
        self.owed += 1
        return wait_until(lambda: self._heard() or gauge.fate(),
                          "a fate of NOOP", FATE_SECONDS)

    def _heard(self):
        """The word when all that is owed has come; "" until then."""
        while self.owed:
            if not select.select([self.control], [], [], 0)[0]:
                return ""
            try:
                line = self.reply()
            except OSError:
                return CLOSED
            if not line.startswith("200 "):
                return STALLS if line and line[:3] != "421" else CLOSED
            self.owed -= 1
        return PASSES


def new(lab, gauge):
    """A control connection that begins now."""
    sock = lab.socket(lab.client)
    word = _connect(sock, (lab.target, lab.port), gauge)
    if word != OPENS:
        sock.close()
        return word
    peer = Peer(lab, control=sock)
    word = _next_data(peer, gauge)
    peer.quit()
    return word


def known(peer, gauge):
    """A control connection that is there."""
    word = peer.speak(gauge)
    return _next_data(peer, gauge) if word == PASSES else word


def data(peer, where, gauge):
    """A data connection of @peer to @where, which a reply has named."""
    # Closed at once: who tries again would be taken for the next one.
    with peer.socket() as sock:
        return _connect(sock, where, gauge)


def _next_data(peer, gauge):
    word = data(peer, peer.passive(), gauge)
    if word == WAITS:
        raise LabError("it was served, and its data connection waits")
    return FOLLOWED if word == OPENS else PASSES


def _connect(sock, where, gauge):
    sock.bind(("", 0))
    gauge.begin(sock.getsockname()[1])
    begin_connect(sock, where)

    def fate():
        return OPENS if connect_state(sock) == "open" else gauge.fate()

    return wait_until(fate, "a fate of the SYN", FATE_SECONDS)
