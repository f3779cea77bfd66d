#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Does `sallyport audit` answer what the lab sees? Every rule set of
rules/audit is loaded into a firewall of the lab with the same names and
addresses; vsftpd and real clients hold the same conversations, without
sallyport and with it.

Without --all it runs a part in which every two choices meet once.
"""

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import audit_case
import audit_talk
import daemon
import ftps
import runner
import servers
import workspace
from audit_net import SIDES, AuditNet
from pairwise import cover
from report import FAILED, SKIPPED, Report, Skip, attempt
from topology import FAMILIES
from waiting import LabError

# As many as the audit's own client moves.
FILE_BYTES = 100000


def sample(answers):
    """A part in which every two choices meet."""
    cells = {(a.policy, a.client, a.family, a.tls, a.via, a.sallyport,
              a.stop): a for a in answers}
    return [cells[cell] for cell in cover(list(cells))]


def server_entries(policy):
    """`servers` of a configuration for the two servers of @policy."""
    twin = policy.audit["twin"]
    low, high = policy.audit["passive_ports"]
    entries = []
    for side in SIDES:
        own = {f: twin[side][f"ipv{f}"]["server"] for f in FAMILIES
               if twin[side][f"ipv{f}"]}
        entry = {"name": side, "address": list(own.values()),
                 "passive-ports": f"{low}-{high}", "active": "allow"}
        public = [a for f in own if side == "inside" and
                  (a := twin["reached_as"][f"ipv{f}"]) != own[f]]
        if public:
            entry["public-address"] = public
        entries.append(entry)
    return entries


class Trial:
    """One policy: its cells, one after another."""

    def __init__(self, space, policy, answers, certificate):
        self._space, self._policy = space, policy
        self._answers = sorted(answers, key=lambda a: a.sallyport)
        self._certificate = certificate

    def run(self):
        """[(outcome, name, note)], one a cell."""
        rows = []
        try:
            with AuditNet(self._space, self._policy) as net:
                self._cells(net, rows)
        except (LabError, OSError) as error:
            rows.append((FAILED, self._policy.name, str(error)))
        return rows

    def _cells(self, net, rows):
        guard = None
        try:
            for number, answer in enumerate(self._answers):
                if answer.sallyport and not guard:
                    guard = self._sallyport(net)
                folder = f"{net.directory}-{number}"
                # vsftpd's own children are in sessions of their own.
                keep = net.gateway.pids()
                outcome, note = attempt(
                    lambda a=answer, f=folder: self._cell(net, a, f))
                rows.append((outcome, str(answer), note))
                for space in net.host_spaces():
                    space.clear(keep if space is net.gateway else set())
        finally:
            if guard:
                guard.stop()

    def _sallyport(self, net):
        twin = net.twin
        guard = daemon.Daemon(
            net.gateway, f"{net.directory}-sallyport",
            {"control": {"ports": [twin["control_port"]],
                         "implicit-tls-ports": [twin["implicit_port"]]},
             "servers": server_entries(self._policy)})
        try:
            guard.start()
        except BaseException:
            guard.stop()
            raise
        return guard

    def _cell(self, net, answer, folder):
        reason = audit_talk.why_not(answer)
        if reason:
            raise Skip(reason)
        talk = audit_talk.Talk(net, answer, folder, self._space.files,
                               self._certificate)
        try:
            stop = talk.result()
        finally:
            talk.stop()
        client = audit_talk.client_for(answer)
        if stop != answer.stop:
            raise LabError(f"the audit says {answer.stop}, {client} {stop}: "
                           f"{talk.told()}")
        return f"{client}: {stop}"


def addresses(policies):
    """Those that clients connect to."""
    found = set()
    for policy in policies:
        twin = policy.audit["twin"]
        for f in FAMILIES:
            found.add(twin["reached_as"][f"ipv{f}"])
            if twin["outside"][f"ipv{f}"]:
                found.add(twin["outside"][f"ipv{f}"]["server"])
    return sorted(found - {None})


def run_all(args, report):
    with ThreadPoolExecutor(args.jobs) as pool:
        policies = list(pool.map(audit_case.Policy, audit_case.paths()))
    answers = [a for policy in policies for a in policy.answers()
               if set(args.words) <= set(str(a).split())]
    if not (args.all or args.words):
        answers = sample(answers)
    for policy in policies:
        for reason in policy.left_out():
            print(f"     {reason}", flush=True)
    with workspace.Workspace(FILE_BYTES) as space, \
            ThreadPoolExecutor(args.jobs) as pool:
        certificate = ftps.make_certificate(
            os.path.join(space.directory, "servers"), addresses(policies))
        trials = [Trial(space, policy,
                        [a for a in answers if a.policy == policy.name],
                        certificate) for policy in policies]
        try:
            for rows in pool.map(Trial.run, trials):
                for row in rows:
                    report.line(*row)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            space.abort()
            raise


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="every cell")
    parser.add_argument("words", nargs="*", metavar="WORD", help="all cells "
                        "with all these words, e.g. ufw.rules PASV IPv4")
    runner.add_arguments(parser)
    # Most of a blocked cell's time is waiting.
    parser.set_defaults(jobs=2 * os.cpu_count())
    args = parser.parse_args()
    if args.sallyport:
        os.environ["SALLYPORT"] = args.sallyport
    report = Report()
    reason = (workspace.why_not() or daemon.why_not() or
              servers.why_not("vsftpd"))
    if reason:
        report.line(SKIPPED, "audit and lab", reason)
    else:
        run_all(args, report)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
