# SPDX-License-Identifier: GPL-2.0-or-later
"""What breaks around the daemon does not break the traffic."""

import json
import os
import resource
import threading

import checks
from dialog import Dialog, read_all
from firewall import SNAT
from lab import Lab
from subject import Subject, must, same
from waiting import LabError, wait_until

# Commands whose events fill any pipe.
BURST = 500


def check_a_full_disk(space):
    with Lab(space, SNAT) as lab:
        subject = Subject(lab)
        subject.start("--json", "/dev/full")
        checks.transfers(lab, "curl", "PORT", lab.serve("vsftpd"))
        wait_until(lambda: subject.ask("stats")["events"]["lost"] > 10,
                   "lost events")
        same(subject.logged("cannot write the event log"), 1, "complaints")
        same(subject.ends(), 0, "exit status")


def check_an_event_log_that_works_again(space):
    """The disk is full in the middle of a line; later it is not."""
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        lab.serve("vsftpd")
        Dialog(lab).quit()
        subject.wait_event("session_close", session=1)
        pid, log = subject.pid(), f"{subject.directory}/events"
        bound = os.stat(log).st_size + 10
        was = resource.prlimit(pid, resource.RLIMIT_FSIZE, (bound, -1))
        Dialog(lab).quit()
        wait_until(lambda: subject.logged("cannot write the event log"),
                   "the complaint")
        resource.prlimit(pid, resource.RLIMIT_FSIZE, was)
        Dialog(lab).quit()
        wait_until(lambda: subject.logged("works again"), "the recovery")
        same(subject.ends(), 0, "exit status")
        with open(log, encoding="utf-8") as lines:
            broken = [line for line in lines if not is_json(line)]
        must(len(broken) == 1, f"broken lines: {broken}")


def is_json(line):
    try:
        return json.loads(line) is not None
    except ValueError:
        return False


def check_a_pipe_that_nobody_reads(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        fifo = f"{subject.directory}/fifo"
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        subject.start("--json", fifo)
        lab.serve("vsftpd")
        dialog = Dialog(lab)
        for _ in range(BURST):
            dialog.command("NOOP", 200)
        wait_until(lambda: subject.ask("stats")["engine"]["commands"] > BURST,
                   "all commands")
        same(subject.ends(), 0, "exit status")
        must(subject.logged("nobody reads the event log"), "no word of it")
        os.close(reader)


def check_a_pipe_without_a_reader(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        fifo = f"{subject.directory}/fifo"
        os.mkfifo(fifo)
        same(subject.call("run", "--json", fifo).returncode, 3, "exit status")


def check_rules_unloaded_under_the_daemon(space):
    """Its sets are gone: no pinhole, one alert, and no end of the daemon."""
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        lab.serve("vsftpd")
        dialog = Dialog(lab)
        lab.gateway.run(["iptables", "-t", "raw", "-F"])
        lab.gateway.run(["ipset", "destroy", "sallyport4"])
        dialog.passive()
        subject.wait_event("alert", rule="action-failed")
        same([event["op"] for event in subject.events("pinhole")],
             ["open", "refuse"], "pinhole events")
        must(subject.logged("refused to open a pinhole"), "no word of it")
        subject.call("rules", "--load")
        dialog.passive()
        wait_until(lambda: checks.pinholes(lab), "a pinhole again")
        dialog.quit()


def check_an_active_port_again_and_again(space):
    """vsftpd connects from port 20 always: the second connection meets the
    entry that conntrack keeps of the first."""
    with Lab(space, SNAT) as lab:
        subject = Subject(lab)
        subject.start()
        server = lab.serve("vsftpd")
        with open(f"{server.home}/file", "w", encoding="ascii") as out:
            out.write("dear")
        dialog = Dialog(lab)
        listener = dialog.listen()
        for _ in range(3):
            dialog.command(dialog.active_line(listener), 200)
            dialog.command("RETR file", 150)
            data, _ = listener.accept()
            same(read_all(data), b"dear", "the file")
            data.close()
            dialog.expect(226)
        dialog.quit()
        checks.none_invalid(lab)


def check_two_workers_under_load_and_questions(space):
    """Transfers, while the daemon is asked and reloaded all the time."""
    with Lab(space, SNAT) as lab:
        subject = Subject(lab, queue={"workers": 2}, log={"level": "debug"})
        subject.start()
        server = lab.serve("vsftpd")
        done = threading.Event()

        def bother():
            while not done.is_set():
                for words in (("sessions",), ("pinholes",), ("stats",),
                              ("reload",)):
                    subject.ctl(*words)

        bothering = threading.Thread(target=bother)
        bothering.start()
        try:
            for command in ("PORT", "PASV", "EPSV", "EPRT"):
                checks.transfers(lab, "curl", command, server)
                lab.forget()
        finally:
            done.set()
            bothering.join()
        checks.none_invalid(lab)
        same(subject.ends(), 0, "exit status")
