#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The core of the lab on the distribution's own kernel, in an emulated
machine, with every flavour of rules; or one command or script there."""

import argparse
import os
import re
import sys

import image
import machine
from flavour import FLAVOURS, NAMED

sys.path.insert(0, os.path.join(image.TOP, "tests", "lab"))

import daemon  # noqa: E402
import workspace  # noqa: E402
from report import FAILED, PASSED, SKIPPED, Report  # noqa: E402

# A boot and all that follows: some times what it takes here, as a slower
# machine that has other work too must not look like one that hangs. Each wait
# inside has its own bound.
LIMIT_SECONDS = 1200
# Of the emulated processor; while one test waits another may run.
SLOWNESS = 6
JOBS = 2
# Exit status: there is no machine to run anything in.
NOT_HERE = 77

TREES = ("tests/lab", "tests/vm", "tests/daemon", "rules", "systemd")
CORE = f"{image.HERE}/core.py"
# Programs of tests/unit that load nft's rules, and with --all those that see
# what is queued. Not every kernel's nft can.
UNITS = ("test_io_ruleset_nft",)
MORE_UNITS = ("test_io_ruleset_queue", "test_io_ruleset_marks")
_CHOOSE = """set -e
for program in iptables ip6tables; do
	for part in "" -save -restore; do
		ln -sf "$program-$0$part" "/usr/sbin/$program$part"
	done
done
"""


def show(line):
    print(line, flush=True)


def boot(args, *more):
    trees = [os.path.join(image.TOP, name) for name in TREES]
    return machine.Machine([*trees, daemon.program(), *more], args.limit)


def run(inside, flavour, argv, on_line, stdin=""):
    """Run @argv inside with rules of that flavour; gives its exit status."""
    inside.run(["sh", "-c", _CHOOSE, flavour.iptables], show)
    return inside.run(argv, on_line, {
        # In /tmp the lab would sweep away what comes from outside.
        "TMPDIR": "/var/tmp",
        "SALLYPORT": daemon.program(), daemon.FORMAT: flavour.rules,
        "SALLYPORT_LAB_SLOWNESS": str(SLOWNESS)}, stdin)


def script(args, text):
    try:
        with boot(args) as inside:
            return run(inside, args.flavours[0], ["sh", "-s"], show, text)
    except machine.MachineError as error:
        print(f"the machine failed: {error}", file=sys.stderr)
        return 1


class Listener:
    """Takes over what a Report inside says, line by line."""

    _LINE = re.compile(rf"({PASSED}|{FAILED}|{SKIPPED}) +(.*)")
    _END = re.compile(r"\d+ passed, \d+ failed, \d+ skipped")

    def __init__(self, report):
        self._report = report
        self.ended = False

    def hear(self, line):
        result = self._LINE.fullmatch(line)
        if result:
            self._report.line(*result.groups())
        elif self._END.fullmatch(line):
            self.ended = True
        else:
            show(line)


def core(args):
    """The core with every flavour; gives the exit status."""
    report = Report()
    try:
        # Here a certificate takes a tenth of a second; inside, some.
        with workspace.Workspace(file_bytes=0) as space:
            certificate = os.path.dirname(space.certificate.chain)
            units = map(unit, UNITS + MORE_UNITS)
            with boot(args, certificate, *units) as inside:
                inside.run(["uname", "-sr"], show)
                for flavour in args.flavours:
                    core_with(args, inside, flavour, certificate, report)
                    if flavour.rules == "nft":
                        units_with(args, inside, flavour, report)
    except machine.MachineError as error:
        report.line(FAILED, "the machine", str(error))
    return report.close()


def core_with(args, inside, flavour, certificate, report):
    listener = Listener(report)
    argv = [CORE, "--flavour", flavour.name, "--certificate", certificate,
            "--jobs", str(JOBS), *args.words]
    status = run(inside, flavour, argv + ["--all"] * args.all, listener.hear)
    if not listener.ended:
        report.line(FAILED, f"{flavour.name}: all of it",
                    f"ended with {status} before its last line")


def unit(name):
    return os.path.join(os.path.dirname(daemon.program()), "unit", name)


def units_with(args, inside, flavour, report):
    for name in UNITS + MORE_UNITS * args.all:
        title = f"{flavour.name}: {name}"
        if not set(args.words) <= set(title.split()):
            continue
        lines = []
        status = run(inside, flavour, [unit(name)], lines.append)
        done = sum("[       OK ]" in line for line in lines)
        if status == 0 and done:
            report.line(PASSED, title, f"{done} tests")
        else:
            report.line(FAILED, title, "\n    ".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", metavar="TEXT",
                        help="run this shell command and nothing else")
    parser.add_argument("--script", metavar="FILE",
                        type=argparse.FileType(encoding="utf-8"),
                        help="run this file with sh and nothing else")
    parser.add_argument("--flavour", choices=NAMED,
                        help="only with this one")
    parser.add_argument("--all", action="store_true", help="every cell")
    parser.add_argument("--limit", type=int, default=LIMIT_SECONDS,
                        metavar="SECONDS", help="what the machine may take, "
                        "boot included (default: %(default)s)")
    parser.add_argument("--sallyport", metavar="FILE",
                        help="the program to test (default: $SALLYPORT, "
                        "else build/sallyport)")
    parser.add_argument("words", nargs="*", metavar="WORD",
                        help="only what has all these words in its name")
    args = parser.parse_args()
    args.flavours = [NAMED[args.flavour]] if args.flavour else FLAVOURS
    if args.sallyport:
        os.environ["SALLYPORT"] = args.sallyport
    reason = machine.why_not() or daemon.why_not()
    if args.command or args.script:
        if reason:
            print(f"skip: {reason}")
            return NOT_HERE
        return script(args, args.command or args.script.read())
    if reason:
        report = Report()
        report.line(SKIPPED, "the lab on another kernel", reason)
        return report.close()
    return core(args)


if __name__ == "__main__":
    sys.exit(main())
