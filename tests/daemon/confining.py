# SPDX-License-Identifier: GPL-2.0-or-later
"""What a daemon that has started can do no more, and who may ask it things."""

import grp
import json
import os
import pwd

import daemon
from dialog import Dialog
from lab import Lab
from subject import Subject, must, same
from waiting import wait_until

# linux/capability.h
CAPABILITIES = {"dac_read_search": 2, "net_admin": 12, "net_raw": 13,
                "sys_chroot": 18}
NET_ADMIN = 1 << CAPABILITIES["net_admin"]

HERE = os.path.dirname(os.path.abspath(__file__))

# Of users that need not exist.
STRANGER, MEMBER = 61023, 61024


def threads(pid):
    """/proc/PID/task/*/status, as one dict for each thread."""
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as f:
            yield dict(line.split(":\t", 1) for line in f.read().splitlines()
                       if ":\t" in line)


def is_confined(pid, uid, bounding=0):
    """Every thread is @uid, has one capability and a filter; no file is left.
    Gives the number of threads. @bounding: see capabilities(7)."""
    count = 0
    for status in threads(pid):
        count += 1
        same(status["Uid"].split(), [str(uid)] * 4, "uid")
        same({name: int(status[name], 16) for name in
              ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")},
             {"CapInh": 0, "CapPrm": NET_ADMIN, "CapEff": NET_ADMIN,
              "CapBnd": bounding, "CapAmb": 0}, "capabilities")
        same((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"),
             "no new privileges, filter")
    same(os.listdir(f"/proc/{pid}/root/"), [], "its root directory")
    same(os.listdir(f"/proc/{pid}/cwd/"), [], "its working directory")
    return count


def check_every_thread(space):
    with Lab(space) as lab:
        subject = Subject(lab, queue={"workers": 3},
                          metrics={"listen": "127.0.0.1:9742"})
        subject.start()
        uid = pwd.getpwnam(daemon.account()).pw_uid
        pid = subject.pid()
        same(is_confined(pid, uid), 5, "threads: main, journal, workers")
        must(not subject.logged("not to be had"), "something was not to be "
             "had here")
        lab.serve("vsftpd")
        Dialog(lab).quit()
        subject.wait_event("session_close")
        is_confined(pid, uid)
        for name in ("socket", "events"):
            same(os.stat(f"{subject.directory}/{name}").st_uid, uid,
                 f"owner of {name}")
        same(subject.ends(), 0, "exit status")
        must(not os.path.exists(subject.socket), "the socket is left")


def check_without_a_user(space):
    """It becomes sallyport, or else stays root: with one capability."""
    with Lab(space) as lab:
        subject = Subject(lab, user=None)
        subject.start()
        try:
            uid = pwd.getpwnam("sallyport").pw_uid
        except KeyError:
            uid = 0
        is_confined(subject.pid(), uid)
        same(subject.logged("there is no user sallyport"), int(uid == 0),
             "warnings")


def check_users_and_groups_that_are_not_there(space):
    with Lab(space) as lab:
        for key in ("user", "control-socket-group"):
            subject = Subject(lab, key, **{key: "nosuchname"})
            done = subject.call("run")
            same(done.returncode, 3, "exit status")
            same(len(done.stderr.splitlines()), 1, "lines")
            must(f"set another {key}: nosuchname" in done.stderr, done.stderr)


def check_no_sandbox(space):
    with Lab(space) as lab:
        subject = Subject(lab, sandbox=False)
        subject.start()
        for status in threads(subject.pid()):
            same((status["Uid"].split()[0], status["Seccomp"]), ("0", "0"),
                 "uid, filter")
        same(subject.logged("sandbox: false"), 1, "warnings")


def check_in_a_user_namespace(space):
    """Only what is to be had there, told once."""
    with Lab(space) as lab:
        subject = Subject(lab, "alone", user="daemon")
        nobody = daemon.account()
        for path in (lab.directory, subject.directory):
            os.chmod(path, 0o777)
        as_nobody = ["setpriv", f"--reuid={nobody}", "--clear-groups"]
        # Its network is not the lab's, where all that runs is ended.
        subject.launch([*as_nobody, "unshare", "-Urn", "--kill-child",
                        *subject.argv("run")])

        def answers():
            subject.process.must_run()
            done = subject.call(argv=as_nobody + subject.argv(
                "ctl", "--json", "status"))
            return not done.returncode and json.loads(done.stdout)
        pid = wait_until(answers, "an answer")["pid"]
        uid = pwd.getpwnam(nobody).pw_uid
        is_confined(pid, uid)
        same(subject.logged("not to be had here"), 1, "warnings")
        must(subject.logged("another user (Operation not permitted)"),
             "no word of the user")


def unit_says(name):
    """The value of that line in the systemd unit."""
    path = os.path.join(HERE, "..", "..", "systemd", "sallyport.service.in")
    with open(path, encoding="ascii") as lines:
        value, = [line.strip().split("=", 1)[1] for line in lines
                  if line.startswith(name + "=")]
    return value


def check_as_the_unit_starts_it(space):
    """Never root, with the unit's capabilities, its socket in a directory of
    its own: it still has counters of root's and an empty root directory."""
    with Lab(space) as lab:
        user = pwd.getpwnam(daemon.account())
        names = [name.lower().removeprefix("cap_")
                 for name in unit_says("AmbientCapabilities").split()]
        same(unit_says("CapabilityBoundingSet"),
             unit_says("AmbientCapabilities"), "bounding set")
        caps = ",".join(f"+{name}" for name in names)
        subject = Subject(lab, user=None, **{"control-socket": None})
        for path in (lab.directory, subject.directory):
            os.chmod(path, 0o755)
        subject.launch(
            ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}",
             "--clear-groups", "--no-new-privs", f"--inh-caps=-all,{caps}",
             f"--ambient-caps=-all,{caps}", f"--bounding-set=-all,{caps}",
             *subject.argv("run")],
            {"RUNTIME_DIRECTORY": subject.directory})
        subject.socket = f"{subject.directory}/sallyport.sock"

        def answers():
            subject.process.must_run()
            done = subject.call("ctl", "-s", subject.socket, "-j", "stats")
            return not done.returncode and json.loads(done.stdout)
        stats = wait_until(answers, "an answer")
        must("full_drops" in stats["queues"][0], f"no counters: {stats}")
        status = json.loads(subject.call("ctl", "-s", subject.socket, "-j",
                                         "status").stdout)
        is_confined(status["pid"], user.pw_uid,
                    bounding=sum(1 << CAPABILITIES[name] for name in names))
        must(not subject.logged("warning"), "a warning")
        same(subject.call("ctl", "-s", subject.socket, "stop").returncode, 0,
             "exit status of stop")
        same(subject.process.wait(), 0, "exit status")
        must(not os.path.exists(subject.socket), "the socket is left")


