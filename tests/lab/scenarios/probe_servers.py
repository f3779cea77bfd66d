# SPDX-License-Identifier: GPL-2.0-or-later
"""probe finds out about each server what its configuration says: FTP and FTPS,
explicit and implicit, TLS 1.2 and 1.3, session reuse required or not, active
mode, the range."""

from dataclasses import replace

import servers
from ftps import VERSIONS, Tls
from lab import Lab
from probing import accepted, expect, probe, works
from topology import FAMILIES, V4
from waiting import LabError, about

# What a server is asked to be, as far as it can. The version is the client's.
_KINDS = (None, *(Tls(reuse=reuse, implicit=implicit)
                  for reuse in (False, True) for implicit in (False, True)))

# Under TLS these have no data port that a grant is for.
_FROM_ANY_PORT = ("pyftpdlib",)


def run(space):
    tried = 0
    for name in servers.NAMES:
        for tls in _KINDS:
            if servers.why_not(name, tls) or (
                    tls and servers.impossible(name, tls, active=False)):
                continue
            tried += 1
            # What differs between the families is no matter of TLS.
            for family in (V4,) if tls and tls.implicit else FAMILIES:
                with about(f"{name} {tls} IPv{family}"), \
                        Lab(space, family=family, closed=(), tls=tls) as lab:
                    lab.serve(name)
                    for version in VERSIONS if tls else (None,):
                        check(lab, name, version)
    if not tried:
        raise LabError("no server to probe")
    return f"{tried} servers"


def check(lab, name, version):
    notes = ["self-signed"] if lab.tls else []
    if lab.tls and lab.tls.reuse:
        notes.append("reuse-required")
    if name in _FROM_ANY_PORT:
        notes.append("any-data-port")
    # It knows TLS even without a certificate.
    if name == "pure-ftpd" and not lab.tls:
        notes.append("tls-offered")
    tls = replace(lab.tls, version=version) if version else None
    facts = expect(probe(lab, "--active", tls=tls), 0, *notes)
    works(facts, "EPSV", "EPRT",
          *(("PASV", "PORT") if lab.family == V4 else ()))
    in_range(facts)
    if f": {lab.target}\n" not in accepted(lab, facts):
        raise LabError(f"whose configuration? {facts['advice']}")
    if tls:
        encrypted(tls, facts)


def in_range(facts):
    low, high = servers.PASSIVE
    for via in ("EPSV", "PASV"):
        if via not in facts["ways"]:
            continue
        seen = [int(port)
                for port in facts["ways"][via]["ports"].split("-")]
        if seen[0] < low or seen[-1] > high:
            raise LabError(f"{via}: {seen} is not within {low}-{high}")
        # Sixteen random ports of a thousand.
        if seen[-1] - seen[0] < 100:
            raise LabError(f"{via}: {seen} is no range")


def encrypted(tls, facts):
    version = f"TLS {tls.version}"
    if facts["tls"]["version"] != version:
        raise LabError(f"not {version}: {facts['tls']}")
    if facts["certificate"]["subject"] != "CN=ftp.lab.example":
        raise LabError(f"whose certificate? {facts['certificate']}")
    for via, way in facts["ways"].items():
        if way["tls"] != version:
            raise LabError(f"{via}: data connection in {way['tls']}")
    reuse = "required" if tls.reuse else "not-required"
    if facts["session_reuse"] != reuse:
        raise LabError(f"session reuse: {facts['session_reuse']}")
