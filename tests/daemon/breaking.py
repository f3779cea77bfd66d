# SPDX-License-Identifier: GPL-2.0-or-later
"""What breaks around the daemon does not break the traffic."""

import contextlib
import json
import os
import resource
import signal
import threading

import checks
from descriptors import ENDS_GROUP, SmallBuffer
from dialog import Dialog, read_all
from firewall import BOTH, SNAT
from ftps import Tls
from lab import Lab
from subject import Subject, must, same
from waiting import LabError, wait_until

# What the daemon has open by itself, and a few more.
DESCRIPTORS = 40

# Commands whose events fill any pipe.
BURST = 500

# Entries of conntrack whose ends fill the smallest buffer.
ENDS = 50


def check_an_event_log_that_works_again(space):
    """The disk is full in the middle of a line; later it is not."""
    with Lab(space) as lab:
        subject = Subject(lab, user="root")  # whose limits are ours to set
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


def check_rules_in_another_language_under_the_daemon(space):
    """It need not be told: pinholes go to the sets that are there. Control
    connections are still queued by the old rules, as not every kernel's nft
    can queue."""
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        must(subject.logged("rules: info: loaded for iptables"), "no word")
        lab.serve("vsftpd")
        dialog = Dialog(lab)
        lab.gateway.run(["iptables", "-t", "raw", "-F"])
        lab.gateway.run(["ip6tables", "-t", "raw", "-F"])
        checks.destroy_sets(lab)
        subject.ask("reload")
        must(subject.logged("none are loaded"), "no word of it")
        text = subject.call("rules", "--format", "nft").stdout
        lab.gateway.run(["nft", "-f", "-"],
                        text.partition("\n\tchain")[0] + "}\n")
        dialog.passive()
        wait_until(lambda: checks.pinholes(lab), "a pinhole in the table")
        same([event["op"] for event in subject.events("pinhole")], ["open"],
             "pinhole events")
        subject.ask("reload")
        must(subject.logged("rules: info: loaded for nft"), "no word of nft")
        dialog.quit()
        checks.nothing_open(lab)
        lab.gateway.run(["ipset", "create", "sallyport4", "hash:ip,port,ip"])
        subject.ask("reload")
        must(subject.logged("queued twice"), "no word of both")


def check_no_descriptor_to_look_up_a_translation(space):
    """Behind two translations a socket of its own is wanted for that."""
    with Lab(space, BOTH) as lab:
        subject = Subject(lab)
        subject.start(through=["prlimit", f"--nofile={DESCRIPTORS}"])
        lab.serve("vsftpd")
        with contextlib.ExitStack() as readers:
            for _ in range(DESCRIPTORS):
                readers.enter_context(subject.dial()).sendall(b"events\n")
            wait_until(lambda: subject.logged("cannot accept"), "the last")
            Dialog(lab).command("PASV", 227)
            subject.wait_event("alert", rule="nat-unknown")
            must(subject.logged("opens nothing: Too many open files"),
                 "no word of the reason")
        same(subject.events("pinhole"), [], "pinholes")


def check_an_active_port_again_and_again(space):
    """vsftpd connects from port 20 always: towards the same port of the
    client, it meets the entry that conntrack keeps of the last connection."""
    with Lab(space) as lab:
        lab.server.sysctl("ipv4/tcp_tw_reuse", 1)  # or the server refuses
        subject = Subject(lab)
        subject.start()
        server = lab.serve("vsftpd")
        server.keep("file", b"dear")
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
    """The daemon sleeps while more connections end than its socket holds, and
    then those that the arguments @last of conntrack(8) delete."""
    pid = subject.pid()
    before = subject.ask("stats")["daemon"]["conntrack_overruns"]
    checks.make_entries(lab, ENDS, "10.8.0.1", "--mark", "0x1000")
    with SmallBuffer(pid, groups=ENDS_GROUP):
        os.kill(pid, signal.SIGSTOP)
        lab.gateway.run(["conntrack", "-D", "-d", "10.8.0.1"])
        if last:
            lab.gateway.run(["conntrack", *last])
        os.kill(pid, signal.SIGCONT)
        wait_until(lambda: subject.ask("stats")["daemon"][
            "conntrack_overruns"] > before, "a loss")


def check_an_end_that_nobody_heard(space):
    """After a loss the daemon asks which data connections live."""
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        lab.serve("vsftpd")
        dialog = Dialog(lab)
        data = dialog.socket()
        data.connect(dialog.passive())
        wait_until(lambda: subject.ask("status")["data_connections"] == 1,
                   "the data connection")
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
