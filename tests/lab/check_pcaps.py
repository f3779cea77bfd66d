#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Are the captures in pcaps/ those of its list, and what the list says? Makes
nothing and needs no root."""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import jail
import make_pcaps
import report
from make_pcaps import PCAPS, path
from report import Report, Skip
from waiting import LabError

# They are kept in the repository, in every version of theirs.
MOST_BYTES = 1500 << 10

# Where tshark 4.0 does not find the beginning of TLS, or nobody could.
UNREADABLE = {
    "split-234": "looks for the whole 234 in one segment",
    "joined-clienthello": "looks for TLS at the start of a segment",
    "midstream-ftps-passive-v4": "the handshake is not in it",
}
# Of IPv4 fragments and of cut packets no TCP checksum can be computed.
UNCHECKED = ("fragments-", "snapped-")

# What only a decrypted control connection shows.
HIDDEN = re.compile(rf"^(PASS {jail.PASSWORD}|PBSZ 0|FEAT)", re.M)


def names(ending):
    return sorted(name for name, kind in map(os.path.splitext,
                                             os.listdir(PCAPS))
                  if kind == f".{ending}")


def listed():
    """What the list has is there and nothing besides; and it is the list of
    the table in pcap_cases.py."""
    with open(os.path.join(PCAPS, "README.md"), encoding="ascii") as file:
        text = file.read()
    for ending in ("pcap", "keylog"):
        there = sorted(f"{name}.{ending}" for name in names(ending))
        said = sorted(re.findall(rf"`([\w-]+\.{ending})`", text))
        if there != said:
            raise LabError(f"listed or there, but not both: "
                           f"{sorted(set(there) ^ set(said))}")
    if text != make_pcaps.list_text():
        raise LabError("pcaps/README.md is not what make pcaps writes")
    return f"{len(names('pcap'))} captures, {len(names('keylog'))} key logs"


def small():
    total = sum(entry.stat().st_size for entry in os.scandir(PCAPS))
    if total > MOST_BYTES:
        raise LabError(f"{total} bytes, more than {MOST_BYTES}")
    return f"{total} bytes"


def _output(*argv):
    if not shutil.which(argv[0]):
        raise Skip(f"{argv[0]} is not installed")
    done = subprocess.run(argv, capture_output=True, check=False)
    if done.returncode:
        raise LabError(f"{' '.join(argv)}: {done.stderr.decode().strip()}")
    return done.stdout.decode("latin-1")


def read_by_tcpdump(name):
    """To the end, with right checksums."""
    text = _output("tcpdump", "-nvvr", path(name))
    if "incorrect" in text and not name.startswith(UNCHECKED):
        raise LabError(f"{name}: a wrong checksum")


def read_by_tshark(name):
    """With its key log the control connection is legible."""
    if name in UNREADABLE:
        return
    text = _output("tshark", "-n", "-r", path(name), "-o",
                   f"tls.keylog_file:{path(name, 'keylog')}",
                   "-d", "tcp.port==21,tls", "-d", "tcp.port==990,tls",
                   "-q", "-z", "follow,tls,ascii,0")
    if not HIDDEN.search(text):
        raise LabError(f"{name}: nothing decrypted")


def each(check, ending):
    """@check(name) for all captures or key logs, some at a time."""
    def run():
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            done = list(pool.map(check, names(ending)))
        return f"{len(done)} files"
    return run


def main():
    checks = {
        "captures are the listed ones": listed,
        "captures are small": small,
        "captures in tcpdump": each(read_by_tcpdump, "pcap"),
        "key logs in tshark": each(read_by_tshark, "keylog"),
    }
    told = Report()
    for name, check in checks.items():
        outcome, note = report.attempt(check)
        told.line(outcome, name, note)
    return told.close()


if __name__ == "__main__":
    sys.exit(main())
