# SPDX-License-Identifier: GPL-2.0-or-later
"""The control socket: what it answers, and that no peer can hurt the daemon.
"""

import json
import subprocess

import checks
import exposition
from dialog import Dialog
from firewall import BOTH, DNAT
from ftps import Tls
from lab import Lab
from subject import Subject, must, same
from topology import V4, address
from waiting import wait_until

# CONTROL_PEERS_MAX, CONTROL_REQUEST_MAX and CONTROL_SERVER_PATIENCE_US of
# src/io/control_server.h.
PEERS_MAX, REQUEST_MAX, PATIENCE = 32, 1024, 10


def check_status(space):
    with Lab(space) as lab:
        subject = Subject(lab, queue={"first": 7, "workers": 3})
        subject.start()
        status = subject.ask("status")
        same(status["queues"], [7, 8, 9], "queues")
        same(status["configuration"], subject.config, "configuration")
        same(status["sessions"], 0, "sessions")
        must(f"control socket    {subject.socket}\n" in
             subject.ctl("status"), "no socket in the table")


def check_sessions_and_pinholes_behind_two_translations(space):
    with Lab(space, BOTH) as lab:
        subject = Subject(lab)
        subject.start()
        lab.serve("vsftpd")
        same(subject.ctl("sessions"), "no sessions\n", "table")
        dialog = Dialog(lab)
        row, = subject.ask("sessions")["sessions"]
        local = dialog.control.getsockname()[1]
        same(row["client"], {"addr": address("client", V4), "port": local},
             "client")
        same(row["server"], {"addr": address("server", V4), "port": 21},
             "server")
        same(row["client_public"]["addr"], address("outer", V4),
             "what the server sees")
        same(row["server_public"], {"addr": address("public", V4),
                                    "port": 21}, "what the client sees")
        same((row["state"], row["trusted"]), ("ready", True), "state")
        port = dialog.passive()[1]
        hole, = subject.ask("pinholes")["pinholes"]
        same(hole["from"], {"addr": address("client", V4)}, "from")
        same(hole["to"], {"addr": address("public", V4), "port": port}, "to")
        must(0 < hole["expires_in_us"] <= 60e6, f"expiry: {hole}")
        same(len(subject.ctl("sessions").splitlines()), 2, "lines")
        same(len(subject.ctl("pinholes").splitlines()), 2, "lines")
        stats = subject.ask("stats")
        same(stats["engine"]["pinholes"], 1, "pinholes open")
        same(stats["daemon"]["lookups"], 1, "lookups")
        same(stats["queues"][0]["full_drops"], 0, "drops")
        dialog.quit()


def check_grants(space):
    with Lab(space, DNAT, tls=Tls()) as lab:
        subject = Subject(lab, servers=[lab.server_entry()])
        subject.start()
        lab.serve("vsftpd")
        same(subject.ctl("grants"), "no grants\n", "table")
        dialog = Dialog(lab)
        wait_until(lambda: subject.ask("grants")["grants"], "the grants")
        rows = subject.ask("grants")["grants"]
        passive = [r for r in rows if r["mode"] == "passive"]
        same({r["to"]["addr"] for r in passive},
             {address("public", V4), address("server", V4)}, "to")
        same({(r["from"]["addr"], r["ports"], r["open"], r["most"])
              for r in passive},
             {(address("client", V4), "42000-42999", 0, 8)}, "what is granted")
        active, = [r for r in rows if r["mode"] == "active"]
        same(active["from"], {"addr": address("server", V4)}, "from")
        same(subject.ask("sessions")["sessions"][0]["state"], "encrypted",
             "state")
        dialog.quit()
        wait_until(lambda: not subject.ask("grants")["grants"], "their end")


