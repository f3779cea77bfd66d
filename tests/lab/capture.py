# SPDX-License-Identifier: GPL-2.0-or-later
"""tcpdump on one link, begun and ended by what happens on it."""

import re

import pcap
from bpf import SNAP_BYTES
from waiting import LabError, wait_until

# In immediate mode each packet takes the place of the longest possible.
BUFFER_KIB = 16 << 10

# Both ends of a virtual wire leave checksums to a hardware that is not there,
# and hand over segments larger than a packet.
_OFFLOAD = ("tx", "off", "tso", "off", "gso", "off", "gro", "off")


def real_packets(lab):
    """What is captured from now on has the checksums and sizes of a wire."""
    for space, links in ((lab.client, ("eth0",)), (lab.server, ("eth0",)),
                         (lab.gateway, ("inside", "outside"))):
        for link in links:
            space.run(["ethtool", "-K", link, *_OFFLOAD])


class Capture:
    """All TCP on @link of @space into @path; it runs when this returns.

    @cooked: for the link "any", the name of its link type.
    """

    def __init__(self, space, link, path, cooked=""):
        self.path = path
        argv = ["tcpdump", "-i", link, "-n", "-Z", "root",
                "-s", str(SNAP_BYTES), "-B", str(BUFFER_KIB),
                # Nothing waits in a buffer: finish() reads the file.
                "-U", "--immediate-mode", "-w", path]
        argv += ["-y", cooked] if cooked else []
        self._process = space.spawn(argv + ["tcp"], f"{path}.log")
        try:
            wait_until(self._listening, "tcpdump listening")
        except BaseException:
            self.stop()
            raise

    def finish(self):
        """Wait until every connection seen has ended, then stop."""
        wait_until(lambda: pcap.Connections(*pcap.read(self.path)).all_ended(),
                   f"the end of all connections in {self.path}")
        self._process.stop(gently=True)
        if not re.search(r"^0 packets dropped by kernel", self._log(), re.M):
            raise LabError(f"packets were lost: {self._process.tail()}")

    def stop(self):
        self._process.stop()

    def _listening(self):
        self._process.must_run()
        return "listening on" in self._log()

    def _log(self):
        with open(f"{self.path}.log", encoding="ascii") as log:
            return log.read()
