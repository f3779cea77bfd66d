# SPDX-License-Identifier: GPL-2.0-or-later
"""The SYN of a data connection comes once more. While that lives, the SYN gets
through and changes nothing. When both ends have closed and the same port is
asked for again, it gets nowhere, and the pinhole is the next connection's."""

import re
import socket

import pcap
from capture import Capture, real_packets
from dialog import Dialog
from firewall import BOTH, ROUTED
from lab import Lab
from topology import FAMILIES
from waiting import LabError, about, wait_until

# The server has no other, so that it comes again.
PORT = 42000

# More than all windows on the way hold: the middle of a file is under way.
CONTENT = b"0123456789abcdef" * (1 << 20)


def run(space):
    for family in FAMILIES:
        for mode in (ROUTED, BOTH):
            for way in (Passive, Active):
                with about(f"{way.__name__} {mode} IPv{family}"), \
                        Lab(space, mode, family) as lab:
                    real_packets(lab)
                    under(lab, way)


def under(lab, kind):
    sallyport = lab.sallyport()
    sallyport.start()
    lab.serve("vsftpd", passive=(PORT, PORT)).keep("file", CONTENT)
    client = Dialog(lab)
    way = kind(lab, client)
    way.ask()
    syn = Syn(lab, *way.side)
    data = way.open()
    syn.caught()
    entry = number(entry_of(lab, syn))

    before = syn.came_through()
    syn.again()
    wait_until(lambda: syn.came_through() > before, "the SYN sent again")
    take(client, data)
    through = syn.came_through()
    wait_until(lambda: "TIME_WAIT" in entry_of(lab, syn),
               "the connection's end")

    # Who answers has heard all that conntrack told before.
    sallyport.ctl("status")
    way.ask()
    syn.again()
    wait_until(lambda: late(sallyport), "a SYN dropped as late")
    if number(entry_of(lab, syn)) != entry:
        raise LabError("conntrack has made the entry anew")
    take(client, way.open())
    if syn.came_through() != through:
        raise LabError("a late SYN came through")
    if sallyport.alerts():
        raise LabError(f"alerts: {sallyport.alerts()}")
    client.quit()


def take(client, data):
    if client.receive(data) != CONTENT:
        raise LabError("the file is not whole")
    data.close()


class Passive:
    """The client opens the data connection."""

    def __init__(self, lab, client):
        self._client = client
        self.side = lab.client, lab.server_tap

    def ask(self):
        self._where = self._client.passive()

    def open(self):
        """A socket through which the file comes."""
        data = self._client.socket()
        data.connect(self._where)
        self._client.command("RETR file", 150)
        return data


class Active:
    """The server opens it."""

    def __init__(self, lab, client):
        self._client = client
        self._listener = client.listen()
        self.side = lab.server, lab.client_tap

    def ask(self):
        self._client.command(self._client.active_line(self._listener), 200)

    def open(self):
        self._client.command("RETR file", 150)
        return self._client.accept(self._listener)


class Syn:
    """The first SYN of a data connection that host @space will open; @tap
    sees it behind the gateway."""

    def __init__(self, lab, space, tap):
        self._port, self._tap = lab.port, tap
        self._capture = lab.adopt(Capture(space, "eth0",
                                          f"{lab.directory}/syn.pcap"))
        self._wire = lab.closing(space.socket(socket.AF_PACKET,
                                              socket.SOCK_RAW))
        with space.entered():
            self._wire.bind(("eth0", 0))

    def caught(self):
        """Wait until it is in the capture."""
        self._frame, seen = wait_until(self._find, "the SYN in the capture")
        self._capture.stop()
        self.ports, self._seq = (seen.source[1], seen.target[1]), seen.seq

    def again(self):
        self._wire.send(self._frame.data)

    def came_through(self):
        """How often so far."""
        return sum(p.opens and p.seq == self._seq
                   for p in self._tap.packets())

    def _find(self):
        link, frames = pcap.read(self._capture.path)
        for frame in frames:
            seen = pcap.segment(link, frame)
            if (seen and seen.flags & (pcap.SYN | pcap.ACK) == pcap.SYN and
                    self._port != seen.target[1]):
                return frame, seen
        return None


def entry_of(lab, syn):
    """What conntrack tells of the connection that @syn opened."""
    source, target = syn.ports
    return lab.gateway.run(
        ["conntrack", "-L", "-f", f"ipv{lab.family}", "-p", "tcp",
         "--orig-port-src", str(source), "--orig-port-dst", str(target),
         "-o", "id"])


def number(entry):
    return re.search(r"\bid=(\d+)", entry).group(1)


def late(sallyport):
    """Have SYNs been dropped as late?"""
    text = sallyport.ctl("stats", "--format", "prometheus")
    return re.search(r'packets_dropped_total\{.*"data-late".*\} [1-9]', text)
