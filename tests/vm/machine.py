# SPDX-License-Identifier: GPL-2.0-or-later
"""A PC without a disk or a network, emulated, with the distribution's kernel.

It needs no root and no KVM, keeps no file, and cannot outlive this process.
"""

import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

import image

QEMU = "qemu-system-x86_64"
# Two would keep each other busy: the same work takes twice the time.
PROCESSORS = 1
# Twice what the archive, and the tests' files, ever took.
MEMORY_MB = 1024
# What the kernel says goes to the first serial line, results to the second.
KERNEL_TTY, RESULT_TTY = "ttyS0", "/dev/ttyS1"
# Gone at once when it panics. The others save time where no processor is real:
# programs lie where they lay before, so that their code is translated once; no
# secret in memory is to be protected; the clock needs no watching, and the
# ciphers were tested by who made the kernel.
KERNEL_OPTIONS = ("quiet panic=-1 norandmaps mitigations=off init_on_alloc=0 "
                  "tsc=reliable cryptomgr.notests=1")
# Enough of the console to see why it ended.
TAIL_LINES = 20
PANIC = "Kernel panic"
# After "off"; then it is killed.
OFF_SECONDS = 10
READ_BYTES = 65536


class MachineError(Exception):
    """It did not boot, hung or died; the text has the end of its console."""


def why_not():
    """Why there can be no machine here, or None."""
    for tool, package in ((QEMU, "qemu-system-x86"), ("cpio", "cpio"),
                          ("setpriv", "util-linux")):
        if not shutil.which(tool):
            return f"{tool} is not there: install {package}"
    if not os.path.isdir(f"{image.KERNEL}/boot"):
        return "there is no kernel to boot: run tests/vm/fetch-kernel.sh"
    return None


class Machine:
    """Use as a context manager; it has booted when entered.

    @more: files and trees of this machine that it shall have besides.
    @seconds: all that it may take, boot included.
    """

    def __init__(self, more, seconds):
        self._more = more
        self._deadline = time.monotonic() + seconds
        self._limit = seconds
        self._pending = b""

    def __enter__(self):
        archive = image.pack(self._more)
        # Both the machine and qemu itself write to it.
        self._console = tempfile.TemporaryFile()
        fcntl.fcntl(self._console, fcntl.F_SETFL, os.O_APPEND)
        files = (archive.fileno(), self._console.fileno())
        self._qemu = subprocess.Popen(
            # Whatever happens to this process, qemu goes with it.
            ["setpriv", "--pdeathsig", "KILL", *_command(*files)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self._console, pass_fds=files)
        archive.close()
        try:
            self._hear("ready")
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self._say(off=True)
            try:
                self._qemu.wait(OFF_SECONDS)
            except subprocess.TimeoutExpired:
                pass
        self._kill()

    def run(self, argv, on_line, env=None, stdin=""):
        """Run @argv inside, in this project's directory; on_line(text) gets
        each line of its output. Gives the exit status."""
        self._say(argv=argv, env=env or {}, cwd=image.TOP, stdin=stdin)
        while True:
            told = self._hear("line", "status")
            if "status" in told:
                return told["status"]
            on_line(told["line"])

    def _say(self, **what):
        try:
            self._qemu.stdin.write(json.dumps(what).encode() + b"\n")
            self._qemu.stdin.flush()
        except BrokenPipeError:
            pass  # _hear() tells

    def _hear(self, *wanted):
        """The next object, which has one of the keys @wanted."""
        while b"\n" not in self._pending:
            left = self._deadline - time.monotonic()
            ready, _, _ = select.select([self._qemu.stdout], [], [],
                                        max(0, left))
            if not ready:
                raise self._error(f"not done after {self._limit} s")
            data = os.read(self._qemu.stdout.fileno(), READ_BYTES)
            if not data:
                raise self._error("it went off")
            self._pending += data
        line, self._pending = self._pending.split(b"\n", 1)
        try:
            told = json.loads(line)
        except ValueError:
            told = {}
        if not any(key in told for key in wanted):
            raise self._error(f"no result: {line!r}")
        return told

    def _error(self, what):
        self._kill()
        self._console.seek(0)
        text, panic, rest = self._console.read().decode(
            errors="replace").partition(PANIC)
        # What led to it, and why; then follows a stack.
        lines = (text + panic + rest.partition("\n")[0]).splitlines()
        # The console moves a cursor, and what is not printable is of no use.
        tail = ["".join(c for c in line if c.isprintable())
                for line in lines[-TAIL_LINES:]]
        return MachineError("\n    ".join([what, *tail]))

    def _kill(self):
        self._qemu.kill()
        self._qemu.wait()
        self._qemu.stdin.close()
        self._qemu.stdout.close()


def _command(archive, console):
    agent = f"{RESULT_TTY} {image.KERNEL}/lib/modules"
    return [
        QEMU, "-nodefaults", "-no-user-config", "-no-reboot",
        "-accel", "tcg,thread=multi", "-cpu", "max",
        "-smp", str(PROCESSORS), "-m", str(MEMORY_MB), "-display", "none",
        "-kernel", image.kernel(), "-initrd", f"/proc/self/fd/{archive}",
        "-append", f"console={KERNEL_TTY} {KERNEL_OPTIONS} "
                   f"rdinit={image.HERE}/init -- {agent}",
        "-chardev", f"file,id=console,path=/proc/self/fd/{console},append=on",
        "-serial", "chardev:console",
        "-serial", "stdio",
    ]
