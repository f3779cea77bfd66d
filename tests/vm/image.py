# SPDX-License-Identifier: GPL-2.0-or-later
"""What the machine boots with: an archive of this machine's own programs, and
the modules of the kernel that it boots."""

import fnmatch
import glob
import os
import re
import shutil
import subprocess
import sysconfig
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
# `fetch-kernel.sh` puts it there.
KERNEL = os.path.join(TOP, "build", "vm-kernel")

PYTHON = "/usr/bin/python3"
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_LIBRARIES = f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}"

# What tests/lab runs, and what is good to have in a script.
_PROGRAMS = """
bash sh awk basename cat chgrp chmod chown chroot cmp cp cut date dd df diff
dirname dmesg du echo env expr false find fold grep head hostname id install
kill ln ls lsmod mkdir mkfifo mknod modprobe mount mv nsenter printf ps pwd
readlink realpath rm rmdir sed seq setpriv sh sleep sort ss stat stty sync
sysctl tail taskset tee test timeout touch tr true umount uname uniq unshare
wc xargs
ip tc ethtool tcpdump conntrack ipset nft xtables-monitor
iptables-nft iptables-nft-save iptables-nft-restore
ip6tables-nft ip6tables-nft-save ip6tables-nft-restore
iptables-legacy iptables-legacy-save iptables-legacy-restore
ip6tables-legacy ip6tables-legacy-save ip6tables-legacy-restore
openssl curl lftp tnftp vsftpd python3
""".split()

# Trees and files that programs look for by themselves. Those that load
# libraries say so in _PLUGINS.
_FILES = (
    "/etc/ld.so.cache", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf",
    "/etc/pam.d", "/etc/login.defs", "/etc/hosts", "/etc/protocols",
    "/etc/services", "/etc/ethertypes", "/etc/iproute2", "/etc/lftp.conf",
    "/etc/ssl/openssl.cnf", "/etc/modprobe.d", "/lib/modprobe.d",
    "/usr/lib/locale/C.utf8", "/usr/lib/ssl", f"{_LIBRARIES}/xtables",
)
_PLUGINS = (f"{_LIBRARIES}/lftp", f"{_LIBRARIES}/security/pam_unix.so",
            f"{_LIBRARIES}/ossl-modules")
# Half of Python's library, which no test imports.
_NOT_OF_PYTHON = (
    "asyncio", "config-*", "curses", "_curses*", "dbm", "_dbm*", "distutils",
    "ensurepip", "idlelib", "lib2to3", "multiprocessing", "pydoc*",
    "readline*", "sqlite3", "_sqlite3*", "test", "tkinter", "turtledemo",
    "unittest", "wsgiref", "xml", "xmlrpc")
# Other tests run meanwhile.
_COMES_AND_GOES = ("__pycache__",)
# Networks, and what they stand on.
_MODULES = (
    *(f"kernel/net/{name}" for name in (
        "802", "8021q", "bridge", "core", "ipv4", "ipv6", "llc", "netlink",
        "netfilter", "packet", "sched", "unix")),
    "kernel/lib", "kernel/crypto", "kernel/arch/x86/crypto",
    *(f"kernel/drivers/net/{name}.ko" for name in ("dummy", "ifb", "veth")),
    "modules.*")
# Where something is looked for, mounted or made. Links to others, maybe.
_PLACES = ("/bin", "/sbin", "/lib", "/proc", "/sys", "/dev", "/run", "/tmp",
           "/root", "/var/run", "/var/tmp")


def kernel_version():
    return os.path.basename(glob.glob(f"{KERNEL}/lib/modules/*")[0])


def kernel():
    return f"{KERNEL}/boot/vmlinuz-{kernel_version()}"


def pack(more=()):
    """The archive as an unnamed open file; @more: files and trees besides.

    Names are those of this machine, so programs find what they know.
    """
    names = _Names()
    for program in _PROGRAMS:
        path = shutil.which(program, path=SYSTEM_PATH)
        if path:
            names.add(path)
    for path in (*_PLUGINS, *more):
        names.add_tree(path, _COMES_AND_GOES)
    names.add_tree(sysconfig.get_path("stdlib"), _NOT_OF_PYTHON)
    names.add_libraries()
    for path in _FILES:
        names.add_tree(path)
    for pattern in _MODULES:
        for path in glob.glob(f"{KERNEL}/lib/modules/*/{pattern}"):
            names.add_tree(path)
    for path in _PLACES:
        names.add(path)
    archive = tempfile.TemporaryFile()
    subprocess.run(
        ["cpio", "--create", "--format=newc", "--null", "--quiet",
         "--owner=0:0", "--directory=/"],
        input="\0".join(names.sorted()).encode(), stdout=archive, check=True)
    return archive


class _Names:
    """Names of files, each with the directories and links on the way."""

    def __init__(self):
        self._names = set()

    def add(self, path):
        """A file or an empty directory."""
        done = ""
        rest = os.path.normpath(path).strip("/").split("/")
        while rest:
            done += "/" + rest.pop(0)
            if done in self._names and not os.path.islink(done):
                continue
            self._names.add(done)
            if os.path.islink(done):
                target = os.path.join(os.path.dirname(done),
                                      os.readlink(done))
                rest = os.path.normpath(target).strip("/").split("/") + rest
                done = ""

    def add_tree(self, path, without=()):
        """Whatever is there, or nothing if it is not."""
        if os.path.lexists(path):
            self.add(path)
        for directory, inner, files in os.walk(path):
            inner[:] = _others(inner, without)
            for name in inner + _others(files, without):
                self.add(os.path.join(directory, name))

    def add_libraries(self):
        """The shared libraries of the programs and plugins so far."""
        binaries = filter(_is_elf, self._names)
        told = subprocess.run(["ldd", *binaries], capture_output=True,
                              text=True, check=False).stdout
        for path in set(re.findall(r"(/\S+) \(0x", told)):
            self.add(path)

    def sorted(self):
        """As cpio wants them: without the first slash, directories first."""
        return [name.lstrip("/") for name in sorted(self._names)]


def _others(names, without):
    return [name for name in names
            if not any(fnmatch.fnmatch(name, what) for what in without)]


def _is_elf(path):
    if not os.path.isfile(path) or os.path.islink(path):
        return False
    with open(path, "rb") as head:
        return head.read(4) == b"\x7fELF"
