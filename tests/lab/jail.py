# SPDX-License-Identifier: GPL-2.0-or-later
"""A private view of /etc for the servers, which want a system user.

The lab's own passwd, shadow, group, nsswitch.conf and pam.d are mounted over
the machine's, in a mount namespace of each server's own.
"""

import os

USER = "ftpuser"
PASSWORD = "sallyport"
# `openssl passwd -6 -salt reference sallyport`
_HASH = ("$6$reference$s6rUzsgBO9pigpUuY6DRFALoJ7Qf82Jj3yNxzzI7/7TZ9Py"
         "GRIIUqiPCW4SPowMRfmU802IQXueutgpmpLFOr.")
# As the servers see it.
HOME = "/run/ftpuser"
# Belongs to nobody on a real machine; its files are gone after the run.
UID = 61021

_FILES = {
    "passwd": "root:x:0:0:root:/root:/bin/sh\n"
              "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
              "{user}:x:{uid}:{uid}::{home}:/bin/sh\n",
    "group": "root:x:0:\nnogroup:x:65534:\n{user}:x:{uid}:\n",
    "shadow": "root:*:19000::::::\n{user}:{hash}:19000::::::\n",
    # Nobody answers DNS here; servers that ask all the same would wait.
    "nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\n"
                     "hosts: files\n",
}
_PAM = "auth required pam_unix.so\naccount required pam_unix.so\n"
_SERVICES = ("vsftpd", "proftpd", "pure-ftpd")

# /run is private too: servers keep pid files and scoreboards there. So is the
# home in it, whose path servers tell (PWD): the same in every run.
_FSTAB = "".join(f"{{directory}}/{name} /etc/{name} none bind\n"
                 for name in (*_FILES, "pam.d")) + f"""\
tmpfs /run tmpfs
{{home}} {HOME} none bind,x-mount.mkdir
"""
_ENTER = 'mount --all --no-mtab --fstab "$0/fstab" && exec "$@"'


def make(directory, home):
    """Write the files into @directory and make the user's @home."""
    os.makedirs(f"{directory}/pam.d")
    for name, text in _FILES.items():
        _write(f"{directory}/{name}", text.format(
            user=USER, uid=UID, home=HOME, hash=_HASH))
    os.chmod(f"{directory}/shadow", 0o600)
    for service in _SERVICES:
        _write(f"{directory}/pam.d/{service}", _PAM)
    _write(f"{directory}/fstab",
           _FSTAB.format(directory=directory, home=home))
    os.makedirs(home)
    os.chown(home, UID, UID)


def inside(directory, argv):
    """The command that runs @argv with that view."""
    return ["unshare", "--mount", "sh", "-c", _ENTER, directory, *argv]


def _write(path, text):
    with open(path, "w", encoding="ascii") as out:
        out.write(text)
