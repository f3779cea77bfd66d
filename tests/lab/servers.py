# SPDX-License-Identifier: GPL-2.0-or-later
"""The four servers: each in the foreground, from a configuration in a private
directory, as nothing but what a user of it would write."""

import glob
import os
import shutil

import jail
from ftps import PRIVATE
from topology import V4
from waiting import wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
# fetch-servers.sh fills it.
FETCHED = os.path.join(HERE, "..", "..", "build", "lab-servers")
PYTHON = "/usr/bin/python3"

PASSIVE = (42000, 42999)

_PROFTPD_MODULES = os.path.join(FETCHED, "proftpd-mod-crypto", "usr", "lib",
                                "proftpd")

_YES = {True: "YES", False: "NO"}

_VSFTPD = """\
{listen}=YES
listen_port={port}
background=NO
anonymous_enable=NO
local_enable=YES
write_enable=YES
connect_from_port_20=YES
ftp_data_port={data_port}
pasv_min_port={low}
pasv_max_port={high}
secure_chroot_dir={directory}/empty
pam_service_name=vsftpd
isolate_network=NO
xferlog_enable=NO
"""

_PROFTPD = """\
ServerType standalone
Port {port}
UseIPv6 on
User nobody
Group nogroup
PassivePorts {low} {high}
PidFile {directory}/pid
ScoreboardFile {directory}/scoreboard
DelayEngine off
SystemLog {directory}/system.log
WtmpLog off
UseReverseDNS off
AllowOverwrite on
RequireValidShell off
RootRevoke off
"""


# Each command and reply, those under TLS too.
_VSFTPD_LOG = """\
xferlog_enable=YES
log_ftp_protocol=YES
vsftpd_log_file={log}
"""

_VSFTPD_TLS = """\
ssl_enable=YES
rsa_cert_file={chain}
rsa_private_key_file={key}
ssl_tlsv1=YES
ssl_ciphers=HIGH
force_local_logins_ssl=YES
force_local_data_ssl=NO
require_ssl_reuse={reuse}
implicit_ssl={implicit}
"""

_PROFTPD_TLS = """\
ModulePath {modules}
LoadModule mod_tls.c
TLSEngine on
TLSProtocol TLSv1.2 TLSv1.3
TLSRSACertificateFile {chain}
TLSRSACertificateKeyFile {key}
TLSRequired {required}
TLSOptions {options}
TLSLog {directory}/tls.log
"""

# TLS is a must on the control connection and the client's choice on the others.
_PURE_FTPD_TLS = "2"


def _fetched(package, program):
    path = os.path.join(FETCHED, package, "usr", "sbin", program)
    return path if os.path.exists(path) else None


def _libraries(package):
    tree = os.path.join(FETCHED, package)
    return ":".join(glob.glob(f"{tree}/lib/*-linux-gnu") +
                    glob.glob(f"{tree}/usr/lib/*-linux-gnu"))


def _vsftpd(s):
    os.makedirs(f"{s['directory']}/empty")
    # On a socket for both families it advertises 0,0,0,0.
    text = _VSFTPD.format(
        listen="listen" if s["family"] == V4 else "listen_ipv6", **s)
    if s["public"]:
        text += f"pasv_address={s['public']}\n"
    if s["log"]:
        text = (text.replace("xferlog_enable=NO\n", "") +
                _VSFTPD_LOG.format(**s))
    if s["tls"]:
        text += _VSFTPD_TLS.format(
            chain=s["certificate"].chain, key=s["certificate"].key,
            reuse=_YES[s["tls"].reuse], implicit=_YES[s["tls"].implicit])
    return ["vsftpd", _write(s, text)]


def _proftpd(s):
    text = _PROFTPD.format(**s)
    if s["public"]:
        text += f"MasqueradeAddress {s['public']}\n"
    if s["tls"]:
        text += _proftpd_tls(s)
    return [_fetched("proftpd-core", "proftpd"), "-n", "-c", _write(s, text)]


def _proftpd_tls(s):
    tls = s["tls"]
    options = [word for word, wanted in (
        ("NoSessionReuseRequired", not tls.reuse),
        ("UseImplicitSSL", tls.implicit),
        ("EnableDiags", True)) if wanted]
    return _PROFTPD_TLS.format(
        modules=_PROFTPD_MODULES,
        chain=s["certificate"].chain, key=s["certificate"].key,
        # It refuses CCC where the control connection must be protected.
        required="off" if tls.ccc else "ctrl",
        options=" ".join(options), directory=s["directory"])