def asks(subject, uid, gid, groups, *words):
    """`ctl` as somebody else: (exit status, standard error)."""
    extra = f"--groups={groups}" if groups else "--clear-groups"
    done = subject.call(argv=["setpriv", f"--reuid={uid}", f"--regid={gid}",
                              extra, *subject.argv("ctl", *words)])
    return done.returncode, done.stderr


def check_who_may_ask(space):
    """Root and its own user everything, the group what changes nothing, and
    others nothing, whatever the socket's mode."""
    with Lab(space) as lab:
        group = grp.getgrnam("games")
        subject = Subject(lab, **{"control-socket-group": group.gr_name})
        subject.start()
        for path in (lab.directory, subject.directory):
            os.chmod(path, 0o755)
        st = os.stat(subject.socket)
        same((st.st_mode & 0o777, st.st_gid), (0o660, group.gr_gid),
             "mode and group")
        uid = pwd.getpwnam(daemon.account()).pw_uid
        members = ((MEMBER, group.gr_gid, ""),
                   (MEMBER, MEMBER, group.gr_gid))
        for who in members:
            for request in ("status", "stats", "sessions", "pinholes",
                            "grants"):
                same(asks(subject, *who, request), (0, ""), request)
            for request in ("reload", "stop"):
                status, error = asks(subject, *who, request)
                same(status, 3, f"exit status of {request}")
                must("not permitted to the group; ask as root" in error, error)
        status, error = asks(subject, STRANGER, STRANGER, "", "status")
        same(status, 3, "exit status of a stranger")
        must("not permitted to use the control socket" in error, error)
        os.chmod(subject.socket, 0o666)
        for request in ("status", "events", "stop"):
            status, error = asks(subject, STRANGER, STRANGER, "", request)
            same(status, 3, f"exit status of {request}")
            must("not permitted; ask as root" in error, error)
        same(subject.ask("stats")["daemon"]["requests_denied"], 4 + 3,
             "requests denied")
        same(asks(subject, uid, uid, "", "reload")[0], 0, "its own user")
        same(asks(subject, 0, 0, "", "stop")[0], 0, "root")
        same(subject.process.wait(), 0, "exit status")

