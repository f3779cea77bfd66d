# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk of a few pages, in a mount namespace of its own."""

import os

from waiting import wait_until

SIZE = "64k"


class SmallDisk:
    """It lives as long as a process that sleeps in it; @command runs what
    follows where the disk is seen."""

    def __init__(self, lab, name):
        self._directory = f"{lab.directory}/disk-{name}"
        os.mkdir(self._directory)
        self._keeper = lab.adopt(lab.gateway.spawn(
            ["unshare", "--mount", "sh", "-c",
             f"mount -t tmpfs -o size={SIZE} none {self._directory} && "
             "exec sleep infinity"],
            f"{lab.directory}/keeper-{name}"))
        wait_until(self._mounted, "a small disk")
        self.command = ["nsenter", f"--mount=/proc/{self._keeper.pid}/ns/mnt"]

    def inside(self, name):
        return f"{self._directory}/{name}"

    def outside(self, name):
        """The same file for who does not see the disk."""
        return f"/proc/{self._keeper.pid}/root{self._directory}/{name}"

    def fill(self):
        try:
            with open(self.outside("filler"), "wb", buffering=0) as filler:
                while True:
                    filler.write(bytes(4096))
        except OSError:
            pass

    def free(self):
        os.unlink(self.outside("filler"))

    def _mounted(self):
        self._keeper.must_run()
        with open(f"/proc/{self._keeper.pid}/mounts",
                  encoding="utf-8") as mounts:
            return f" {self._directory} tmpfs " in mounts.read()
