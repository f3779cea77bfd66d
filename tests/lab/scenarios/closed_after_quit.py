# SPDX-License-Identifier: GPL-2.0-or-later
"""A pinhole that nobody used is gone after QUIT."""

import checks
from dialog import Dialog
from firewall import MODES
from lab import Lab
from topology import FAMILIES
from waiting import LabError, about


def run(space):
    for mode in MODES:
        for family in FAMILIES:
            with about(f"{mode} IPv{family}"), \
                    Lab(space, mode, family) as lab:
                lab.sallyport().start()
                lab.serve("vsftpd")
                client = Dialog(lab)
                client.passive()
                if not checks.pinholes(lab):
                    raise LabError("there was no pinhole to begin with")
                client.quit()
                checks.nothing_open(lab)
