# SPDX-License-Identifier: GPL-2.0-or-later
"""tls.explicit: require: a login in the clear never reaches the server, and the
client is told; with TLS all is well."""

import checks
import ftps_checks
import jail
from dialog import Dialog
from firewall import DNAT, ROUTED, SNAT
from ftps import Tls
from lab import Lab
from topology import FAMILIES, V4
from waiting import LabError, about


def run(space):
    for family in FAMILIES:
        for mode in (ROUTED, SNAT, DNAT):
            with about(f"{mode} IPv{family}"), \
                    Lab(space, mode, family, tls=Tls()) as lab:
                session(lab)


def session(lab):
    daemon = lab.sallyport(servers=[lab.server_entry()],
                           tls={"explicit": "require"})
    daemon.start()
    server = lab.serve("vsftpd")
    in_clear(lab)
    daemon.wait_event("alert", rule="cleartext-login")
    lab.forget()
    ftps_checks.transfers(lab, "lftp", "PASV" if lab.family == V4 else
                          "EPSV", "passive", server)
    checks.none_invalid(lab)


def in_clear(lab):
    client = Dialog(lab, login=False)
    client.send(f"USER {jail.USER}\r\n".encode())
    reply = client.reply()
    if not reply.startswith("5"):
        raise LabError(f"the client is not refused: {reply!r}")
    arrived = lab.server_tap.commands()
    if any(line.upper().startswith("USER") for line in arrived):
        raise LabError(f"the server got {arrived}")
    client.close()
