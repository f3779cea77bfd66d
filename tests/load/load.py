# SPDX-License-Identifier: GPL-2.0-or-later
"""The load: one daemon between one server and, act after act, many clients;
what they and the daemon tell is kept."""

import os
import re
import time

import field as network
import mix
from subject import Subject
from waiting import LabError

# Between two looks at the daemon.
LOOK_SECONDS = 1

# A machine that gets on at a tenth of what is asked is still waited for.
SLOWNESS = 10

# What the table has room for: the default.
SESSIONS = 65536

# What passes unread is not translated: bursts of some thousand sessions must
# not fill the queue, and while no process runs packets had better be dropped and
# sent again.
CONFIG = {
    "log": {"level": "warning"},
    "queue": {"length": 65536, "when-down": "drop"},
    "limits": {"sessions": SESSIONS, "sessions-per-client": 8192,
               "pinholes-per-client": 8192},
    "servers": [network.secure_server()],
}


class Look:
    """The daemon at one time."""

    def __init__(self, subject):
        pid = subject.pid()
        stats = subject.ask("stats")
        self.at = time.monotonic()
        self.engine = stats["engine"]
        self.daemon = stats["daemon"]
        self.queues = stats["queues"]
        self.memory_kb = _memory_kb(pid)
        self.descriptors = len(os.listdir(f"/proc/{pid}/fd"))


def _memory_kb(pid):
    """Of its own: pages of the state file are the file system's."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"^RssAnon:\s+(\d+) kB", status.read(),
                             re.M).group(1))


class Load:
    """@plan: the mix.Clients of an act. Acts come one after the other; end()
    is the last."""

    def __init__(self, field, plan):
        self.field = field
        self.plan = plan
        self.acts = []  # the clients' reports on each
        self.complaints = []
        self.subject = Subject(field, **CONFIG)
        self.subject.start("--foreground")
        self._relay = field.relay()
        self._server = field.program(
            field.server, "server", mix.sessions(plan),
            *network.servers(network.GOOD), *network.servers(network.BAD))
        self._server.wait_line("ready")
        self.lives = [[Look(self.subject)]]  # what was seen of each process
        self.full_at = None  # this process: when all held ones were open
        self.server = self.relay = None

    def act(self, seconds, meanwhile=lambda: None):
        """All clients of the plan, for so long; meanwhile() is called now and
        then."""
        programs = self._start(seconds)
        self.full_at = self.full_at or time.monotonic()
        deadline = time.monotonic() + SLOWNESS * (seconds + 60)
        while any(p.process.running() for p in programs):
            self._server.process.must_run()
            self._relay.process.must_run()
            if time.monotonic() > deadline:
                raise LabError(f"not done after {SLOWNESS} times {seconds} s")
            time.sleep(LOOK_SECONDS)
            self.look()
            meanwhile()
        self.acts.append([program.wait() for program in programs])
        for program in programs:
            self.complaints += program.complaints()

    def _start(self, seconds):
        """Those who hold connections open begin; the others when all are."""
        programs = []
        for origin, client in enumerate(self.plan):
            program = self.field.program(
                self.field.client, "client",
                *arguments(client, origin, seconds))
            programs.append(program)
            program.wait_line("held", SLOWNESS * 30)
        return programs

    def look(self):
        look = Look(self.subject)
        self.lives[-1].append(look)
        return look

    def restart(self, how):
        """End the process by the signal @how, and run another one."""
        self.look()
        self.subject.ends(how)
        self.subject.start("--foreground")
        self.lives.append([Look(self.subject)])
        self.full_at = None

    def configure(self, **more):
        """Write another configuration; it is not read yet."""
        self.subject.configure({**CONFIG, **more})

    def end(self):
        """The server's and the relay's own report."""
        self.server = self._server.end()
        self.complaints += self._server.complaints()
        self.relay = self._relay.end()
        self.look()

    def ended(self, kind):
        """Sessions of that kind that ended as they should."""
        return sum(report["ended"][kind] for report in self._reports())

    def total(self, name):
        return sum(report[name] for report in self._reports())

    def _reports(self):
        return (report for act in self.acts for report in act)

    def counted(self, group, name):
        """By all processes; where the counter is a family, {value: number} of
        those that are not 0."""
        last = [getattr(life[-1], group)[name] for life in self.lives]
        if not isinstance(last[0], dict):
            return sum(last)
        total = {key: sum(each[key] for each in last) for key in last[0]}
        return {key: number for key, number in total.items() if number}


def arguments(client, origin, seconds):
    public = network.publics(client.net)
    return [f"origin={origin}", f"held={client.held}", f"rate={client.rate}",
            f"sessions={client.rate * seconds}", f"window={client.window}",
            f"secure={public[-1]}",
            *(f"to={addr}" for addr in public[:-1]),
            *(f"from={addr}" for addr in network.clients(client.net)),
            *(f"kind={kind}:{n}" for kind, n in client.kinds.items())]
