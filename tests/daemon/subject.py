# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon of one lab, asked for more than transfers need."""

import json
import os
import signal
import socket
import subprocess

import daemon
from waiting import PATIENCE_SECONDS, LabError, wait_until


class Subject(daemon.Daemon):
    """As Daemon; it ends with the lab. @name tells several in one lab apart.
    """

    def __init__(self, lab, name="sallyport", **config):
        self.directory = f"{lab.directory}/{name}"
        self.socket = f"{self.directory}/socket"
        self.config = f"{self.directory}/sallyport.yaml"
        self.log = f"{self.directory}/sallyport"
        self.space = lab.gateway
        self.process = None
        super().__init__(lab.gateway, self.directory,
                         {"control": {"ports": [lab.port]}, **config})
        lab.adopt(self)

    def argv(self, *words):
        return [daemon.program(), "-c", self.config, *words]

    def start(self, *words, env=None, through=()):
        """Run it; @words: what follows `run`; @through: a command that runs
        the rest of its arguments. Waits until it answers."""
        if not words:
            words = ("--json", f"{self.directory}/events")
        self.launch([*through, *self.argv("run", *words)], env)
        wait_until(self._answers, "an answer to sallyport ctl status")

    def launch(self, argv, env=None):
        """Run it by @argv, without a wait; it ends with the lab."""
        self.process = self._process = self.space.spawn(argv, self.log,
                                                        env=env)

    def events_at(self, path):
        """Where the event log is seen from here."""
        self._events = path

    def spawn(self, argv, name):
        """Run it beside the daemon; a Process."""
        return self.space.spawn(argv, f"{self.directory}/{name}")

    def kill(self, number):
        os.kill(self.pid(), number)

    def pid(self):
        return self.ask("status")["pid"]

    def ends(self, how=signal.SIGTERM):
        """Send the signal; the exit status."""
        self.kill(how)
        return self.process.wait()

    def call(self, *words, argv=None):
        """Run it in the gateway; a CompletedProcess, whatever its status."""
        return subprocess.run(
            ["ip", "netns", "exec", self.space.name,
             *(argv or self.argv(*words))],
            capture_output=True, text=True, check=False,
            timeout=PATIENCE_SECONDS)

    def ask(self, *words):
        """The answer of `ctl --json`."""
        return json.loads(self.ctl("--json", *words))

    def dial(self):
        """A bare connection to the control socket."""
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(PATIENCE_SECONDS)
        sock.connect(self.socket)
        return sock

    def raw(self, request):
        """What the control socket answers to these bytes."""
        with self.dial() as sock:
            sock.sendall(request)
            answer = b""
            while piece := sock.recv(65536):
                answer += piece
        return answer

    def logged(self, text):
        """How often standard error has it."""
        with open(self.log, encoding="utf-8") as lines:
            return sum(text in line for line in lines)

    def configure(self, text):
        """Another configuration file; JSON or any text."""
        if not isinstance(text, str):
            user = daemon.account()
            text = json.dumps({"control-socket": self.socket,
                               "state-file": f"{self.directory}/state",
                               **({"user": user} if user else {}), **text})
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(text)


def must(holds, what):
    if not holds:
        raise LabError(what)


def same(got, wanted, what):
    if got != wanted:
        raise LabError(f"{what}: {got!r}, not {wanted!r}")
