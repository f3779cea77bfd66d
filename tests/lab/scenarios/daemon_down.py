# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules without the daemon: the control connection works and no data
connection does; with the daemon they do; and without it again not."""

import checks
from firewall import BOTH, ROUTED
from lab import Lab
from topology import FAMILIES
from waiting import about


def run(space):
    for family in FAMILIES:
        for mode in (ROUTED, BOTH):
            for command in ("EPRT", "EPSV"):
                with about(f"{command} {mode} IPv{family}"), \
                        Lab(space, mode, family) as lab:
                    down_up_down(lab, command)


def down_up_down(lab, command):
    sallyport = lab.sallyport()
    fails(lab, command)
    sallyport.start()
    works(lab, command)
    sallyport.stop()
    fails(lab, command)


def fails(lab, command):
    server = lab.serve("vsftpd")
    checks.fails_without(lab, "curl", command, server)
    server.stop()
    # Its session still tries to connect.
    lab.clear_hosts()


def works(lab, command):
    server = lab.serve("vsftpd")
    checks.transfers(lab, "curl", command, server)
    checks.clean(lab)
    server.stop()
    lab.forget()
