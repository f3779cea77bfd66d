# SPDX-License-Identifier: GPL-2.0-or-later
"""The log in systemd's journal, of which a socket of our own takes the place."""

import os
import socket

from dialog import Dialog
from lab import Lab
from subject import Subject, must, same
from waiting import PATIENCE_SECONDS, wait_until


def entry(datagram):
    """The fields of one entry of the native protocol."""
    fields = {}
    while datagram:
        head, _, datagram = datagram.partition(b"\n")
        name, equals, value = head.partition(b"=")
        if not equals:
            length = int.from_bytes(datagram[:8], "little")
            value = datagram[8:8 + length]
            same(datagram[8 + length:9 + length], b"\n", "end of a value")
            datagram = datagram[9 + length:]
        must(name.decode() not in fields, f"{name} twice")
        fields[name.decode()] = value.decode()
    return fields


class Journal:
    """What listens where the journal would."""

    def __init__(self, lab):
        self.path = f"{lab.directory}/journal"
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.settimeout(PATIENCE_SECONDS)
        self.sock.bind(self.path)
        os.chmod(self.path, 0o666)

    def until(self, **fields):
        """The next entry that has these fields."""
        while True:
            got = entry(self.sock.recv(65536))
            if fields.items() <= got.items():
                return got

    def close(self):
        self.sock.close()
        os.unlink(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def check_events_with_fields(space):
    with Lab(space) as lab, Journal(lab) as journal:
        subject = Subject(lab, log={"to": "journal"})
        subject.start(env={"SALLYPORT_JOURNAL_SOCKET": journal.path})
        started = journal.until(SALLYPORT_TOPIC="run")
        same((started["PRIORITY"], started["SYSLOG_IDENTIFIER"]),
             ("6", "sallyport"), "the first entry")
        lab.serve("vsftpd")
        dialog = Dialog(lab)
        dialog.send(b"PORT 192,0,2,1,19,137\r\n")
        dialog.expect(500)
        opened = journal.until(SALLYPORT_EVENT="session_open")
        alert = journal.until(SALLYPORT_EVENT="alert")
        same({name: alert[f"SALLYPORT_{name}"] for name in
              ("RULE", "SEVERITY", "SESSION", "CLIENT", "SERVER")},
             {"RULE": "bounce", "SEVERITY": "critical", "SESSION": "1",
              "CLIENT": opened["SALLYPORT_CLIENT"],
              "SERVER": opened["SALLYPORT_SERVER"]}, "fields of the alert")
        same(alert["PRIORITY"], "4", "priority of an alert")
        must(alert["MESSAGE"].startswith("event: "), alert["MESSAGE"])
        same(subject.ask("status")["log_to"], "journal", "where it goes")
        same(subject.logged("sallyport"), 0, "lines on standard error")
        dialog.quit()


def check_standard_error_that_leads_there(space):
    """JOURNAL_STREAM names it; of another file it says nothing."""
    with Lab(space) as lab, Journal(lab) as journal:
        env = {"SALLYPORT_JOURNAL_SOCKET": journal.path}
        subject = Subject(lab)
        with open(subject.log, "wb") as log:
            st = os.fstat(log.fileno())
        env["JOURNAL_STREAM"] = f"{st.st_dev}:{st.st_ino}"
        subject.start(env=env)
        journal.until(SALLYPORT_TOPIC="run")
        same(subject.ends(), 0, "exit status")
        end = journal.until(MESSAGE="run: stopped; the sessions are kept")
        same(end["PRIORITY"], "6", "the end")
        env["JOURNAL_STREAM"] = f"{st.st_dev}:{st.st_ino + 1}"
        subject.start(env=env)
        wait_until(lambda: subject.logged("sallyport: run: info:"),
                   "lines on standard error")
        same(subject.ends(), 0, "exit status")


def check_a_journal_that_goes_away(space):
    """Lines go to standard error then; and it must be there at the start."""
    with Lab(space) as lab:
        subject = Subject(lab, log={"to": "journal"})
        env = {"SALLYPORT_JOURNAL_SOCKET": f"{lab.directory}/journal"}
        done = subject.call(argv=["env", *(f"{k}={v}" for k, v in env.items()),
                                  *subject.argv("run")])
        same(done.returncode, 3, "exit status")
        must("set log.to: stderr" in done.stderr, done.stderr)
        with Journal(lab) as journal:
            subject.start(env=env)
            journal.until(SALLYPORT_TOPIC="run")
        same(subject.ends(), 0, "exit status")
        same(subject.logged("sallyport: run: info: stopped"), 1, "lines")