def check_prometheus(space):
    with Lab(space) as lab:
        subject = Subject(lab, queue={"workers": 2})
        subject.start()
        lab.serve("vsftpd")
        dialog = Dialog(lab)
        text = subject.ctl("stats", "--format", "prometheus")
        samples = exposition.parse(text)
        same(samples["sallyport_sessions", ""], 1, "sessions")
        same(samples["sallyport_sessions_opened_total", ""], 1, "opened")
        must(samples["sallyport_queue_packets_total", ""] > 3, text)
        same(samples["sallyport_logins_accepted_total", ""], 1, "logins")
        same({labels for name, labels in samples
              if name == "sallyport_sessions_refused_total"},
             {'reason="table"', 'reason="client"'}, "labels")
        for words in (("sessions", "-F", "prometheus"), ("stats", "-F", "x"),
                      ("stats", "-j", "-F", "prometheus")):
            done = subject.call("ctl", *words)
            same((done.returncode, done.stdout), (2, ""), f"{words}")
        dialog.quit()


def check_counters_by_reason(space):
    """What was refused, by whom, and what the kernel was asked for."""
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        lab.serve("vsftpd")
        dialog = Dialog(lab)
        dialog.send(b"PORT 192,0,2,1,19,137\r\n")
        dialog.expect(500)
        dialog.passive()
        dialog.quit()
        wait_until(lambda: subject.ask("stats")["engine"]["sessions"] == 0,
                   "the end")
        stats = subject.ask("stats")
        same(stats["engine"]["endpoints_refused_by_reason"]["bounce"], 1,
             "bounces")
        same(stats["engine"]["alerts_by_rule"]["bounce"], 1, "alerts")
        same(stats["engine"]["sessions_closed_by_reason"]["fin"], 1, "ends")
        same((stats["daemon"]["actions"],
              stats["daemon"]["actions_by_type"]["pinhole-add"],
              stats["daemon"]["actions_by_type"]["pinhole-del"],
              stats["daemon"]["action_failures"]), (2, 1, 1, 0), "actions")
        must(stats["control"]["requests"] > 1, f"{stats['control']}")
        wait_until(lambda: subject.ask("stats")["events"]["written"] ==
                   len(subject.events()), "the number of events written")
        table = subject.ctl("stats").splitlines()
        at = table.index("           1  endpoints_refused     data endpoints "
                         "that may open nothing")
        same(table[at + 1], "           1    bounce", "the reason below it")


def fetch(subject, path, where="127.0.0.1:9742"):
    """(HTTP status or 000, body)"""
    done = subject.call(argv=["curl", "-s", "-w", "\n%{http_code}",
                              f"http://{where}{path}"])
    body, _, status = done.stdout.rpartition("\n")
    return status, body


def check_metrics_over_http(space):
    with Lab(space) as lab:
        subject = Subject(lab, metrics={"listen": "127.0.0.1:9742"})
        subject.start()
        lab.serve("vsftpd")
        dialog = Dialog(lab)
        status, body = fetch(subject, "/metrics")
        same(status, "200", "status")
        must("\nsallyport_sessions 1\n" in body, body)
        names = [list(exposition.parse(text))
                 for text in (body, subject.ctl("stats", "-F", "prometheus"))]
        same(*names, "metrics over HTTP and of ctl")
        same(fetch(subject, "/")[0], "404", "anything else")
        scrape = subject.ask("stats")["scrape"]
        same((scrape["served"], scrape["refused"]), (1, 1), "scrapes")
        dialog.quit()
        wait_until(lambda: "\nsallyport_sessions 0\n" in
                   fetch(subject, "/metrics")[1], "the session's end")
        same(subject.ends(), 0, "exit status")
        same(fetch(subject, "/metrics")[0], "000", "without a daemon")


