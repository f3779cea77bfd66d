# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets that wait for the ones before them get their verdicts later: each
the right one, and none is forgotten."""

import checks
from firewall import SNAT
from lab import Lab
from rawtcp import RawTcp
from subject import Subject, must, same
from topology import V4, address
from waiting import wait_until

# HELD_US of the engine: a packet that waits longer is dropped.
HELD_SECONDS = 2


def waiting(subject):
    """Packets in the kernel's queues without a verdict."""
    return sum(q["waiting"] for q in subject.ask("stats")["queues"])


def held(subject):
    return subject.ask("stats")["engine"]["packets_held"]


def check_packets_out_of_order(space):
    for workers in (1, 2):
        with Lab(space, SNAT) as lab:
            subject = Subject(lab, queue={"workers": workers})
            subject.start()
            lab.serve("vsftpd")
            tcp = RawTcp(lab)
            first, second, third = b"USER nob", b"ody\r\nUSER any", b"body\r\n"
            tcp.segment(third, len(first + second))
            tcp.segment(second, len(first))
            wait_until(lambda: waiting(subject) == 2, "two held packets")
            same(held(subject), 2, "packets held")
            tcp.segment(first)
            tcp.acknowledged(len(first + second + third))
            wait_until(lambda: waiting(subject) == 0, "their verdicts")
            wait_until(lambda: len(subject.events("command")) >= 2, "events")
            args = [event["arg"] for event in subject.events("command")]
            same(args, ["nobody", "anybody"], "what was read")
            checks.none_invalid(lab)


def check_a_rewritten_line_in_wrong_order(space):
    """PORT in two halves, the second first; both leave as one."""
    with Lab(space, SNAT) as lab:
        subject = Subject(lab, pinhole={"require-login": False})
        subject.start()
        lab.serve("vsftpd")
        tcp = RawTcp(lab)
        wait_until(lambda: lab.client_tap.replies(), "the greeting")
        line = f"PORT {address('client', V4)},156,64\r\n".replace(".", ",")
        first, second = line[:12].encode(), line[12:].encode()
        tcp.segment(second, len(first))
        wait_until(lambda: waiting(subject) == 1, "a held packet")
        tcp.segment(first)
        tcp.acknowledged(len(line))
        wait_until(lambda: waiting(subject) == 0, "its verdict")
        sent, = lab.server_tap.endpoint_commands()
        must(sent.startswith(
            f"PORT {address('outer', V4).replace('.', ',')},"), sent)
        checks.none_invalid(lab)


def check_a_hole_that_nobody_fills(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        lab.serve("vsftpd")
        RawTcp(lab).segment(b"NOOP\r\n", 10)
        wait_until(lambda: waiting(subject) == 1, "a held packet")
        wait_until(lambda: waiting(subject) == 0, "its verdict",
                   2 * HELD_SECONDS)
        same(subject.ask("stats")["engine"]["packets_dropped"], 1, "drops")


def check_stopping_with_held_packets(space):
    with Lab(space) as lab:
        subject = Subject(lab, **{"state-file": ""})
        subject.start()
        lab.serve("vsftpd")
        tcp = RawTcp(lab)
        tcp.segment(b"NOOP\r\n", 10)
        wait_until(lambda: waiting(subject) == 1, "a held packet")
        same(subject.ends(), 0, "exit status")
        same(subject.events("session_close")[-1]["reason"], "shutdown",
             "reason")
        tcp.segment(b"USER nobo")
        tcp.segment(b"d\r\nNOOP\r\n", 9)
        tcp.acknowledged(18)
