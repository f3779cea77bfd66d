#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Do replay and tshark read the same in every capture? Commands, replies, the
endpoints that they announce, and the connections for data. And has tshark
anything to complain of in what -w writes?"""

import argparse
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import captures  # finds report.py and waiting.py
import known
import told
import tshark_read
import tshark_written
from report import Report, Skip, attempt
from waiting import LabError

SECRET = (b"PASS", b"ACCT")


def _differ(what, ours, theirs):
    """LabError where two lists differ, with the first place that does."""
    for at, (one, other) in enumerate(zip(ours, theirs)):
        if one != other:
            raise LabError(f"{what} {at + 1}: replay {one}, tshark {other}")
    if len(ours) != len(theirs):
        more = max(ours, theirs, key=len)
        raise LabError(f"{what}: {'replay' if more is ours else 'tshark'} "
                       f"alone has {more[min(len(ours), len(theirs))]}")


def _commands(talk):
    return [(verb, b"***" if verb in SECRET else arg) for verb, arg in
            map(tshark_read.command, tshark_read.joined(talk.commands))]


def _announced(talk):
    """In the order of the frames."""
    found = [(line.frame, tshark_read.announced(line, sender))
             for lines, sender in ((talk.commands, talk.client),
                                   (talk.replies, talk.server))
             for line in lines]
    return [one for _, one in sorted(found, key=lambda pair: pair[0]) if one]


def _same(capture, kind, ours, theirs):
    """Gives how many were the same."""
    for difference in known.of(capture.name):
        if difference.kind == kind:
            before = ours, theirs
            ours, theirs = difference.apply(ours, theirs)
            if before == (ours, theirs):
                raise LabError(f"nothing is left out by: {difference.why}")
    _differ(kind, ours, theirs)
    return len(ours)


def _real(capture, announced):
    """Endpoints by their real addresses."""
    return [(via, *capture.real((host, port)))
            for via, host, port in announced]


def _without_endpoints(commands):
    """For the far side of a gateway that translates: the endpoints in its
    commands are other ones. _real() makes them the same."""
    return [(verb, b"" if verb in (b"PORT", b"EPRT", b"LPRT") else arg)
            for verb, arg in commands]


def lines(capture, ours, theirs):
    """Each of tshark's control connections, which may be the two legs of one
    of replay's sessions. Gives how many lines were the same."""
    sessions = {(session.client, session.server): session for session in ours}
    talks = [((capture.real(talk.client), capture.real(talk.server)), talk)
             for talk in theirs.talks.values()]
    _differ("session", sorted(sessions), sorted({ends for ends, _ in talks}))
    count = 0
    for ends, talk in talks:
        session = sessions[ends]
        commands = session.commands, _commands(talk)
        if ends != (talk.client, talk.server):
            commands = map(_without_endpoints, commands)
        count += _same(capture, known.COMMAND, *commands)
        count += _same(capture, known.REPLY, session.replies,
                       tshark_read.replies(tshark_read.joined(talk.replies)))
        count += _same(capture, known.ENDPOINT,
                       _real(capture, session.announced),
                       _real(capture, _announced(talk)))
    return count


def data(capture, ours, theirs):
    """All other connections between the hosts, let in or not. Gives how many
    were the same."""
    def real(pairs):
        return sorted({(capture.real(one), capture.real(other))
                       for one, other in pairs})

    return _same(capture, known.DATA,
                 real(ends for session in ours for ends in session.data),
                 real(theirs.data()))


def agree(capture, rsa_key):
    read = (tshark_read.read_twice if capture.name in known.TLS_UNSEEN
            else tshark_read.read)
    ours = told.sessions(captures.replay(capture, "--json")[1].decode())
    theirs = read(capture.path, capture.keylog, rsa_key)
    return (f"{lines(capture, ours, theirs)} lines, "
            f"{data(capture, ours, theirs)} data connections")


def written(capture):
    """What -w writes: tshark complains of what it complains of in the capture
    itself, at most."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out.pcap")
        captures.replay(capture, "--json", "-w", out)
        new = tshark_written.complaints(out)
    if new:
        new -= tshark_written.complaints(capture.path)
    expected, _ = known.WRITTEN.get(capture.name, ({}, ""))
    if new != expected:
        raise LabError(", ".join(f"{what}: {count} more than before"
                                 for what, count in sorted(new.items())))


def _why_not():
    for tool in ("tshark", "openssl"):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    if not os.access(captures.program(), os.X_OK):
        return f"no sallyport to run: {captures.program()}"
    return None


def _checks(rsa_key):
    """[(name, function)]"""
    made = []
    for capture in captures.own() + captures.shared():
        made.append((capture.name,
                     functools.partial(agree, capture, rsa_key)))
        made.append((f"{capture.name}, -w",
                     functools.partial(written, capture)))
    return made


def _skip(why):
    def check():
        raise Skip(why)
    return check


def compare():
    told_of = Report()
    with tempfile.TemporaryDirectory() as folder, \
            ThreadPoolExecutor(os.cpu_count()) as pool:
        why = _why_not()
        if why:
            checks = [("replay and tshark", _skip(why))]
        else:
            key = os.path.join(folder, "key.pem")
            subprocess.run(["openssl", "genrsa", "-out", key, "2048"],
                           check=True, capture_output=True)
            checks = _checks(key)
        if not captures.shared():
            checks.append(("captures that others made",
                           _skip(f"none in {captures.SHARED}")))
        results = pool.map(lambda one: attempt(one[1]), checks)
        for (name, _), (outcome, note) in zip(checks, results):
            told_of.line(outcome, name, note)
    return told_of.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sallyport", metavar="FILE")
    args = parser.parse_args()
    if args.sallyport:
        os.environ["SALLYPORT"] = args.sallyport
    return compare()


if __name__ == "__main__":
    sys.exit(main())
