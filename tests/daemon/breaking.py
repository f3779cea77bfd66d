# SPDX-License-Identifier: GPL-2.0-or-later
"""What breaks around the daemon does not break the traffic."""

import json
import os
import resource
import signal
import threading

import checks
from dialog import Dialog, read_all
from firewall import SNAT
from ftps import Tls
from lab import Lab
from subject import Subject, must, same
from waiting import LabError, wait_until

# Commands whose events fill any pipe.
BURST = 500

# Entries of conntrack whose ends fill the socket's 4 MiB.
ENDS = 30000


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
    """vsftpd connects from port 20 always: towards the same port of the
    client, it meets the entry that conntrack keeps of the last connection."""
    with Lab(space) as lab:
        lab.server.sysctl("ipv4/tcp_tw_reuse", 1)  # or the server refuses
        subject = Subject(lab)
        subject.start()
        server = lab.serve("vsftpd")
        with open(f"{server.home}/file", "w", encoding="ascii") as out:
            out.write("dear")
        dialog = Dialog(lab)
        listener = dialog.listen()
        for _ in range(2):
            wait_until(lambda: fetch(dialog, listener), "a second connection")
        dialog.quit()
        same(subject.ask("stats")["daemon"]["entries_replaced"], 1,
             "entries replaced")
        same(lab.firewall.drops(), 0, "drops")


def fetch(dialog, listener):
    """False where the server has to wait before it may reuse its port."""
    dialog.command(dialog.active_line(listener), 200)
    dialog.send(b"RETR file\r\n")
    try:
        dialog.expect(150)
    except LabError as reply:
        if "'425 " not in str(reply):
            raise
        return False
    data, _ = listener.accept()
    same(read_all(data), b"dear", "the file")
    data.close()
    dialog.expect(226)
    return True


def check_the_end_of_a_data_connection(space):
    with Lab(space, SNAT) as lab:
        lab.gateway.sysctl("netfilter/nf_conntrack_acct", 1)
        subject = Subject(lab)
        subject.start()
        checks.transfers(lab, "curl", "EPSV", lab.serve("vsftpd"))
        lab.gateway.run(["conntrack", "-D", "--mark", "0x1000/0x1000"])
        event = subject.wait_event("data", op="close")
        must(max(event["bytes_from"], event["bytes_to"]) > 10_000_000,
             f"bytes: {event}")
        wait_until(lambda: subject.ask("status")["data_connections"] == 0,
                   "the end of all")


def _overrun(lab, subject, last=()):
    """The daemon sleeps while tens of thousands of connections end, and then
    those that the arguments @last of conntrack(8) delete."""
    batch = f"{lab.directory}/batch"
    pid = subject.pid()
    before = subject.ask("stats")["daemon"]["conntrack_overruns"]
    with open(batch, "w", encoding="ascii") as out:
        for i in range(ENDS):
            out.write(f"-I -s 10.9.{i >> 8}.{i & 255} -d 10.8.0.1 -p tcp "
                      "--sport 9 --dport 9 --state ESTABLISHED "
                      "--timeout 100 --mark 0x1000\n")
    lab.gateway.run(["conntrack", "-R", batch])
    os.kill(pid, signal.SIGSTOP)
    lab.gateway.run(["conntrack", "-D", "-d", "10.8.0.1"])
    if last:
        lab.gateway.run(["conntrack", *last])
    os.kill(pid, signal.SIGCONT)
    wait_until(
        lambda: subject.ask("stats")["daemon"]["conntrack_overruns"] > before,
        "a loss")


def check_an_end_that_nobody_heard(space):
    """After a loss the daemon asks which data connections live."""
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        lab.serve("vsftpd")
        dialog = Dialog(lab)
        data = dialog.socket()
        data.connect(dialog.passive())
        same(subject.ask("status")["data_connections"], 1, "to begin with")
        _overrun(lab, subject)
        wait_until(lambda: subject.ask("stats")["daemon"]["rechecks"] > 0,
                   "a look at it")
        same(subject.ask("status")["data_connections"], 1, "as it lives")
        _overrun(lab, subject, ("-D", "--mark", "0x1000/0x1000"))
        wait_until(lambda: subject.ask("status")["data_connections"] == 0,
                   "its end")
        same(subject.wait_event("data", op="close")["session"], 1, "session")
        data.close()


def check_a_session_off_the_queue_whose_end_nobody_heard(space):
    with Lab(space, SNAT, tls=Tls()) as lab:
        subject = Subject(lab, servers=[lab.server_entry()],
                          tls={"fast-path": True})
        subject.start()
        lab.serve("vsftpd")
        dialog = Dialog(lab)

        def states():
            return [s["state"] for s in subject.ask("sessions")["sessions"]]

        wait_until(lambda: states() == ["encrypted, not queued"],
                   "a session off the queue")
        _overrun(lab, subject)
        wait_until(lambda: subject.ask("stats")["daemon"]["rechecks"] > 0,
                   "a look at it")
        same(len(states()), 1, "as it lives")
        _overrun(lab, subject, ("-D", "-p", "tcp", "--dport", "21"))
        wait_until(lambda: states() == ["closing"], "its end")
        subject.wait_event("grant", op="close")
        dialog.close()


def check_more_ends_than_the_socket_holds(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        _overrun(lab, subject)
        same(subject.logged("events of connection tracking were lost"), 1,
             "complaints")
        checks.transfers(lab, "curl", "EPSV", lab.serve("vsftpd"))


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
