# SPDX-License-Identifier: GPL-2.0-or-later
"""Sallyport itself, on the gateway of one lab."""

import json
import os
import pwd
import shutil

from waiting import LabError, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
BUILT = os.path.join(HERE, "..", "..", "build", "sallyport")

# The environment's word on the language of its rules: iptables or nft.
FORMAT = "SALLYPORT_FORMAT"


def program():
    """The binary under test: $SALLYPORT, else the one that `make` builds."""
    return os.path.abspath(os.environ.get("SALLYPORT") or BUILT)


def why_not():
    """Why there is nothing to test, or None."""
    if not shutil.which(program()):
        return f"no sallyport to run: {program()} (make, or set SALLYPORT)"
    return None


def account():
    """Whom it becomes, as nobody need make a user for the tests; or None."""
    try:
        return pwd.getpwnam("nobody").pw_name
    except KeyError:
        return None


class Daemon:
    """Its rules are loaded by the constructor; start() runs it.

    @config: what differs from the default configuration, as a dict; None: not
    even that.
    """

    def __init__(self, gateway, directory, config):
        os.makedirs(directory)
        user = account()
        if user:
            # It rotates its event log there, and removes its socket.
            os.chown(directory, pwd.getpwnam(user).pw_uid, -1)
            config = {"user": user, **config}
        self._gateway = gateway
        self._directory = directory
        self._events = f"{directory}/events"
        self._process = None
        config = {"control-socket": f"{directory}/socket",
                  "state-file": f"{directory}/state", **config}
        config = {k: v for k, v in config.items() if v is not None}
        with open(f"{directory}/sallyport.yaml", "w",
                  encoding="ascii") as out:
            json.dump(config, out, indent=1)  # which is YAML too
        self._call("rules", "--format", os.environ.get(FORMAT, "iptables"),
                   "--load")

    def start(self):
        """Returns when it answers on its control socket."""
        self._process = self._gateway.spawn(
            self._argv("run", "--json", self._events),
            f"{self._directory}/sallyport")
        wait_until(self._answers, "an answer to sallyport ctl status")

    def stop(self):
        if self._process:
            self._process.stop(gently=True)

    def kill(self):
        """As a crash does; it has no time for anything."""
        self._process.stop()

    def ctl(self, *words):
        """Output of `sallyport ctl`, which must succeed."""
        return self._call("ctl", *words)

    def events(self, name=""):
        """All events so far, or those of that name, as dicts."""
        if not os.path.exists(self._events):
            return []
        with open(self._events, encoding="utf-8") as log:
            lines = log.read().split("\n")[:-1]  # the last may be half there
        return [e for e in map(json.loads, lines)
                if name in ("", e["event"])]

    def wait_event(self, name, **fields):
        """The first event of that name with these fields, now or later."""
        def found():
            self._process.must_run()
            return next((e for e in self.events(name) if all(
                e.get(key) == value for key, value in fields.items())), None)

        return wait_until(found, f"event {name} {fields or ''}")

    def alerts(self):
        return [event["rule"] for event in self.events("alert")]

    def _argv(self, *words):
        return [program(), "-c", f"{self._directory}/sallyport.yaml", *words]

    def _call(self, *words):
        return self._gateway.run(self._argv(*words))

    def _answers(self):
        self._process.must_run()
        try:
            return self.ctl("status") or True
        except LabError:
            return False
