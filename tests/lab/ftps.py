# SPDX-License-Identifier: GPL-2.0-or-later
"""How a server and its client speak TLS with each other (RFC 4217), and the
certificate that the servers of a run show."""

import os
import ssl
import subprocess
from dataclasses import dataclass

from topology import FAMILIES, address

_VERSION = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
VERSIONS = tuple(_VERSION)
PRIVATE, CLEAR = LEVELS = ("P", "C")
IMPLICIT_PORT = 990

# Addresses under which clients find a server: they check the certificate.
_SERVED_AT = ("server", "public", "gateway")


@dataclass(frozen=True)
class Tls:
    """@implicit: from the first byte on, without AUTH TLS.
    @version: the only one that the client speaks.
    @reuse: the server wants data connections to resume the session of the
    control connection, as the client then does.
    @level: of the data connections, as PROT names it.
    @ccc: the client leaves TLS after login: "active" if it then ends TLS by
    itself, "passive" if it waits for the server to do so.
    @cipher: the only one that lftp speaks, in GnuTLS's words.
    """
    implicit: bool = False
    version: str = "1.3"
    reuse: bool = False
    level: str = PRIVATE
    ccc: str = ""
    cipher: str = ""


def client_context(version, authority):
    """ssl.SSLContext of a client that speaks TLS @version alone, to servers
    that show the certificate @authority."""
    made = ssl.create_default_context(cafile=authority)
    made.minimum_version = made.maximum_version = _VERSION[version]
    return made


def server_context(certificate):
    """ssl.SSLContext of a server that shows @certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate.chain, certificate.key)
    return made


@dataclass(frozen=True)
class Certificate:
    """Names of PEM files: certificate, its key, and both in one."""
    chain: str
    key: str
    both: str


def certificate_in(directory):
    """The Certificate that make_certificate() makes there."""
    return Certificate(*(f"{directory}/{name}.pem"
                         for name in ("chain", "key", "both")))


def make_certificate(directory, addresses=None):
    """Self-signed, so that it is its own authority; valid for a day.
    @addresses: of the servers; default: the lab's."""
    os.makedirs(directory)
    made = certificate_in(directory)
    if addresses is None:
        addresses = [address(host, family)
                     for host in _SERVED_AT for family in FAMILIES]
    names = ",".join(f"IP:{a}" for a in addresses)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
         "-days", "1", "-subj", "/CN=ftp.lab.example",
         "-addext", f"subjectAltName={names}",
         "-keyout", made.key, "-out", made.chain],
        check=True, capture_output=True)
    # Clients read the certificate; the key is for servers, who start as root.
    os.chmod(directory, 0o711)
    os.chmod(made.key, 0o600)
    with open(os.open(made.both, os.O_CREAT | os.O_WRONLY, 0o600), "w",
              encoding="ascii") as both:
        for part in (made.key, made.chain):
            with open(part, encoding="ascii") as text:
                both.write(text.read())
    return made
