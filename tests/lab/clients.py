# SPDX-License-Identifier: GPL-2.0-or-later
"""The four clients, and how each is made to use one certain command."""

import functools
import json
import os
import shutil
import subprocess
from dataclasses import asdict, dataclass

import jail
from ftps import PRIVATE, Tls
from topology import V4, V6
from waiting import CLIENT_SECONDS

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"

COMMANDS = ("PORT", "EPRT", "PASV", "EPSV")
NAMES = ("curl", "lftp", "tnftp", "ftplib")

# RFC 2428 1: PORT and the 227 reply have room for 32 bits only.
_IPV4_ONLY = {"PORT": "EPRT", "PASV": "EPSV"}

# curl tries EPRT before PORT and EPSV before PASV. It ignores the address in
# a 227 unless told not to.
_CURL = {
    "PORT": ["--ftp-port", "-", "--disable-eprt"],
    "EPRT": ["--ftp-port", "-"],
    "PASV": ["--ftp-pasv", "--disable-epsv"],
    "EPSV": ["--ftp-pasv"],
}

# lftp takes EPRT for IPv6 and PORT for IPv4; only EPSV can be preferred.
_LFTP = {
    "PORT": "passive-mode no",
    "EPRT": "passive-mode no",
    "PASV": "prefer-epsv no",
    "EPSV": "prefer-epsv yes",
}
_LFTP_SETTINGS = f"""\
set cmd:fail-exit yes
set net:max-retries 1
set net:timeout {CLIENT_SECONDS}
set ftp:auto-passive-mode no
"""

# tnftp tries the extended commands first; epsv4 stands for EPRT as well.
_TNFTP = {
    "PORT": ("-A", "off"),
    "EPRT": ("-A", "on"),
    "PASV": ("-p", "off"),
    "EPSV": ("-p", "on"),
}


@dataclass(frozen=True)
class Job:
    """Get @get into the file @into, then put the file @put; either name may
    be empty."""
    command: str
    host: str
    port: int
    get: str
    into: str
    put: str
    tls: Tls | None = None
    authority: str = ""  # the certificate that the server must show
    trust: bool = True  # connect to the very address that a 227 names
    # What a PORT names instead of the client's own address, and from where.
    public: str = ""
    ports: str = ""
    keylog: str = ""  # file for the secrets of its TLS connections

    @property
    def bracketed(self):
        return f"[{self.host}]" if ":" in self.host else self.host


def _curl(job):
    scheme = "ftps" if job.tls and job.tls.implicit else "ftp"
    url = f"{scheme}://{job.bracketed}:{job.port}/"
    options = ["-sSg", "--max-time", str(CLIENT_SECONDS),
               *_CURL[job.command],
               *_curl_tls(job), "-u", f"{jail.USER}:{jail.PASSWORD}"]
    if job.command == "PASV" and job.trust:
        options.append("--no-ftp-skip-pasv-ip")
    jobs = []
    if job.get:
        jobs.append([url + job.get, "-o", job.into])
    if job.put:
        jobs.append([url, "-T", job.put])
    argv = ["curl"]
    for number, what in enumerate(jobs):
        argv += (["--next"] if number else []) + options + what
    return argv, ""


def _curl_tls(job):
    tls = job.tls
    if not tls:
        return []
    options = ["--cacert", job.authority,
               f"--tlsv{tls.version}", "--tls-max", tls.version,
               "--ssl-reqd" if tls.level == PRIVATE else "--ftp-ssl-control"]
    if tls.ccc:
        options += ["--ftp-ssl-ccc", "--ftp-ssl-ccc-mode", tls.ccc]
    return options


def _lftp(job):
    scheme = "ftps" if job.tls and job.tls.implicit else "ftp"
    script = (_LFTP_SETTINGS + f"set ftp:{_LFTP[job.command]}\n"
              f"set ftp:fix-pasv-address {_lftp_bool(not job.trust)}\n" +
              _lftp_tls(job) + _lftp_public(job) +
              f"open -u {jail.USER},{jail.PASSWORD} -p {job.port} "
              f"{scheme}://{job.bracketed}\n")
    if job.get:
        script += f"get {job.get} -o {job.into}\n"
    if job.put:
        script += f"put {job.put}\n"
    return ["lftp", "--norc"], script + "bye\n"


