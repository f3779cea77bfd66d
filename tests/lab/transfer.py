# SPDX-License-Identifier: GPL-2.0-or-later
"""One get and one put of a big file, and whether they came through whole."""

import hashlib
import os
import random
import shutil

import clients
import jail
from waiting import LabError

FILE_BYTES = 10 << 20
GET, PUT, GOT = "down.bin", "up.bin", "got.bin"


def make_files(directory, size=FILE_BYTES):
    """The two files of a run, different so that none passes for the other."""
    for number, name in enumerate((GET, PUT)):
        with open(os.path.join(directory, name), "wb") as out:
            out.write(random.Random(number).randbytes(size))


def _digest(path):
    try:
        with open(path, "rb") as data:
            return hashlib.sha256(data.read()).hexdigest()
    except FileNotFoundError:
        return None


class Transfer:
    """Both directions with one client, or the one that @only names ("get" or
    "put"); started at once. @job: what goes to clients.Job besides."""

    def __init__(self, client, space, server, directory, files, only=None,
                 **job):
        os.makedirs(directory)
        self._files, self._directory = files, directory
        self._home = server.home
        self._only = only
        served = f"{self._home}/{GET}"
        if not os.path.exists(served):
            shutil.copyfile(f"{files}/{GET}", served)
            os.chown(served, jail.UID, jail.UID)
        job = clients.Job(get="" if only == "put" else GET,
                          into=f"{directory}/{GOT}",
                          put="" if only == "get" else f"{files}/{PUT}",
                          **job)
        self.process = clients.start(client, space, job,
                                     f"{directory}/{client}")

    def finish(self):
        """Wait for the end; LabError unless all files arrived whole."""
        status = self.process.wait()
        for what, sent, arrived in self._pairs():
            if _digest(arrived) != _digest(sent):
                raise LabError(
                    f"{what}: {os.path.basename(arrived)} did not arrive "
                    f"whole (exit status {status}): {self.process.tail()}")

    def whole(self):
        """Did all files arrive as they were sent?"""
        return all(_digest(sent) == _digest(arrived)
                   for _, sent, arrived in self._pairs())

    def stop(self):
        self.process.stop()

    def _pairs(self):
        pairs = (("get", f"{self._files}/{GET}", f"{self._directory}/{GOT}"),
                 ("put", f"{self._files}/{PUT}", f"{self._home}/{PUT}"))
        return [pair for pair in pairs if self._only in (None, pair[0])]
