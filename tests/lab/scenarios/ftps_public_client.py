# SPDX-License-Identifier: GPL-2.0-or-later
"""FTPS in active mode from behind a masquerade works where the client
advertises its public address and ports that the configuration knows."""

import checks
import ftps_checks
from firewall import SNAT
from ftps import VERSIONS, Tls
from lab import Lab
from topology import V4, address
from waiting import LabError, about

PORTS = (43000, 43063)


def run(space):
    # lftp can be told an address over IPv4 alone.
    for version in VERSIONS:
        with about(f"TLS {version}"), \
                Lab(space, SNAT, V4, tls=Tls(version=version)) as lab:
            session(lab)


def session(lab):
    client = {"name": "inside", "address": [address("client", V4)],
              "public-address": address("outer", V4),
              "active-ports": "{}-{}".format(*PORTS)}
    daemon = lab.sallyport(servers=[lab.server_entry()], clients=[client])
    daemon.start()
    ftps_checks.transfers(lab, "lftp", "PORT", "active",
                          lab.serve("vsftpd"), public=address("outer", V4),
                          ports="{}-{}".format(*PORTS))
    ftps_checks.in_the_log(lab, daemon, "active")
    for packet in lab.client_tap.data_opened():
        if not PORTS[0] <= packet.target[1] <= PORTS[1]:
            raise LabError(f"to {packet.target} at the client")
    return checks.clean(lab)