def _lftp_tls(job):
    tls = job.tls
    if not tls:
        return "set ftp:ssl-allow no\n"
    protect = _lftp_bool(tls.level == PRIVATE)
    return (f"set ftp:ssl-force yes\n"
            f"set ftp:ssl-protect-data {protect}\n"
            f"set ftp:ssl-protect-list {protect}\n"
            f"set ssl:ca-file {job.authority}\n"
            f"set ssl:priority NORMAL:-VERS-ALL:+VERS-TLS{tls.version}"
            f"{tls.cipher and f':-CIPHER-ALL:+{tls.cipher}'}\n")


def _lftp_public(job):
    if not job.public:
        return ""
    return (f"set ftp:port-ipv4 {job.public}\n"
            f"set ftp:port-range {job.ports}\n")


def _lftp_bool(value):
    return "yes" if value else "no"


def _tnftp(job):
    switch, extended = _TNFTP[job.command]
    script = (f"epsv4 {extended}\nopen {job.host} {job.port}\n"
              f"user {jail.USER} {jail.PASSWORD}\nbinary\n")
    if job.get:
        script += f"get {job.get} {job.into}\n"
    if job.put:
        script += f"put {job.put} {os.path.basename(job.put)}\n"
    return ["tnftp", "-n", "-v", switch], script + "bye\n"


def _ftplib(job):
    return ([PYTHON, os.path.join(HERE, "ftplib_client.py"),
             json.dumps(asdict(job))], "")


_START = {"curl": _curl, "lftp": _lftp, "tnftp": _tnftp, "ftplib": _ftplib}


def impossible(name, command, family):
    """Why client @name cannot send @command over @family, or None."""
    if family == V6 and command in _IPV4_ONLY:
        return (f"{command} does not exist over IPv6: RFC 2428 1 "
                f"({_IPV4_ONLY[command]} takes its place)")
    if (name, command, family) == ("lftp", "EPRT", V4):
        return "lftp has no switch for EPRT over IPv4"
    return None


@functools.cache
def _curl_version():
    return subprocess.run(["curl", "--version"], capture_output=True,
                          text=True, check=True).stdout.split()[1]


def impossible_tls(name, tls, server, active):
    """Why client @name cannot do with @server what @tls says, or None."""
    if name == "ftplib" and tls.ccc == "passive":
        return "ftplib always ends TLS by itself"
    return (_impossible_curl(tls, server, active) if name == "curl" else None)


def _impossible_curl(tls, server, active):
    private = tls.level == PRIVATE
    if private and active and _curl_version().startswith("7.88."):
        return ("curl 7.88 gives up when TLS shall begin on a data "
                "connection that it has accepted")
    if private and server == "pyftpdlib":
        return ("pyftpdlib closes a data connection on which TLS begins "
                "before RETR or STOR is sent, as with curl")
    if tls.ccc == "passive" and server == "pure-ftpd":
        return ("curl sends no close_notify then, and pure-ftpd waits for "
                "one")
    return None


def why_not(name):
    """Why client @name cannot be run on this machine, or None."""
    if name != "ftplib" and not shutil.which(name):
        return f"{name} is not installed"
    return None


def start(name, space, job, log):
    """The client as a Process inside @space; its home is the log's folder,
    so that no setting of the user who runs the lab is read."""
    argv, script = _START[name](job)
    home = os.path.dirname(log)
    env = {"HOME": home}
    if job.keylog:
        # curl (OpenSSL), lftp (GnuTLS) and Python's ssl all honour it.
        env["SSLKEYLOGFILE"] = job.keylog
    return space.spawn(argv, log, script, env, cwd=home)