def _pure_ftpd(s):
    argv = [_fetched("pure-ftpd", "pure-ftpd"), "-S", f",{s['port']}",
            "-p", f"{s['low']}:{s['high']}", "-l", "unix", "-E", "-H",
            "-g", f"{s['directory']}/pid", f"-{s['family']}"]
    if s["tls"]:
        argv += ["-Y", _PURE_FTPD_TLS, "-2", s["certificate"].both]
    return argv + (["-P", s["public"]] if s["public"] else [])


def _pyftpdlib(s):
    argv = [PYTHON, os.path.join(HERE, "pyftpd_server.py"), s["home"],
            str(s["port"]), f"{s['low']}-{s['high']}", s["public"] or ""]
    if s["tls"]:
        argv += ["implicit" if s["tls"].implicit else "explicit",
                 s["certificate"].both]
    return argv


def _write(s, text):
    path = f"{s['directory']}/conf"
    with open(path, "w", encoding="ascii") as out:
        out.write(text)
    return path


_COMMAND = {
    "vsftpd": _vsftpd,
    "proftpd": _proftpd,
    "pure-ftpd": _pure_ftpd,
    "pyftpdlib": _pyftpdlib,
}
NAMES = tuple(_COMMAND)

_PACKAGE = {"proftpd": "proftpd-core", "pure-ftpd": "pure-ftpd"}


# What a server cannot do: (server, does the Tls ask for it, reason).
_CANNOT = (
    ("pure-ftpd", lambda tls: tls.implicit,
     "pure-ftpd has no implicit TLS"),
    ("pure-ftpd", lambda tls: tls.reuse,
     "pure-ftpd has no option to require session reuse"),
    ("pyftpdlib", lambda tls: tls.reuse,
     "pyftpdlib has no option to require session reuse"),
    ("vsftpd", lambda tls: tls.ccc, "vsftpd does not know CCC"),
    ("pyftpdlib", lambda tls: tls.ccc, "pyftpdlib does not know CCC"),
)


def impossible(name, tls, active):
    """Why server @name cannot do what @tls says, or None."""
    if tls.reuse and tls.level != PRIVATE:
        return "data connections in clear have no TLS session to resume"
    for who, asks, reason in _CANNOT:
        if who == name and asks(tls):
            return reason
    if name == "pyftpdlib" and active:
        return ("pyftpdlib connects from a port of the kernel's choice, not "
                "from the data port that a grant is for")
    return None


def why_not(name, tls=None):
    """Why server @name cannot be started on this machine, or None."""
    if name == "vsftpd" and not shutil.which("vsftpd"):
        return "vsftpd is not installed"
    if name == "pyftpdlib":
        for module, package in (("pyftpdlib", "python3-pyftpdlib"),
                                ("OpenSSL", "python3-openssl")):
            if (module == "pyftpdlib" or tls) and not os.path.isdir(
                    f"/usr/lib/python3/dist-packages/{module}"):
                return f"{package} is not installed"
    if name in _PACKAGE and not _fetched(_PACKAGE[name], name):
        return f"{name} is not there: run tests/lab/fetch-servers.sh"
    if name == "proftpd" and tls and not os.path.isdir(_PROFTPD_MODULES):
        return "proftpd's mod_tls is not there: run tests/lab/fetch-servers.sh"
    return None


class Server:
    """Listens when the constructor returns; stop() ends it.

    @family: what it must at least listen on.
    @public: the address that it shall advertise in a 227.
    @tls, @certificate: a Tls and a Certificate, or None for a server that
    knows no TLS.
    @passive: first and last of its passive ports.
    @log: a file for its protocol; of vsftpd alone.
    """

    def __init__(self, name, space, directory, port, family, public=None,
                 tls=None, certificate=None, passive=PASSIVE, log=""):
        os.makedirs(directory)
        os.chmod(directory, 0o711)
        self.name = name
        self.home = f"{directory}/home"
        jail.make(f"{directory}/etc", self.home)
        low, high = passive
        argv = _COMMAND[name]({
            "directory": directory, "home": self.home, "port": port,
            "data_port": port - 1, "low": low, "high": high,
            "family": family, "public": public,
            "tls": tls, "certificate": certificate, "log": log})
        self._process = space.spawn(
            jail.inside(f"{directory}/etc", argv),
            f"{directory}/{name}",
            env={"LD_LIBRARY_PATH": _libraries(_PACKAGE.get(name, name))})
        try:
            wait_until(lambda: self._ready(space, port),
                       f"{name} listening on port {port}")
        except BaseException:
            self.stop()
            raise

    def stop(self):
        self._process.stop()

    def keep(self, name, content):
        """Put a file into the home directory."""
        with open(f"{self.home}/{name}", "wb") as out:
            out.write(content)

    def _ready(self, space, port):
        self._process.must_run()
        return space.listening(port)
