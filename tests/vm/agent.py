#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Inside the machine: runs what it is told over a serial line.

Both ways it is one JSON object a line. It says {"ready": true}; then for each
{"argv": [...], "env": {...}, "cwd": "...", "stdin": "..."} it says
{"line": "..."} for each line of output, and {"status": N} at the end. When the
other side says {"off": true}, the machine goes off.
"""

import json
import os
import subprocess
import sys
import tty

# Where the kernel looks for modules, and the tests' servers for accounts.
MODULES, SHADOW = "/lib/modules", "/etc/shadow"
SYSRQ = "/proc/sysrq-trigger"


def say(out, **what):
    out.write(json.dumps(what).encode() + b"\n")
    out.flush()


def run(out, job):
    try:
        child = subprocess.Popen(
            job["argv"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, cwd=job["cwd"],
            env={**os.environ, **job["env"]})
    except OSError as error:
        say(out, line=str(error))
        return 127
    try:
        child.stdin.write(job["stdin"].encode())
        child.stdin.close()
    except BrokenPipeError:
        pass  # it wants no more
    for text in child.stdout:
        say(out, line=text.decode(errors="backslashreplace").rstrip("\n"))
    return child.wait()


def prepare(modules):
    os.symlink(modules, MODULES)
    with open(os.open(SHADOW, os.O_CREAT | os.O_WRONLY, 0o600), "w",
              encoding="ascii"):
        pass
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def main():
    device, modules = sys.argv[1:]
    with open(device, "rb") as jobs, open(device, "wb") as out:
        tty.setraw(jobs)
        prepare(modules)
        say(out, ready=True)
        for text in jobs:
            job = json.loads(text)
            if "off" in job:
                break
            say(out, status=run(out, job))
    # At once: nothing here is worth a tidy end.
    with open(SYSRQ, "w", encoding="ascii") as trigger:
        trigger.write("o")
    os.wait()


if __name__ == "__main__":
    main()
