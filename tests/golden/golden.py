#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What `sallyport replay` makes of every capture, next to what it made when
somebody last looked at it: the table, the event log and the rewritten capture.

NAME.txt is of pcaps/NAME.pcap. Of captures that others made only digests are
kept, in shared.txt. `make golden` writes all of them anew; git shows the
difference, which is to be read."""

import argparse
import difflib
import hashlib
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "replay"))

import captures
import compact
from report import Report, Skip, attempt
from waiting import LabError

SHARED = os.path.join(HERE, "shared.txt")

# Of a difference: what fits on a screen.
DIFFERENCE_LINES = 40


def sections(capture):
    """{title: text} of all that is compared."""
    status, table, errors = captures.replay(capture)
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out.pcap")
        again, log, _ = captures.replay(capture, "--json", "-w", out)
        with open(out, "rb") as file:
            written = file.read()
        packets = compact.written(out)
    return {
        "exit status": f"{status}, with --json {again}\n{errors.decode()}",
        "table": table.decode(),
        "--json": compact.events(log.decode()),
        "-w": f"{packets}sha256 {hashlib.sha256(written).hexdigest()}\n",
    }


def text_of(capture):
    return "".join(f"== {title}\n{text}" for title, text
                   in sections(capture).items())


def digests_of(capture):
    return f"{capture.name}\n" + "".join(
        f"\t{title}: {hashlib.sha256(text.encode()).hexdigest()}\n"
        for title, text in sections(capture).items())


def _kept(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _path(capture):
    return os.path.join(HERE, f"{capture.name}.txt")


def _kept_digests():
    """{name of a capture: its lines}"""
    found = {}
    for line in _kept(SHARED).splitlines(keepends=True):
        if not line.startswith("\t"):
            name = line.strip()
        found[name] = found.get(name, "") + line
    return found


def _same(kept, now):
    if kept != now:
        lines = list(difflib.unified_diff(
            kept.splitlines(), now.splitlines(), "kept", "now", lineterm=""))
        raise LabError("\n".join(["not what it was", *lines[:DIFFERENCE_LINES],
                                  f"({len(lines)} lines)"]))


def check(capture):
    if capture.shared:
        kept = _kept_digests().get(capture.name)
        if kept is None:
            raise LabError("nothing is kept of it: make golden")
        return _same(kept, digests_of(capture))
    return _same(_kept(_path(capture)), text_of(capture))


def none_left():
    """A kept file without a capture is one that nobody looks at."""
    names = {f"{c.name}.txt" for c in captures.own()} | {
        os.path.basename(SHARED)}
    left = [name for name in sorted(os.listdir(HERE))
            if name.endswith(".txt") and name not in names]
    if left:
        raise LabError(f"of no capture: {', '.join(left)}")


def write(pool):
    own, shared = captures.own(), captures.shared()
    for capture, text in zip(own, pool.map(text_of, own)):
        with open(_path(capture), "w", encoding="utf-8") as file:
            file.write(text)
    for name in set(os.listdir(HERE)) - {f"{c.name}.txt" for c in own}:
        if name.endswith(".txt") and name != os.path.basename(SHARED):
            os.remove(os.path.join(HERE, name))
    if shared:  # where there are none, what is kept of them stays
        with open(SHARED, "w", encoding="utf-8") as file:
            file.writelines(pool.map(digests_of, shared))
    else:
        print(f"no captures in {captures.SHARED}: shared.txt is as it was")


def no_shared():
    raise Skip(f"no captures in {captures.SHARED}")


def compare(pool):
    told = Report()
    checks = [(c.name, lambda c=c: check(c))
              for c in captures.own() + captures.shared()]
    checks.append(("every kept file has its capture", none_left))
    if not captures.shared():
        checks.append(("captures that others made", no_shared))
    results = pool.map(lambda one: attempt(one[1]), checks)
    for (name, _), (outcome, note) in zip(checks, results):
        told.line(outcome, name, note)
    return told.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sallyport", metavar="FILE")
    parser.add_argument("--write", action="store_true",
                        help="keep what it makes now")
    args = parser.parse_args()
    if args.sallyport:
        os.environ["SALLYPORT"] = args.sallyport
    # Deterministic wherever it runs.
    os.environ.update(TZ="UTC", LC_ALL="C.UTF-8", COLUMNS="80")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        if args.write:
            return write(pool)
        return compare(pool)


if __name__ == "__main__":
    sys.exit(main())
