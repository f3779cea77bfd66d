# SPDX-License-Identifier: GPL-2.0-or-later
"""What a run makes and takes away again: a directory and namespaces.

A run owns /tmp/sallyport-lab-ID and the namespaces named spID-*. It holds a
lock on its directory for as long as it lives, however it ends; a later run
that can take that lock knows that the owner is dead, and removes what it left.
"""

import contextlib
import fcntl
import glob
import os
import shutil
import signal
import subprocess
import tempfile
import threading

import cgroup
import ftps
import netns
import transfer
from waiting import LabError

PREFIX = os.path.join(tempfile.gettempdir(), "sallyport-lab-")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TOOLS = ("ip", "iptables", "ip6tables", "conntrack", "ipset", "nft",
         "openssl")


def why_not():
    """Why the lab cannot run on this machine, or None."""
    if os.geteuid() != 0:
        return "needs root (network namespaces and a private /etc/passwd)"
    for tool in TOOLS:
        if not shutil.which(tool):
            return f"{tool} is not installed"
    probe = subprocess.run(["unshare", "-nm", "iptables", "-L", "-n"],
                           capture_output=True, text=True, check=False)
    if probe.returncode:
        return f"no network namespaces here: {probe.stderr.strip()}"
    return None


@contextlib.contextmanager
def _locked(directory, how=fcntl.LOCK_EX):
    fd = os.open(directory, os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(fd, how)
        yield
    finally:
        os.close(fd)


def _namespace_prefix(directory):
    return "sp" + directory[len(PREFIX):] + "-"


def _remove(directory):
    netns.delete(netns.names(_namespace_prefix(directory)))
    cgroup.delete(_namespace_prefix(directory))
    shutil.rmtree(directory, ignore_errors=True)


def _sweep():
    """Remove what runs left whose owner is dead."""
    for directory in glob.glob(PREFIX + "*"):
        with contextlib.suppress(BlockingIOError, FileNotFoundError,
                                 NotADirectoryError, PermissionError):
            with _locked(directory, fcntl.LOCK_EX | fcntl.LOCK_NB):
                _remove(directory)


def _exit_on(number, _frame):
    raise SystemExit(128 + number)


class Workspace:
    """Use as a context manager, in the main thread: it takes the signals.

    @file_bytes: the size of the files that are transferred.
    @certificate: of all servers, a Certificate; None: it makes one.
    """

    def __init__(self, file_bytes=transfer.FILE_BYTES, certificate=None):
        self._file_bytes = file_bytes
        self._certificate = certificate

    def __enter__(self):
        # Making and locking must look like one step to another's sweep.
        with _locked(tempfile.gettempdir()):
            _sweep()
            self.directory = tempfile.mkdtemp(prefix=PREFIX)
            self._lock = os.open(self.directory, os.O_DIRECTORY)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        # Servers look for their files here after they have dropped root.
        os.chmod(self.directory, 0o711)
        self.files = os.path.join(self.directory, "files")
        os.mkdir(self.files)
        transfer.make_files(self.files, self._file_bytes)
        self._guard = threading.Lock()
        self._open = {}
        self._made = 0
        self._closed = False
        for number in SIGNALS:
            signal.signal(number, _exit_on)
        return self

    def __exit__(self, *_):
        """A second signal must not stop the cleaning."""
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        self.abort()
        _remove(self.directory)
        os.close(self._lock)

    @property
    def certificate(self):
        """The Certificate of all servers, made for who asks first."""
        with self._guard:
            if not self._certificate:
                self._certificate = ftps.make_certificate(
                    os.path.join(self.directory, "certificate"))
            return self._certificate

    def adopt(self, owner):
        """A new number and name prefix for @owner, whose close() is called
        at the end of the run unless it is disowned before."""
        with self._guard:
            if self._closed:
                raise LabError("the run is ending")
            self._made += 1
            number = self._made
            self._open[number] = owner
        return number, f"{_namespace_prefix(self.directory)}{number}-"

    def abort(self):
        """Close what is open and let nothing new be opened."""
        with self._guard:
            self._closed = True
            left = list(self._open.values())
        for owner in left:
            owner.close()

    def disown(self, number):
        with self._guard:
            self._open.pop(number, None)
