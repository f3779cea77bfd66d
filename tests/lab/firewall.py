# SPDX-License-Identifier: GPL-2.0-or-later
"""The gateway's own rule set, which no test changes for sallyport's sake: the
control port and what is RELATED or ESTABLISHED, nothing else."""

import re

from topology import FAMILIES, V4, address

ROUTED, SNAT, DNAT, BOTH = MODES = ("routed", "SNAT", "DNAT", "both")
FTP = 21

TOOL = {4: "iptables", 6: "ip6tables"}

# Neighbours must find each other where INPUT and OUTPUT are closed too.
_NEIGHBOURS = {4: "", 6: "-A INPUT -p ipv6-icmp -j ACCEPT\n"
                         "-A OUTPUT -p ipv6-icmp -j ACCEPT\n"}


class Firewall:
    """@closed: the chains whose policy is DROP. @port: the control port."""

    def __init__(self, gateway, mode=ROUTED, closed=("FORWARD",), port=FTP):
        self._gateway = gateway
        for family in FAMILIES:
            gateway.run([f"{TOOL[family]}-restore"],
                        _filter(family, closed, port) +
                        _nat(family, mode, port))

    def drops(self):
        """Packets that no rule has accepted, both families."""
        total = 0
        for family in FAMILIES:
            text = self._gateway.run(
                [f"{TOOL[family]}-save", "-c", "-t", "filter"])
            total += sum(int(n) for n in re.findall(
                r"^:\w+ DROP \[(\d+):", text, re.M))
        return total


def _filter(family, closed, port):
    text = "*filter\n"
    for chain in ("INPUT", "FORWARD", "OUTPUT"):
        text += f":{chain} {'DROP' if chain in closed else 'ACCEPT'}\n"
    text += _NEIGHBOURS[family]
    for chain in closed:
        text += (
            f"-A {chain} -m conntrack --ctstate INVALID -j DROP\n"
            f"-A {chain} -m conntrack --ctstate RELATED,ESTABLISHED"
            " -j ACCEPT\n"
            f"-A {chain} -p tcp --dport {port} -m conntrack --ctstate NEW"
            " -j ACCEPT\n")
    return text + "COMMIT\n"


def _nat(family, mode, port):
    text = "*nat\n"
    if mode in (DNAT, BOTH):
        server = address("server", family)
        to = server if family == V4 else f"[{server}]"
        text += (f"-A PREROUTING -d {address('public', family)} -p tcp"
                 f" --dport {port} -j DNAT --to-destination {to}\n")
    if mode in (SNAT, BOTH):
        text += "-A POSTROUTING -o outside -j MASQUERADE\n"
    return text + "COMMIT\n"
