#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Ten thousand control connections at once and a thousand new ones a second,
with files, through a gateway that translates both ends; some by a way that
loses and reorders, some that ask for endpoints without end. Or, with --soak,
somewhat less of it for long, with a daemon that is not left in peace."""

import argparse
import contextlib
import os
import resource
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", name) for name in ("lab", "daemon")]

import daemon  # noqa: E402
import workspace  # noqa: E402
from report import SKIPPED, Report, attempt  # noqa: E402

import judge  # noqa: E402
import mix  # noqa: E402
from disturbing import Disturbance  # noqa: E402
from field import Field  # noqa: E402
from load import Load  # noqa: E402

BUILT = os.path.join(HERE, "..", "..", "build", "load")

CONNTRACK_MAX = "/proc/sys/net/netfilter/nf_conntrack_max"

# What the relay does follows from it.
SEED = 1

# Of a soak: then all clients begin anew.
ACT_SECONDS = 60


def why_not(plan):
    """Why there can be no load here, or None."""
    return (workspace.why_not() or daemon.why_not() or
            too_few_descriptors(mix.descriptors(plan)) or
            too_few_entries(mix.entries(plan)))


def too_few_descriptors(needed):
    """What is started from here inherits what is allowed here."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE,
                           (needed, max(needed, hard)))
    except (ValueError, PermissionError):
        return (f"a process may have {hard} descriptors, not {needed}:"
                " see ulimit -Hn")
    return None


def too_few_entries(needed):
    """The kernel lets only its first network namespace change this."""
    with open(CONNTRACK_MAX, encoding="ascii") as number:
        there = int(number.read())
    if there < needed:
        return (f"conntrack may have {there} entries, not {needed}:"
                f" see {CONNTRACK_MAX}")
    return None


def once(load, seconds):
    load.act(seconds)


def soak(load, seconds):
    """In the first half the daemon is restarted now and then; in the second one
    process must stand it all."""
    disturbance = Disturbance(load)
    begin = time.monotonic()
    while time.monotonic() < begin + seconds:
        load.act(min(ACT_SECONDS, seconds), disturbance.next)
        if time.monotonic() > begin + seconds / 2:
            disturbance.restarts = False


def perform(report, programs, plan, what, work):
    """Do work(load), then look whether all holds that must."""
    with workspace.Workspace(0) as space, \
            Field(space, programs, SEED) as field:
        load = Load(field, plan)
        outcome, note = attempt(lambda: work(load) or load.end())
        report.line(outcome, what, note)
        for name, check in judge.checks():
            outcome, note = attempt(lambda: check(load))
            report.line(outcome, name, note)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sallyport", metavar="FILE",
                        help="the program to test")
    parser.add_argument("--programs", metavar="DIRECTORY", default=BUILT,
                        help="where load_client and the others are")
    parser.add_argument("--rate", type=int, help="new sessions a second")
    parser.add_argument("--held", type=int, help="sessions that stay open")
    parser.add_argument("--seconds", type=int,
                        default=int(os.environ.get("LOAD_SECONDS", 60)),
                        help="(default: $LOAD_SECONDS, else 60)")
    parser.add_argument("--soak", action="store_true")
    args = parser.parse_args()
    if args.sallyport:
        os.environ["SALLYPORT"] = args.sallyport
    usual = mix.SOAK if args.soak else mix.FULL
    plan = mix.clients(args.rate or usual.rate, args.held or usual.held)
    name, work = ("soak", soak) if args.soak else ("load", once)
    report = Report()
    reason = why_not(plan)
    if reason:
        report.line(SKIPPED, "load", reason)
    else:
        perform(report, args.programs, plan,
                f"{args.seconds} s of {name}",
                lambda load: work(load, args.seconds))
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
