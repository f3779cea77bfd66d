# SPDX-License-Identifier: GPL-2.0-or-later
"""The four clients, and how each is made to use one certain command."""

import os
import shutil
from dataclasses import dataclass

import jail
from topology import V4, V6

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
    "PASV": ["--ftp-pasv", "--disable-epsv", "--no-ftp-skip-pasv-ip"],
    "EPSV": ["--ftp-pasv"],
}

# lftp takes EPRT for IPv6 and PORT for IPv4; only EPSV can be preferred.
_LFTP = {
    "PORT": "passive-mode no",
    "EPRT": "passive-mode no",
    "PASV": "prefer-epsv no",
    "EPSV": "prefer-epsv yes",
}
_LFTP_SETTINGS = """\
set cmd:fail-exit yes
set net:max-retries 1
set net:timeout 15
set ftp:auto-passive-mode no
set ftp:fix-pasv-address no
set ftp:ssl-allow no
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
    """Get @get into the file @into, then put the file @put."""
    command: str
    host: str
    port: int
    get: str
    into: str
    put: str

    @property
    def bracketed(self):
        return f"[{self.host}]" if ":" in self.host else self.host


def _curl(job):
    url = f"ftp://{job.bracketed}:{job.port}/"
    options = ["-sSg", "--max-time", "15", *_CURL[job.command],
               "-u", f"{jail.USER}:{jail.PASSWORD}"]
    return (["curl", *options, url + job.get, "-o", job.into,
             "--next", *options, url, "-T", job.put], "")


def _lftp(job):
    script = (_LFTP_SETTINGS + f"set ftp:{_LFTP[job.command]}\n"
              f"open -u {jail.USER},{jail.PASSWORD} -p {job.port} {job.host}\n"
              f"get {job.get} -o {job.into}\nput {job.put}\nbye\n")
    return ["lftp", "--norc"], script


def _tnftp(job):
    switch, extended = _TNFTP[job.command]
    script = (f"epsv4 {extended}\nopen {job.host} {job.port}\n"
              f"user {jail.USER} {jail.PASSWORD}\nbinary\n"
              f"get {job.get} {job.into}\n"
              f"put {job.put} {os.path.basename(job.put)}\nbye\n")
    return ["tnftp", "-n", "-v", switch], script


def _ftplib(job):
    return ([PYTHON, os.path.join(HERE, "ftplib_client.py"), job.command,
             job.host, str(job.port), job.get, job.into, job.put], "")


_START = {"curl": _curl, "lftp": _lftp, "tnftp": _tnftp, "ftplib": _ftplib}


def impossible(name, command, family):
    """Why client @name cannot send @command over @family, or None."""
    if family == V6 and command in _IPV4_ONLY:
        return (f"{command} does not exist over IPv6: RFC 2428 1 "
                f"({_IPV4_ONLY[command]} takes its place)")
    if (name, command, family) == ("lftp", "EPRT", V4):
        return "lftp has no switch for EPRT over IPv4"
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
    return space.spawn(argv, log, script, {"HOME": home}, cwd=home)
