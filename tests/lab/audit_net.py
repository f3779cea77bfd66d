# SPDX-License-Identifier: GPL-2.0-or-later
"""The network that an audit says its twin has, made of the lab's own parts:
a firewall with these interfaces and addresses, and on each side a client and
a server of their own.

  client ---+                          +--- client
  server ---+--- inside IF [gateway] OUT ---+--- server
"""

import ipaddress
import itertools

import netns
from firewall import TOOL
from topology import FAMILIES, V6, calm

SIDES = ("inside", "outside")
_ALONE = {4: 32, 6: 128}
# No duplicate address detection.
_FLAGS = {4: "", 6: " nodad"}


class Side:
    """One side: who is there, and in which namespace."""

    def __init__(self, plan):
        self.interface = plan["interface"]
        self._at = {f: plan[f"ipv{f}"] for f in FAMILIES}
        self.space = {}

    def has(self, family):
        return self._at[family] is not None

    def firewall(self, family):
        return ipaddress.ip_interface(self._at[family]["firewall"])

    def host(self, role, family):
        return self._at[family][role]


class AuditNet:
    """Use as a context manager. @policy: a Policy, whose rules are loaded."""

    def __init__(self, workspace, policy):
        self._workspace = workspace
        self._number, self._prefix = workspace.adopt(self)
        self.directory = f"{workspace.directory}/{self._number}"
        self._env = {"XTABLES_LOCKFILE": f"{self.directory}.lock"}
        self._ports = itertools.count(1)
        self._all = []
        self.twin = policy.audit["twin"]
        self.side = {side: Side(self.twin[side]) for side in SIDES}
        try:
            self._build()
            self._load(policy)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        netns.delete([space.name for space in self._all])
        self._all = []
        self._workspace.disown(self._number)

    def reach(self, server_side, family):
        """Where clients on the other side find the server."""
        if server_side == "inside":
            return self.twin["reached_as"][f"ipv{family}"]
        return self.side["outside"].host("server", family)

    def host_spaces(self):
        """Where servers and clients are."""
        return {space for side in self.side.values()
                for space in side.space.values()}

    # --- building ---------------------------------------------------------

    def _namespace(self, name):
        name = self._prefix + name
        space = netns.make([name], self._env)[name]
        self._all.append(space)
        calm(space)
        space.ip("link set lo up\n")
        return space

    def _build(self):
        self._switch = self._namespace("switch")
        self.gateway = self._namespace("gateway")
        self.gateway.sysctl("ipv4/ip_forward", 1)
        self.gateway.sysctl("ipv6/conf/all/forwarding", 1)
        for name in SIDES:
            if self.side[name].interface:
                self._build_side(name)
            else:
                # Such a firewall is its own host.
                self.side[name].space = {"client": self.gateway,
                                         "server": self.gateway}
        self._default_routes()

    def _build_side(self, name):
        side = self.side[name]
        self._switch.ip(f"link add {name} type bridge\n"
                        f"link set {name} up\n")
        self._link(self.gateway, side.interface, name)
        self.gateway.ip("".join(
            f"addr add {side.firewall(f)} dev {side.interface}{_FLAGS[f]}\n"
            for f in FAMILIES if side.has(f)))
        for role in ("client", "server"):
            side.space[role] = self._namespace(f"{name}-{role}")
            self._link(side.space[role], "eth0", name)
            self._address(name, role)
        if name == "outside":
            self.gateway.ip("".join(
                f"addr replace {a}/{_ALONE[ipaddress.ip_address(a).version]}"
                f" dev {side.interface}\n" for a in self.twin["public"]))

    def _link(self, space, name, bridge):
        port = f"port{next(self._ports)}"
        self._switch.ip(
            f"link add {port} type veth peer name {name} netns {space.name}\n"
            f"link set {port} up master {bridge}\n")
        space.ip(f"link set {name} up\n")

    def _address(self, name, role):
        """The host's address and its ways; the gateway's way to it."""
        side, space = self.side[name], self.side[name].space[role]
        for f in FAMILIES:
            if not side.has(f):
                continue
            own, gate = side.host(role, f), side.firewall(f)
            space.ip(f"addr add {own}/{_ALONE[f]} dev eth0{_FLAGS[f]}\n"
                     f"route replace {gate.network} dev eth0 src {own}\n")
            for there in self._destinations(name, f):
                space.ip(f"route replace {there} via {gate.ip} dev eth0 "
                         f"src {own}\n")
            if ipaddress.ip_address(own) not in gate.network:
                self.gateway.ip(f"route replace {own} dev "
                                f"{side.interface}\n")

    def _destinations(self, name, family):
        """What a host on that side reaches by way of the gateway."""
        if name == "inside" or self.twin["routed"][f"ipv{family}"]:
            return ["default"]
        return [a for a in self.twin["public"]
                if ipaddress.ip_address(a).version == family]

    def _default_routes(self):
        """What the gateway does not know is outside, with the server there,
        which drops it: no host is a router."""
        side = self.side["outside"]
        for f in FAMILIES:
            if side.has(f) and ipaddress.ip_address(
                    side.host("server", f)) in side.firewall(f).network:
                self.gateway.ip(f"route replace default via "
                                f"{side.host('server', f)}\n")

    def _load(self, policy):
        if policy.nft:
            self.gateway.run(["nft", "-f", "-"], policy.text(policy.files[0]))
            return
        for path in policy.files:
            family = V6 if path.endswith("6") else 4
            self.gateway.run([f"{TOOL[family]}-restore"], policy.text(path))