def check_nobody_listens_by_default(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        done = subject.call(argv=["ss", "-Hltnp"])
        must("sallyport" not in done.stdout, done.stdout)
        same(done.returncode, 0, "ss")


def check_slow_scrapes_cost_only_their_place(space):
    """Eight that never finish: the daemon goes on, and ends them."""
    with Lab(space) as lab:
        subject = Subject(lab, metrics={"listen": "127.0.0.1:9742"})
        subject.start()
        slow = [subprocess.Popen(
            ["ip", "netns", "exec", lab.gateway.name, "bash", "-c",
             "exec 3<>/dev/tcp/127.0.0.1/9742; printf 'GET /metr' >&3; "
             "cat <&3"]) for _ in range(8)]
        lab.serve("vsftpd")
        Dialog(lab).quit()
        for process in slow:
            process.wait(PATIENCE + 10)
        same(subject.ask("stats")["scrape"]["given_up"], 8, "given up")
        same(fetch(subject, "/metrics")[0], "200", "status")


def check_the_shape_of_requests(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        for request in (b"status\n", b"status\r\n", b"status",
                        b'{"command": "status"}\n'):
            with subject.dial() as sock:
                sock.sendall(request)
                sock.shutdown(1)
                must("version" in json.loads(sock.recv(65536)),
                     f"no answer to {request!r}")
        for request in (b"nonsense\n", b"\n", b"[1]\n", b"{\n", b"\0\n",
                        b'{"command": 7}\n', b"x" * (2 * REQUEST_MAX)):
            must("error" in json.loads(subject.raw(request)),
                 f"no error for {request!r}")


def check_idle_peers_cost_only_their_place(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        idle = [subject.dial() for _ in range(PEERS_MAX)]
        with subject.dial() as sock:
            same(json.loads(sock.recv(65536)),
                 {"error": "too many connections"}, "one more")
        for sock in idle:
            same(sock.recv(1), b"", "what an idle peer gets at last")
        control = subject.ask("stats")["control"]
        same((control["refused"], control["given_up"]), (1, PEERS_MAX),
             "connections refused and given up")


def check_events_as_they_come(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        with subject.dial() as reader:
            reader.sendall(b"events\n")
            wait_until(lambda: subject.ask("status")["event_readers"] == 1,
                       "the reader")
            lab.serve("vsftpd")
            Dialog(lab).quit()
            names, lines = [], reader.makefile("r")
            while "session_close" not in names:
                names.append(json.loads(lines.readline())["event"])
            same(names[0], "session_open", "first event")
            must("command" in names, f"events: {names}")
            lines.close()
        wait_until(lambda: subject.ask("status")["event_readers"] == 0,
                   "the reader's end")


def check_events_for_people(space):
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        reader = subprocess.Popen(
            subject.argv("ctl", "events"), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        wait_until(lambda: subject.ask("status")["event_readers"] == 1,
                   "the reader")
        lab.serve("vsftpd")
        Dialog(lab).quit()
        wait_until(lambda: subject.events("session_close"), "the end")
        same(subject.ends(), 0, "exit status")
        out, err = reader.communicate()
        same(reader.returncode, 3, "exit status of ctl events")
        must(" command verb PASS arg ***\n" in out, out)
        same(len(err.splitlines()), 1, "lines on standard error")


def check_a_reader_that_is_too_slow(space):
    """It reads nothing; it is dropped, and the daemon never waits for it."""
    with Lab(space) as lab:
        subject = Subject(lab)
        subject.start()
        lab.serve("vsftpd")
        with subject.dial() as reader:
            reader.sendall(b"events\n")
            wait_until(lambda: subject.ask("status")["event_readers"] == 1,
                       "the reader")
            dialog = Dialog(lab)
            while subject.ask("status")["event_readers"]:
                dialog.send(b"NOOP\r\n" * 500)
                for _ in range(500):
                    dialog.expect(200)
            dialog.quit()
        checks.queued(lab)


def check_ctl_without_a_daemon(space):
    with Lab(space) as lab:
        done = Subject(lab).call("ctl", "status")
        same(done.returncode, 3, "exit status")
        must("start it: sallyport run" in done.stderr, done.stderr)
        same(len(done.stderr.splitlines()), 1, "lines")
