# SPDX-License-Identifier: GPL-2.0-or-later
"""The network of the load.

    client ---- inside   10.1.0.1  gateway  10.2.0.1  outside ---- server
       |                 10.1.1.1           10.2.1.1                  |
       +-- relay -- inside-bad                 outside-bad -- relay --+

Both ends are translated: servers 10.2.N.11 to .14 are known to clients as
10.1.N.101 to .104, and clients to servers as 10.2.N.1. The last server is for
FTPS. The relay loses and reorders what goes through it (relay.c).
"""

import os
import shutil
import threading

import netns
from program import Program

HOSTS = ("client", "gateway", "server", "relay")
GOOD, BAD = 0, 1
CLIENTS = range(11, 19)
SERVERS = range(11, 15)
PUBLIC = 90  # more than the server's last part
GATEWAY = 1

# Of the server's data connections, and of nothing else there.
PASSIVE_PORTS = (20000, 60999)
CLIENT_PORTS = (10000, 60999)

# Entries of connections that are over must make room for those to come, and
# the end of a test should not wait for them. But where a handshake met losses
# senders begin with three seconds between two tries (RFC 6298 5.7): an entry
# that goes before the next but one leaves them without translation.
CONNTRACK_SECONDS = {"time_wait": 10, "close": 1, "last_ack": 30,
                     "fin_wait": 30, "close_wait": 30, "syn_sent": 10,
                     "syn_recv": 10}

# What the relay does to ten thousand frames.
LOST, TWICE, LATE = 100, 100, 500


def clients(net):
    return [f"10.1.{net}.{n}" for n in CLIENTS]


def servers(net):
    return [f"10.2.{net}.{n}" for n in SERVERS]


def publics(net):
    return [f"10.1.{net}.{n + PUBLIC}" for n in SERVERS]


class Field:
    """Use as a context manager; everything in it is gone afterwards."""

    port = 21

    def __init__(self, workspace, programs, seed):
        self._workspace = workspace
        self._programs = programs
        self._seed = seed
        self._running = []
        self._closing = threading.Lock()
        self._spaces = []
        number, self._prefix = workspace.adopt(self)
        self._number = number
        self.directory = f"{workspace.directory}/{number}"
        try:
            os.makedirs(self.directory)
            self._make()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Repeatable, and callable from another thread."""
        with self._closing:
            while self._running:
                self._running.pop().stop()
            netns.delete([space.name for space in self._spaces])
            self._spaces = []
            shutil.rmtree(self.directory, ignore_errors=True)
            self._workspace.disown(self._number)

    def adopt(self, thing):
        """Have thing.stop() called at the end; gives @thing back."""
        self._running.append(thing)
        return thing

    def program(self, space, name, *args):
        """Start one of the load's programs; it is stopped at the end."""
        log = f"{self.directory}/{name}-{len(self._running)}"
        return Program(self.adopt(space.spawn(
            [f"{self._programs}/load_{name}", *map(str, args)], log)))

    def relay(self):
        """Without it nothing goes by the bad way."""
        relay = self.program(
            self._relay, "relay", self._seed, LOST, TWICE, LATE,
            "to-client=to-inside", "to-outside=to-server")
        relay.wait_line("ready")
        return relay

    def _make(self):
        made = netns.make(
            [self._prefix + name for name in HOSTS],
            {"XTABLES_LOCKFILE": f"{self.directory}/xtables.lock"})
        self._spaces = list(made.values())
        for space in self._spaces:
            for where in ("all", "default"):
                space.sysctl(f"ipv6/conf/{where}/disable_ipv6", 1)
            space.ip("link set lo up\n")
        self.client, self.gateway, self.server, self._relay = self._spaces
        self.gateway.sysctl("ipv4/ip_forward", 1)
        for name, seconds in CONNTRACK_SECONDS.items():
            self.gateway.sysctl(
                f"netfilter/nf_conntrack_tcp_timeout_{name}", seconds)
        self._links()
        self._hosts()
        self.gateway.run(["iptables-restore"], rules())

    def _links(self):
        _link(self.client, "good", self.gateway, "inside")
        _link(self.server, "good", self.gateway, "outside")
        _link(self.client, "bad", self._relay, "to-client")
        _link(self._relay, "to-inside", self.gateway, "inside-bad")
        _link(self.server, "bad", self._relay, "to-server")
        _link(self._relay, "to-outside", self.gateway, "outside-bad")
        for space, name in ((self.client, "bad"), (self.server, "bad"),
                            (self.gateway, "inside-bad"),
                            (self.gateway, "outside-bad")):
            # The relay's frames are those of a wire: whole, none too long.
            space.run(["ethtool", "-K", name, "tx", "off", "tso", "off",
                       "gso", "off", "gro", "off"])

    def _hosts(self):
        for net, suffix in ((GOOD, ""), (BAD, "-bad")):
            name = "bad" if net else "good"
            _addresses(self.client, name, clients(net))
            _addresses(self.server, name, servers(net))
            _addresses(self.gateway, f"inside{suffix}",
                       [f"10.1.{net}.{GATEWAY}", *publics(net)])
            _addresses(self.gateway, f"outside{suffix}",
                       [f"10.2.{net}.{GATEWAY}"])
        for space, ports in ((self.client, CLIENT_PORTS),
                             (self.server, PASSIVE_PORTS)):
            space.sysctl("ipv4/ip_local_port_range", "{} {}".format(*ports))
            # The gateway makes many clients look like one: their clocks must
            # be one, or each finds the others' old connections in its way.
            space.sysctl("ipv4/tcp_timestamps", 2)


def rules():
    """The control port, and what is RELATED or ESTABLISHED."""
    nat = "".join(
        f"-A PREROUTING -d {public} -p tcp --dport 21"
        f" -j DNAT --to-destination {server}\n"
        for net in (GOOD, BAD)
        for public, server in zip(publics(net), servers(net)))
    return ("*filter\n"
            ":FORWARD DROP\n"
            "-A FORWARD -m conntrack --ctstate INVALID -j DROP\n"
            "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED"
            " -j ACCEPT\n"
            "-A FORWARD -p tcp --dport 21 -m conntrack --ctstate NEW"
            " -j ACCEPT\n"
            "COMMIT\n"
            f"*nat\n{nat}"
            "-A POSTROUTING -o outside -j MASQUERADE\n"
            "-A POSTROUTING -o outside-bad -j MASQUERADE\n"
            "COMMIT\n")


def secure_server():
    """What `servers` in the configuration says of the servers for FTPS."""
    return {"name": "secure",
            "address": [servers(net)[-1] for net in (GOOD, BAD)],
            "public-address": [publics(net)[-1] for net in (GOOD, BAD)],
            "passive-ports": "{}-{}".format(*PASSIVE_PORTS)}


def _link(space, name, other, there):
    space.ip(f"link add {name} type veth peer name {there}"
             f" netns {other.name}\n"
             f"link set {name} up\n")
    other.ip(f"link set {there} up\n")


def _addresses(space, name, addresses):
    space.ip("".join(f"addr add {a}/24 dev {name}\n" for a in addresses))
