# SPDX-License-Identifier: GPL-2.0-or-later
"""data-protection: require lets data connections with TLS through and drops
those without, for which it looks at the first packets and no others."""

import checks
import ftps_checks
from firewall import DNAT, ROUTED, SNAT
from ftps import CLEAR, PRIVATE, VERSIONS, Tls
from lab import Lab
from topology import FAMILIES, V4
from waiting import LabError, about

# Of one data connection, both directions, until its TLS is known: three of
# TCP's handshake, then a hello each and what goes between.
FIRST_PACKETS = 12

COMMAND = {("active", True): "PORT", ("active", False): "EPRT",
           ("passive", True): "PASV", ("passive", False): "EPSV"}

# Active through SNAT is not granted at all.
WAYS = ((ROUTED, "active"), (DNAT, "active"), (ROUTED, "passive"),
        (SNAT, "passive"), (DNAT, "passive"))


def run(space):
    for mode, direction in WAYS:
        for family, version in zip(FAMILIES, VERSIONS):
            with about(f"{direction} {mode} IPv{family} TLS {version}"):
                both_levels(space, mode, family, direction, version)


def both_levels(space, mode, family, direction, version):
    command = COMMAND[direction, family == V4]
    for level, check in ((PRIVATE, passes), (CLEAR, is_dropped)):
        with Lab(space, mode, family,
                 tls=Tls(version=version, level=level)) as lab:
            entry = lab.server_entry(**{"data-protection": "require"})
            daemon = lab.sallyport(servers=[entry])
            daemon.start()
            check(lab, daemon, command, direction)


def passes(lab, _daemon, command, direction):
    ftps_checks.transfers(lab, "lftp", command, direction,
                          lab.serve("vsftpd"))
    packets = lab.client_tap.packets() + lab.server_tap.packets()
    bound = sum(p.sent and p.touches(lab.port) for p in packets)
    bound += FIRST_PACKETS * len(lab.server_tap.data_opened())
    count = checks.queued(lab)
    if count > bound:
        raise LabError(f"{count} packets were queued, more than {bound}")
    checks.none_invalid(lab)
    checks.no_helper(lab)


def is_dropped(lab, daemon, command, direction):
    tap = lab.watch_all()
    attempt = lab.transfer("lftp", command, lab.serve("vsftpd"),
                           trust=False, only="put")
    daemon.wait_event("alert", rule="cleartext-data")
    attempt.stop()
    got = [p for p in tap.packets()
           if p.payload and not p.sent and not p.touches(lab.port)]
    if got:
        raise LabError(f"{len(got)} packets of clear data reached the "
                       f"server, {direction}")
