# SPDX-License-Identifier: GPL-2.0-or-later
"""How it ends, and what is left then."""

import os
import signal

import checks
from dialog import Dialog
from firewall import SNAT
from lab import Lab
from subject import Subject, must, same
from waiting import wait_until


def with_a_pinhole(lab, subject):
    """A session with an open pinhole."""
    subject.start()
    lab.serve("vsftpd")
    dialog = Dialog(lab)
    dialog.passive()
    must(checks.pinholes(lab), "no pinhole in the kernel")
    return dialog


def all_is_gone(lab, subject):
    same(checks.pinholes(lab), [], "pinholes in the kernel")
    must(not os.path.exists(subject.socket), "the socket is left")
    same(lab.gateway.read("netfilter/nfnetlink_queue"), "", "queues")
    same(subject.events("pinhole")[-1]["op"], "close", "last pinhole event")
    same(subject.events("session_close")[-1]["reason"], "shutdown", "reason")
    checks.none_invalid(lab)


NO_STATE = {"state-file": ""}


def check_sigterm(space):
    with Lab(space, SNAT) as lab:
        subject = Subject(lab, **NO_STATE)
        dialog = with_a_pinhole(lab, subject)
        same(subject.ends(signal.SIGTERM), 0, "exit status")
        all_is_gone(lab, subject)
        dialog.command("NOOP", 200)  # nothing of it was rewritten: it lives


def check_sigint(space):
    with Lab(space, SNAT) as lab:
        subject = Subject(lab, **NO_STATE)
        with_a_pinhole(lab, subject)
        same(subject.ends(signal.SIGINT), 0, "exit status")
        all_is_gone(lab, subject)


def check_ctl_stop(space):
    """It returns when all is clean."""
    with Lab(space, SNAT) as lab:
        subject = Subject(lab)
        with_a_pinhole(lab, subject)
        same(subject.ctl("stop"), "stopped\n", "answer")
        all_is_gone(lab, subject)
        same(subject.process.wait(), 0, "exit status")
        subject.start()
        same(subject.ask("sessions")["sessions"], [], "sessions kept")


def check_what_is_kept_for_the_next(space):
    """A signal leaves all as it is; the next one goes on."""
    with Lab(space, SNAT) as lab:
        subject = Subject(lab)
        dialog = with_a_pinhole(lab, subject)
        before = checks.pinholes(lab)
        same(subject.ends(signal.SIGTERM), 0, "exit status")
        same(checks.pinholes(lab), before, "pinholes in the kernel")
        same(subject.events("session_close"), [], "told of an end")
        same(os.stat(f"{subject.directory}/state").st_mode & 0o777, 0o600,
             "mode of the state file")
        subject.start()
        must(subject.logged("1 sessions and 1 pinholes taken over"), "log")
        same(len(subject.ask("pinholes")["pinholes"]), 1, "pinholes")
        dialog.passive()
        dialog.quit()
        subject.wait_event("session_close", session=1)


def check_what_ended_without_a_daemon(space):
    """It is not kept for ever: conntrack is asked."""
    with Lab(space, SNAT) as lab:
        subject = Subject(lab)
        dialog = with_a_pinhole(lab, subject)
        same(subject.ends(signal.SIGKILL), -signal.SIGKILL, "exit status")
        dialog.quit()
        subject.start()
        subject.wait_event("session_close", session=1,
                           reason="ended while no daemon ran")
        same(checks.pinholes(lab), [], "pinholes in the kernel")


def check_state_that_cannot_be_trusted(space):
    """Another's is refused, a damaged one is not read."""
    with Lab(space, SNAT) as lab:
        subject = Subject(lab)
        with_a_pinhole(lab, subject)
        same(subject.ends(signal.SIGKILL), -signal.SIGKILL, "exit status")
        state = f"{subject.directory}/state"
        with open(state, "r+b") as out:
            out.seek(16)
            out.write(b"x")
        subject.start()
        must(subject.logged("not taken over, it is damaged"), "no word of it")
        same(subject.ask("sessions")["sessions"], [], "sessions")
        same(subject.ends(signal.SIGKILL), -signal.SIGKILL, "exit status")
        os.rename(state, f"{state}.old")
        os.symlink(f"{state}.old", state)
        done = subject.call("run")
        same(done.returncode, 3, "exit status with a link")
        must("it is no regular file of this user alone" in done.stderr,
             done.stderr)


def check_another_daemons_socket_is_left_alone(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        pid = subject.pid()
        os.unlink(subject.socket)
        with open(subject.socket, "w", encoding="ascii"):
            pass
        os.kill(pid, signal.SIGTERM)
        same(subject.process.wait(), 0, "exit status")
        must(os.path.exists(subject.socket), "it removed another's file")


def check_a_killed_daemon_opens_nothing(space):
    """What it left in the sets ends by itself; a new one starts over it."""
    with Lab(space, SNAT) as lab:
        # Long enough to be seen, also on a slow machine.
        subject = Subject(lab, pinhole={"timeout": "5s"}, **NO_STATE)
        dialog = with_a_pinhole(lab, subject)
        same(subject.ends(signal.SIGKILL), -signal.SIGKILL, "exit status")
        wait_until(lambda: not checks.pinholes(lab), "the sets' own timeout")
        subject.start()
        dialog.command("NOOP", 200)
        wait_until(lambda: subject.events("session_open")[-1]["midstream"],
                   "the session, picked up in its middle")
        dialog.passive()
        same(checks.pinholes(lab), [], "pinholes for it")
        other = Dialog(lab)
        other.passive()
        must(checks.pinholes(lab), "no pinhole for a new session")
