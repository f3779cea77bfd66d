# SPDX-License-Identifier: GPL-2.0-or-later
"""Sallyport as a service of systemd's, on the gateway of one lab."""

import json
import os
import subprocess

import cgroup
from daemon import program
from process import TAIL_LINES
from waiting import LabError, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
BOOT = os.path.join(HERE, "systemd-boot.sh")
SYSTEMD = "/lib/systemd/systemd"

# Nothing of the machine's own is started: no device, no mount, no log.
_TARGET = """\
[Unit]
DefaultDependencies=no
Requires=sallyport.service
"""
# A stopped daemon shall be missed soon, and one that a busy machine keeps
# waiting shall not.
_SERVICE = """\
[Unit]
DefaultDependencies=no
StartLimitIntervalSec=0
[Service]
WatchdogSec=6
StandardOutput=append:/run/service.log
StandardError=inherit
"""


def why_not():
    """Why there is no systemd to be had, or None."""
    if not os.access(SYSTEMD, os.X_OK):
        return "systemd is not installed"
    if not cgroup.root():
        return "no unified hierarchy of control groups is mounted"
    return None


class Service:
    """Active when the constructor returns; all of it is as `make install` puts
    it."""

    def __init__(self, lab):
        folder = f"{lab.directory}/systemd"
        tree = f"{folder}/tree"
        os.makedirs(f"{folder}/scratch")
        _install(tree)
        for name, text in (("lab.target", _TARGET),
                           ("sallyport.service.d/lab.conf", _SERVICE)):
            _write(f"{tree}/etc/systemd/system/{name}", text)
        _write(f"{tree}/etc/sallyport.conf",
               json.dumps({"control": {"ports": [lab.port]}}))
        group = cgroup.make(lab.gateway.name)
        self._process = lab.gateway.spawn(
            ["sh", BOOT, group, f"{folder}/scratch", tree], f"{folder}/log")
        lab.adopt(self)
        self._manager = wait_until(self._booted, "systemd")
        wait_until(self._active, "an active service")

    def stop(self):
        self._process.stop()

    def ctl(self, *words):
        """Output of systemctl, which must succeed."""
        done = self._inside("systemctl", *words)
        if done.returncode:
            raise LabError(f"systemctl {' '.join(words)}: "
                           f"{done.stderr.strip()}; {self._log()}")
        return done.stdout

    def state(self):
        """systemd's word for it, as `systemctl is-active` has it."""
        return self._inside("systemctl", "is-active",
                            "sallyport").stdout.strip()

    def show(self, name):
        return self.ctl("show", "--value", "-p", name, "sallyport").strip()

    def another(self, before):
        """Wait until another process than @before, a MainPID, is active."""
        wait_until(lambda: self.show("MainPID") not in ("0", before) and
                   self._active(), "another process")

    def _active(self):
        state = self.state()
        if state == "failed":
            raise LabError(f"the service failed: {self._log()}")
        return state == "active"

    def _log(self):
        return self._inside("tail", "-n", str(TAIL_LINES),
                            "/run/service.log").stdout.strip()

    def _inside(self, *argv):
        self._process.must_run()
        return subprocess.run(
            ["nsenter", "-t", self._manager, "-m", "-p", *argv],
            capture_output=True, text=True, check=False)

    def _booted(self):
        """Pid of systemd, as it is seen from here; None: not there yet."""
        self._process.must_run()
        pid = self._process.pid
        with open(f"/proc/{pid}/task/{pid}/children",
                  encoding="ascii") as children:
            child = children.read().strip()
        if not child:
            return None
        with open(f"/proc/{child}/comm", encoding="ascii") as comm:
            return child if comm.read() == "systemd\n" else None


def _install(tree):
    made = subprocess.run(
        ["make", "-s", "install", f"DESTDIR={tree}", "PREFIX=/usr",
         f"BUILD={os.path.dirname(program())}"],
        cwd=os.path.join(HERE, "..", ".."), capture_output=True, text=True,
        check=False)
    if made.returncode:
        raise LabError(f"make install: {made.stderr.strip()}")


def _write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as out:
        out.write(text)
