# SPDX-License-Identifier: GPL-2.0-or-later
"""What is under way when something fails: one of each kind of connection that
the daemon can have to do with, through a gateway that masquerades."""

import os
import signal

import probes
from gauge import Gauge
from probes import Peer
from subject import Subject, must, same
from waiting import wait_until

NEW, KNOWN, REWRITTEN, PINHOLE, TRANSFER = KINDS = (
    "new", "known", "rewritten", "pinhole", "transfer")
GOES_ON = "goes on"

PIECE = os.urandom(1 << 16)


class Scene:
    """@config: as for Subject.

    known      a session in which nothing was rewritten
    rewritten  one with a PORT of another length than the client sent
    pinholes   sessions with an open pinhole that nobody has used yet, and
               where it leads: one for each measurement
    transfer   a file on its way through a data connection
    """

    def __init__(self, lab, server, when_down, queue=None, **config):
        self.lab, self.server, self.when_down = lab, server, when_down
        self.subject = Subject(
            lab, f"sallyport-{when_down}",
            queue={"when-down": when_down, **(queue or {})},
            # They wait for all that is measured before.
            pinhole={"timeout": "600s"}, **config)
        self.gauge = Gauge(lab, self._stopped)
        self.known = self.rewritten = self.transfer = None
        self.pinholes = []

    def begin(self, *words, **start):
        """Start the daemon, and the connections. @words, @start: as for
        Subject.start()."""
        self.start(*words, **start)
        self.transfer = Transfer(self.lab, self.server)
        self.known = Peer(self.lab)
        self.rewritten, self._silent = self._rewrite(), self._rewrite()
        for _ in range(2):
            peer = Peer(self.lab)
            self.pinholes.append((peer, peer.passive()))

    def _rewrite(self):
        # Its address is a digit longer than the gateway's.
        peer = Peer(self.lab, "thief_in")
        peer.command(peer.active_line(peer.listen()), 200)
        return peer

    def silent(self):
        """The word for one more `rewritten`, which says nothing before."""
        return probes.known(self._silent, self.gauge)

    def start(self, *words, **start):
        self.subject.start(*words, **start)
        self.pid = self.subject.pid()

    def measure(self):
        """{kind: word}, as far as there is one of the kind."""
        words = {NEW: probes.new(self.lab, self.gauge)}
        if self.known:
            words[KNOWN] = probes.known(self.known, self.gauge)
            words[REWRITTEN] = probes.known(self.rewritten, self.gauge)
        if self.pinholes:
            peer, where = self.pinholes.pop(0)
            words[PINHOLE] = probes.data(peer, where, self.gauge)
        if self.transfer:
            words[TRANSFER] = self.transfer.goes_on()
        return words

    def forget_control(self, *which):
        """Delete conntrack's entries of control connections, as conntrack(8)
        selects them; no packet of theirs is on its way to make them anew."""
        def acknowledged():
            lines = self.lab.server.read("tcp").splitlines()[1:]
            return all(line.split()[4].startswith("00000000:")
                       for line in lines)

        wait_until(acknowledged, "acknowledgements of all replies")
        self.lab.gateway.run(["conntrack", "-D", "-p", "tcp", "--dport",
                              str(self.lab.port), *which])

    def end(self):
        """What must hold at the end of it all."""
        self.transfer.end()
        # Nothing is left for the next daemon.
        self.subject.ctl("stop")
        same(self.subject.process.wait(), 0, "exit status")

    def send(self, number):
        """A signal, to a daemon that may not answer. When it is to stand
        still, all of its threads do; when it is to go on, it has taken what
        waited."""
        os.kill(self.pid, number)
        if number == signal.SIGSTOP:
            wait_until(self._stopped, "the daemon standing still")
        elif number == signal.SIGCONT:
            wait_until(lambda: not self.gauge.waiting(), "an empty queue")

    def alerts(self):
        """All, once there is one."""
        return wait_until(self.subject.alerts, "an alert")

    def last_event(self):
        """When a command that is given now comes to the log."""
        told = len(self.subject.events("command"))
        self.known.command("NOOP", 200)
        return wait_until(lambda: self.subject.events("command")[told:],
                          "the command's event")[-1]["ts"]

    def busy(self):
        """Seconds of the processor that the daemon has used."""
        with open(f"/proc/{self.pid}/stat", encoding="utf-8") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    def engine_count(self, name):
        return self.subject.ask("stats")["engine"][name]

    def daemon_count(self, name):
        return self.subject.ask("stats")["daemon"][name]

    def _stopped(self):
        process = self.subject.process
        return bool(process) and process.stopped()


class Transfer:
    """A file that goes to the server piece by piece."""

    def __init__(self, lab, server):
        self._peer = Peer(lab)
        self._data = self._peer.socket()
        self._data.connect(self._peer.passive())
        self._peer.command("STOR file", 150)
        self._path = f"{server.home}/file"
        self._sent = 0
        self.goes_on()

    def goes_on(self):
        """Send one more piece; LabError unless it arrives."""
        self._data.sendall(PIECE)
        self._sent += 1
        wait_until(lambda: self._arrived() == self._sent * len(PIECE),
                   "a piece of a file")
        return GOES_ON

    def end(self):
        """LabError unless the file is whole."""
        self._data.close()
        with open(self._path, "rb") as got:
            must(got.read() == PIECE * self._sent, "the file is not whole")

    def _arrived(self):
        try:
            return os.stat(self._path).st_size
        except FileNotFoundError:
            return 0
