# SPDX-License-Identifier: GPL-2.0-or-later
"""What `run` logs while packets pass, `replay` says of captures of them: the
same events in the same order, but for what the kernel alone knows."""

import json
import os
import subprocess

import clients
import daemon
import servers
import transfer
from capture import Capture, real_packets
from firewall import BOTH, DNAT, MODES, ROUTED, SNAT
from ftps import Tls
from lab import Lab
from report import Skip
from topology import V4, V6, address
from waiting import LabError, about

# What is not compared, and why. Fields of an event ("*": of each):
FIELDS = {
    ("*", "ts"): "the time of the verdict; replay has that of the packet",
    ("session_close", "duration_us"): "likewise",
}
# The same where but one link was captured:
ONE_LINK = {
    ("session_close", "reason"):
        "an RST that meets the other end's FIN in the gateway comes before it "
        "on one link and behind it on the other",
}
# Whole events, by a field and its value:
EVENTS = {
    ("data", "op", "close"):
        "conntrack drops its entry when it likes, as a rule after the control "
        "connection has ended; replay has the last packet",
}

# The captures hold every packet: some will do.
FILE_BYTES = 20000

CLIENT, SERVER = "lftp", "vsftpd"
COMMANDS = {V4: ("PASV", "PORT"), V6: ("EPSV", "EPRT")}
LEGS = ("inside", "outside")

# Links on which both directions show the real addresses, and what replay.nat
# must say then: (inside, public), as hosts. One direction is seen there as it
# leaves: where sallyport changed the length of a line, with other
# acknowledgements than those that came, which no replay can undo.
ONE_LEG = {
    ROUTED: {"inside": None, "outside": None},
    SNAT: {"inside": ("client", "outer")},
    DNAT: {"outside": ("server", "public")},
    BOTH: {},
}


class _Small:
    """@space, with other files to transfer."""

    def __init__(self, space):
        self._space = space
        self.files = os.path.join(space.directory, "small")
        os.mkdir(self.files)
        transfer.make_files(self.files, FILE_BYTES)

    def __getattr__(self, name):
        return getattr(self._space, name)


def run(space):
    for why in (clients.why_not(CLIENT), servers.why_not(SERVER)):
        if why:
            raise Skip(why)
    space, count = _Small(space), 0
    for mode in MODES:
        for family in (V4, V6):
            for command in COMMANDS[family]:
                for tls in (None, Tls()):
                    with about(f"{mode} {command}{' TLS' if tls else ''}"):
                        count += session(space, mode, family, command, tls)
    return f"{count} events"


def session(space, mode, family, command, tls):
    """Gives how many events agreed."""
    with Lab(space, mode, family, tls=tls) as lab:
        real_packets(lab)
        sallyport = lab.sallyport(servers=[lab.server_entry()])
        sallyport.start()
        path = {leg: f"{lab.directory}/{leg}.pcap" for leg in (*LEGS, "any")}
        captures = [lab.adopt(Capture(
            lab.gateway, leg, file, "LINUX_SLL2" if leg == "any" else ""))
                    for leg, file in path.items()]
        get = lab.transfer(CLIENT, command, lab.serve(SERVER), only="get")
        get.process.wait()
        # There the hidden PORT names an address that means nothing outside.
        if not (tls and mode in (SNAT, BOTH) and command in ("PORT", "EPRT")):
            get.finish()
        for capture in captures:
            capture.finish()
        sallyport.wait_event("session_close")
        live = comparable(sallyport.events())
        same("both links", live, replay(lab, [path[leg] for leg in LEGS]))
        same("any", live, replay(lab, [path["any"]]))
        if not any(event.get("delta") for event in live):
            for leg, nat in legs_alone(mode, tls):
                same(leg, without(live, ONE_LINK),
                     without(replay(lab, [path[leg]], nat), ONE_LINK))
        return len(live)


def legs_alone(mode, tls):
    """(link, nat) of ONE_LEG. With TLS a client knows two addresses of a
    server behind DNAT, and by which one it came shows on the other link."""
    return () if tls and mode == DNAT else ONE_LEG[mode].items()


def comparable(events):
    """@events without what is not compared."""
    kept = [event for event in events if not any(
        event["event"] == kind and event.get(field) == value
        for kind, field, value in EVENTS)]
    return without(kept, FIELDS)


def without(events, fields):
    return [{key: value for key, value in event.items()
             if ("*", key) not in fields and
             (event["event"], key) not in fields} for event in events]


def replay(lab, paths, nat=None):
    """What `sallyport replay` logs of @paths."""
    config = {"servers": [lab.server_entry()]}
    if nat:
        inside, public = (address(host, lab.family) for host in nat)
        config["replay"] = {"nat": [{"inside": inside, "public": public}]}
    written = f"{lab.directory}/replay.yaml"
    with open(written, "w", encoding="ascii") as out:
        json.dump(config, out)
    done = subprocess.run(
        [daemon.program(), "-c", written, "replay", "--json", *paths],
        capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"replay: exit status {done.returncode}: "
                       f"{done.stderr.strip()}")
    return comparable(map(json.loads, done.stdout.splitlines()))


def same(what, live, replayed):
    for one, other in zip(live, replayed):
        if one != other:
            raise LabError(f"{what}: live {one}, replay {other}")
    if len(live) != len(replayed):
        more = max(live, replayed, key=len)
        raise LabError(f"{what}: {'live' if more is live else 'replay'} alone "
                       f"has {more[min(len(live), len(replayed))]}")
