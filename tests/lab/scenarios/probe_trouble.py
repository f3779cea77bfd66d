# SPDX-License-Identifier: GPL-2.0-or-later
"""probe says what is wrong with a server: AUTH refused, an expired certificate, a
private address announced, no passive port left."""

import os

import servers
from ftps import Certificate, Tls
from lab import Lab
from probing import accepted, expect, probe, works
from report import Skip
from servers import PASSIVE, PYTHON, Server
from waiting import LabError, about, wait_until

# Holds every port of a range, of both families, and says when it does.
_OCCUPY = """\
import resource, signal, socket, sys
low, high = int(sys.argv[1]), int(sys.argv[2])
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
held = [socket.create_server(("::", port), family=socket.AF_INET6,
                             dualstack_ipv6=True)
        for port in range(low, high + 1)]
print("held", flush=True)
signal.pause()
"""

# What the servers do then, as exit status and findings.
_EXHAUSTED = {
    # 500 OOPS: vsf_sysutil_bind, and it ends the session.
    "vsftpd": (1, "range-exhausted"),
    "pure-ftpd": (1, "range-exhausted", "tls-offered"),
    # Any other port.
    "proftpd": (0, "wide-range"),
    "pyftpdlib": (0, "wide-range", "any-data-port"),
}


def run(space):
    if servers.why_not("vsftpd", Tls()):
        raise Skip(servers.why_not("vsftpd", Tls()))
    for check in (auth_refused, expired, announced_elsewhere, exhausted):
        with about(check.__name__):
            check(space)


def auth_refused(space):
    for name in ("vsftpd", "proftpd", "pyftpdlib"):
        if servers.why_not(name):
            continue
        with about(name), Lab(space, closed=()) as lab:
            lab.serve(name)
            facts = expect(probe(lab, tls=Tls()), 1, "stopped")
            if (facts["stop"]["stage"], facts["stop"]["reason"]) != (
                    "AUTH", "refused"):
                raise LabError(f"stopped at {facts['stop']}")
            # Nothing is said in clear to a server that takes no TLS.
            said = [line.split()[0] for line in lab.client_tap.commands()]
            if "USER" in said or "PASS" in said:
                raise LabError(f"the client said {said}")


def expired(space):
    with Lab(space, closed=(), tls=Tls()) as lab:
        lab.adopt(Server("vsftpd", lab.server, f"{lab.directory}/expired",
                         lab.port, lab.family, None, lab.tls,
                         make_expired(f"{lab.directory}/certificate")))
        facts = expect(probe(lab), 1, "certificate-expired", "self-signed")
        works(facts, "EPSV", "PASV")


def make_expired(directory):
    """What ftps.make_certificate() makes, valid in 2001 only."""
    # Not of the standard library; servers.why_not() has looked for it.
    from OpenSSL import crypto
    os.makedirs(directory)
    made = Certificate(*(f"{directory}/{name}.pem"
                         for name in ("chain", "key", "both")))
    key, x = crypto.PKey(), crypto.X509()
    key.generate_key(crypto.TYPE_RSA, 2048)
    x.set_version(2)
    x.set_serial_number(1)
    x.get_subject().CN = "ftp.lab.example"
    x.set_issuer(x.get_subject())
    x.set_notBefore(b"20010101000000Z")
    x.set_notAfter(b"20020101000000Z")
    x.set_pubkey(key)
    x.sign(key, "sha256")
    for path, parts in (
            (made.chain, [crypto.dump_certificate(crypto.FILETYPE_PEM, x)]),
            (made.key, [crypto.dump_privatekey(crypto.FILETYPE_PEM, key)])):
        with open(path, "wb") as out:
            out.write(b"".join(parts))
    return made


def announced_elsewhere(space):
    """A server that is set to tell another address than its own."""
    elsewhere = "192.168.77.5"
    for name in servers.NAMES:
        if servers.why_not(name, Tls()):
            continue
        with about(name), Lab(space, closed=(), tls=Tls()) as lab:
            lab.serve(name, public=elsewhere)
            facts = expect(probe(lab), 1, "announced-elsewhere",
                           "self-signed")
            told = facts["ways"]["PASV"]
            if (told["addr"], told["private"]) != (elsewhere, True):
                raise LabError(f"announced: {told}")
            # Data connections go to the server all the same.
            works(facts, "EPSV", "PASV")
            said = accepted(lab, facts)
            if f" {elsewhere}; outside known as {lab.target}\n" not in said:
                raise LabError(f"the configuration means: {said}")


def exhausted(space):
    """Somebody else listens on every port of the range."""
    for name in servers.NAMES:
        if servers.why_not(name):
            continue
        with about(name), Lab(space, closed=()) as lab:
            lab.serve(name)
            holder = lab.adopt(lab.server.spawn(
                [PYTHON, "-c", _OCCUPY, *map(str, PASSIVE)],
                f"{lab.directory}/holder"))
            wait_until(lambda: "held" in holder.tail(), "all ports taken")
            facts = expect(probe(lab, "--active"), *_EXHAUSTED[name])
            # Active mode has nothing to do with it.
            active = [facts["ways"][via]["works"] for via in ("EPRT", "PORT")]
            if not all(active):
                raise LabError(f"active mode: {facts['ways']}")
