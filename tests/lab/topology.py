# SPDX-License-Identifier: GPL-2.0-or-later
"""The reference network.

  client 10.1.4.4      thief_in 10.1.4.66
        |                  |
        +----- inside -----+--- 10.1.4.1   gateway (and 10.1.4.100 for the
        +----- outside ----+--- 10.2.5.1            server, where it has DNAT)
        |                  |
  server 10.2.5.5      thief_out 10.2.5.66

and the same in fc00:10:1:4::/64 and fc00:10:2:5::/64. The two Ethernets are
bridges in a namespace of their own, so that no rule of the gateway sees what
stays within one.
"""

import itertools
import socket

import netns

V4, V6 = 4, 6
FAMILIES = (V4, V6)
AF = {V4: socket.AF_INET, V6: socket.AF_INET6}
PREFIX_LEN = {V4: 24, V6: 64}

INSIDE = {V4: "10.1.4.", V6: "fc00:10:1:4::"}
OUTSIDE = {V4: "10.2.5.", V6: "fc00:10:2:5::"}

# host: (network, bridge, last part of the address)
HOSTS = {
    "client": (INSIDE, "inside", 4),
    "thief_in": (INSIDE, "inside", 66),
    "server": (OUTSIDE, "outside", 5),
    "thief_out": (OUTSIDE, "outside", 66),
}
GATEWAY = 1
# Where clients find the server when it stands behind DNAT: an address of the
# gateway in the client's network.
PUBLIC = 100


def address(host, family):
    """Address of a host, or of "gateway" (its inner one), its "outer" one,
    or "public"."""
    special = {"gateway": (INSIDE, GATEWAY), "outer": (OUTSIDE, GATEWAY),
               "public": (INSIDE, PUBLIC)}
    if host in special:
        network, last = special[host]
    else:
        network, _, last = HOSTS[host]
    return f"{network[family]}{last}"


def calm(space):
    """Addresses of @space are usable at once, and nothing but the tests' own
    packets is on the wire."""
    for where in ("all", "default"):
        space.sysctl(f"ipv6/conf/{where}/accept_dad", 0)
        space.sysctl(f"ipv6/conf/{where}/router_solicitations", 0)


class Topology:
    """The namespaces, as attributes: client, server, thief_in, thief_out,
    gateway, switch. Each host's link is called eth0, the gateway's are called
    inside and outside."""

    def __init__(self, prefix, env):
        names = ("switch", "gateway", *HOSTS)
        made = netns.make([prefix + name for name in names], env)
        self.all = list(made.values())
        for name, space in zip(names, self.all):
            calm(space)
            setattr(self, name, space)
        self._ports = itertools.count(1)
        self.switch.ip(_SWITCH + "".join(map(self._cable, (
            (self.gateway, "inside", "inside"),
            (self.gateway, "outside", "outside"),
            *((getattr(self, name), "eth0", bridge)
              for name, (_, bridge, _) in HOSTS.items())))))
        self.gateway.sysctl("ipv4/ip_forward", 1)
        self.gateway.sysctl("ipv6/conf/all/forwarding", 1)
        self.gateway.ip(_link("inside", INSIDE, GATEWAY, PUBLIC) +
                        _link("outside", OUTSIDE, GATEWAY))
        for name, (network, _, last) in HOSTS.items():
            getattr(self, name).ip(
                _link("eth0", network, last) +
                "".join(f"route add default via {network[f]}{GATEWAY}\n"
                        for f in FAMILIES))

    def _cable(self, plug):
        space, name, bridge = plug
        port = f"port{next(self._ports)}"
        return (f"link add {port} type veth peer name {name} "
                f"netns {space.name}\n"
                f"link set {port} up master {bridge}\n")


_SWITCH = """\
link add inside type bridge
link add outside type bridge
link set inside up
link set outside up
"""


def _link(name, network, *last):
    return f"link set lo up\nlink set {name} up\n" + "".join(
        f"addr add {network[f]}{n}/{PREFIX_LEN[f]} dev {name}\n"
        for f in FAMILIES for n in last)
