# SPDX-License-Identifier: GPL-2.0-or-later
"""A server behind DNAT that advertises its public address by itself is let
alone: the 227 passes unchanged and the transfer works."""

import checks
from firewall import DNAT
from lab import Lab
from topology import V4, address
from waiting import LabError


def run(space):
    for name in ("vsftpd", "proftpd", "pure-ftpd", "pyftpdlib"):
        with Lab(space, DNAT) as lab:
            sallyport = lab.sallyport()
            sallyport.start()
            server = lab.serve(name, public=address("public", V4))
            checks.transfers(lab, "curl", "PASV", server)
            sent, arrived = (
                [line for line in tap.replies() if line.startswith("227 ")]
                for tap in (lab.server_tap, lab.client_tap))
            if sent != arrived or not sent:
                raise LabError(f"{name}: sent {sent}, arrived {arrived}")
            if sallyport.events("rewrite"):
                raise LabError(f"{name}: rewritten all the same")
            checks.clean(lab)
