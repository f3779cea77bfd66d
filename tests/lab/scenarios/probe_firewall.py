# SPDX-License-Identifier: GPL-2.0-or-later
"""probe through a gateway: it says that data connections are dropped, that they
get through where sallyport works, and what NAT makes of the address announced."""

import servers
from firewall import DNAT, ROUTED
from ftps import Tls
from lab import Lab
from probing import expect, probe, works
from report import Skip
from topology import V4, V6, address
from waiting import LabError, about


def run(space):
    if servers.why_not("vsftpd", Tls()):
        raise Skip(servers.why_not("vsftpd", Tls()))
    for check in (dropped, let_through, behind_nat):
        with about(check.__name__):
            check(space)


def dropped(space):
    """Through a gateway that opens nothing but the control port."""
    for family in (V4, V6):
        with Lab(space, ROUTED, family, tls=Tls()) as lab:
            lab.serve("vsftpd")
            facts = expect(probe(lab, "--active", "--timeout", "2"), 1,
                           "passive-fails", "active-fails", "self-signed")
            works(facts)
            for way in facts["ways"].values():
                if (way["stop"]["stage"], way["stop"]["reason"]) != (
                        "data connect", "timeout"):
                    raise LabError(f"stopped at {way['stop']}")


def let_through(space):
    """The same gateway with sallyport."""
    for family in (V4, V6):
        for tls in (None, Tls(), Tls(reuse=True), Tls(implicit=True)):
            with about(f"{tls} IPv{family}"), \
                    Lab(space, ROUTED, family, tls=tls) as lab:
                lab.sallyport(servers=[lab.server_entry()]).start()
                lab.serve("vsftpd")
                notes = ["self-signed"] if tls else []
                notes += ["reuse-required"] if tls and tls.reuse else []
                facts = expect(probe(lab, "--active"), 0, *notes)
                works(facts, "EPSV", "EPRT",
                      *(("PASV", "PORT") if family == V4 else ()))


def behind_nat(space):
    """DNAT: in clear sallyport rewrites what the server announces; under TLS
    nobody can, unless the server knows its public address."""
    public = address("public", V4)
    for tls, told, problem in ((None, None, False), (Tls(), None, True),
                               (Tls(), public, False)):
        with about(f"{tls}, told {told}"), Lab(space, DNAT, tls=tls) as lab:
            lab.sallyport(servers=[lab.server_entry()]).start()
            lab.serve("vsftpd", public=told)
            notes = ["self-signed"] if tls else []
            notes += ["announced-elsewhere"] if problem else []
            facts = expect(probe(lab), 1 if problem else 0, *notes)
            works(facts, "EPSV", "PASV")
            if (facts["ways"]["PASV"]["addr"] == public) == problem:
                raise LabError(f"announced: {facts['ways']['PASV']}")
