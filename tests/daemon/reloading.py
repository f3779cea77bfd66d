# SPDX-License-Identifier: GPL-2.0-or-later
"""A changed configuration, under sessions that go on."""

import os
import signal

from dialog import Dialog
from lab import Lab
from subject import Subject, must, same
from waiting import wait_until


SERVER = {"name": "x", "address": ["10.2.5.5"],
          "passive-ports": "42000-42999"}


def check_a_session_goes_on_under_the_new_policy(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        lab.serve("vsftpd")
        dialog = Dialog(lab)
        dialog.passive()
        subject.configure({"pinhole": {"denied-ports": ["1024-65535"]}})
        answer = subject.ask("reload")
        same((answer["reloaded"], answer["needs_restart"],
              answer["needs_rules"]), (True, [], False), "answer")
        dialog.passive()
        subject.wait_event("alert", rule="denied-port", session=1)
        same(len(subject.ask("sessions")["sessions"]), 1, "sessions")
        dialog.quit()


def check_what_cannot_change_is_named(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        subject.configure({
            "queue": {"workers": 2, "length": 99},
            "limits": {"sessions": 7},
            "tls": {"fast-mark": "0x10", "data-mark": "0x20"},
            "metrics": {"listen": "127.0.0.1:9742"},
            "control-socket": f"{subject.directory}/elsewhere"})
        answer = subject.raw(b"reload\n").decode()
        for name in ("queue.workers", "queue.length", "limits.sessions",
                     "tls.fast-mark", "tls.data-mark", "metrics.listen", "control-socket"):
            must(f'"{name}"' in answer, f"no {name} in {answer}")
        must(not os.path.exists(f"{subject.directory}/elsewhere"),
             "a second socket")
        subject.configure({})
        same(subject.ask("status")["queues"], [0], "queues")
        same(subject.ask("reload")["needs_restart"], [], "as at the start")


def check_changed_ports_want_new_rules(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        for change in ({"control": {"ports": [21, 2121]}},
                       {"servers": [SERVER]},
                       {"servers": [SERVER | {"data-protection": "require"}]},
                       {"tls": {"fast-path": True}}):
            subject.configure(change)
            same(subject.ask("reload")["needs_rules"], True, f"{change}")
            same(subject.ask("reload")["needs_rules"], False, "once more")


def check_what_no_rule_says_wants_no_new_rules(space):
    """The engine alone knows of clients, rates and what is expected."""
    with Lab(space) as lab:
        subject = Subject(lab, servers=[SERVER])
        subject.start()
        for change in ({"servers": [SERVER | {"max-new": 7, "max-data": 7,
                                              "tls": "expected"}]},
                       {"servers": [SERVER], "tls": {"explicit": "require"},
                        "clients": [{"name": "c", "address": ["10.1.4.4"],
                                     "public-address": "203.0.113.9",
                                     "active-ports": "50000-50099"}]}):
            subject.configure(change)
            answer = subject.ask("reload")
            same((answer["reloaded"], answer["needs_restart"],
                  answer["needs_rules"]), (True, [], False), f"{change}")


def check_a_broken_file_changes_nothing(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        lab.serve("vsftpd")
        dialog = Dialog(lab)
        subject.configure("queue:\n  workers: 0\nnonsense: 1\n")
        for words in (("ctl", "reload"),
                      ("ctl", "--socket", subject.socket, "reload"),
                      ("ctl", "--json", "-s", subject.socket, "reload")):
            done = subject.call(*words)
            same(done.returncode, 2, "exit status")
            must(f"{subject.config}:2:" in done.stderr, done.stderr)
            must(f"{subject.config}:3:" in done.stderr, done.stderr)
        dialog.passive()
        subject.wait_event("pinhole", op="open")  # by the old policy
        os.unlink(subject.config)
        done = subject.call("ctl", "--socket", subject.socket, "reload")
        same(done.returncode, 2, "exit status without the file")
        dialog.quit()


def check_sighup(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        pid = subject.pid()
        subject.configure({"log": {"level": "debug"}})
        os.kill(pid, signal.SIGHUP)
        wait_until(lambda: subject.logged("loaded again"), "the reload")
        same(subject.ask("status")["log_level"], "debug", "level")
        subject.configure("nonsense: 1\n")
        os.kill(pid, signal.SIGHUP)
        wait_until(lambda: subject.logged("not loaded"), "the refusal")
        must(subject.logged(f"{subject.config}:1: "), "no problem in the log")
        must(subject.process.running(), "the daemon is gone")


def check_a_rotated_event_log(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        lab.serve("vsftpd")
        Dialog(lab).quit()
        subject.wait_event("session_close", session=1)
        log = f"{subject.directory}/events"
        os.rename(log, f"{log}.1")
        subject.kill(signal.SIGHUP)
        wait_until(lambda: os.path.exists(log), "a new event log")
        Dialog(lab).quit()
        subject.wait_event("session_close", session=2)
        with open(log, encoding="utf-8") as new, \
                open(f"{log}.1", encoding="utf-8") as old:
            must('"session":1,' not in new.read(), "old events in the new")
            must('"session":2,' not in old.read(), "new events in the old")
