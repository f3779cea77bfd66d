# SPDX-License-Identifier: GPL-2.0-or-later
"""Running named checks in one workspace, some at a time."""

import os
from concurrent.futures import ThreadPoolExecutor

import daemon
import workspace
from report import SKIPPED, Report, attempt


def add_arguments(parser):
    """What the programs of the lab have in common."""
    parser.add_argument("--sallyport", metavar="FILE",
                        help="the program to test (default: $SALLYPORT, "
                        "else build/sallyport)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(),
                        help="how many at a time (default: one a processor)")


def run(args, checks, needs_sallyport=True, **space):
    """Run @checks, a list of (name, function of a Workspace), and print a
    line on each, in their order; gives the exit status. @space: as
    Workspace has it."""
    if args.sallyport:
        os.environ["SALLYPORT"] = args.sallyport
    report = Report()
    reason = workspace.why_not()
    if needs_sallyport:
        reason = reason or daemon.why_not()
    if reason:
        for name, _ in checks:
            report.line(SKIPPED, name, reason)
    else:
        _run_all(checks, report, args.jobs, space)
    return report.close()


def _run_all(checks, report, jobs, options):
    with workspace.Workspace(**options) as space, \
            ThreadPoolExecutor(jobs) as pool:
        try:
            results = pool.map(
                lambda check: attempt(lambda: check[1](space)), checks)
            for (name, _), (outcome, note) in zip(checks, results):
                report.line(outcome, name, note)
        except BaseException:
            # Ends the checks that run, and lets no other begin.
            pool.shutdown(wait=False, cancel_futures=True)
            space.abort()
            raise
