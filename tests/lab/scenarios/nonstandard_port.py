# SPDX-License-Identifier: GPL-2.0-or-later
"""The server listens on port 2121, which is not FTP's."""

import checks
from lab import Lab
from topology import FAMILIES
from waiting import about

PORT = 2121


def run(space):
    for family in FAMILIES:
        for command in ("EPRT", "EPSV"):
            with about(f"{command} IPv{family}"), \
                    Lab(space, family=family, port=PORT) as lab:
                lab.sallyport().start()
                checks.transfers(lab, "curl", command, lab.serve("vsftpd"))
                checks.clean(lab)
