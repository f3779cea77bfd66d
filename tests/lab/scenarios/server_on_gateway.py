# SPDX-License-Identifier: GPL-2.0-or-later
"""The server runs on the gateway itself: INPUT and OUTPUT are closed."""

import checks
from lab import Lab
from topology import FAMILIES
from waiting import about


def run(space):
    for family in FAMILIES:
        for command in ("EPRT", "EPSV"):
            with about(f"{command} IPv{family}"), \
                    Lab(space, family=family, server_at="gateway",
                        closed=("INPUT", "OUTPUT")) as lab:
                lab.sallyport().start()
                checks.transfers(lab, "curl", command, lab.serve("vsftpd"))
                checks.clean(lab)
