# SPDX-License-Identifier: GPL-2.0-or-later
"""A server behind DNAT that advertises its public address by itself is let
alone: the 227 passes unchanged and the transfer works."""

import checks
import servers
from firewall import DNAT
from lab import Lab
from report import Skip
from topology import V4, address
from waiting import LabError, about


def run(space):
    for name in servers.NAMES:
        if servers.why_not(name):
            raise Skip(servers.why_not(name))
        with about(name), Lab(space, DNAT) as lab:
            sallyport = lab.sallyport()
            sallyport.start()
            server = lab.serve(name, public=address("public", V4))
            checks.transfers(lab, "curl", "PASV", server)
            sent, arrived = (
                [line for line in tap.replies() if line.startswith("227 ")]
                for tap in (lab.server_tap, lab.client_tap))
            if sent != arrived or not sent:
                raise LabError(f"sent {sent}, arrived {arrived}")
            if sallyport.events("rewrite"):
                raise LabError("rewritten all the same")
            checks.clean(lab)
