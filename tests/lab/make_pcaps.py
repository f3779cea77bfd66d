#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the captures in pcaps/ anew, with their key logs and their list:
real servers and clients in the reference lab, tcpdump on its gateway."""

import argparse
import functools
import os
import shutil
import sys

import clients
import pcap
import runner
import servers
from capture import Capture, real_packets
from firewall import FTP, ROUTED
from ftps import IMPLICIT_PORT
from lab import Lab
from pcap_cases import CASES, COOKED, DERIVED
from report import Skip

HERE = os.path.dirname(os.path.abspath(__file__))
PCAPS = os.path.normpath(os.path.join(HERE, "..", "..", "pcaps"))

# Some packets; what they hold does not matter.
FILE_BYTES = 4000

HEAD = """\
# Captures

Made by `make pcaps` (tests/lab/make_pcaps.py): real servers and clients in
the reference lab (tests/lab/README.md), and tcpdump on its gateway; do not
edit. The client is 10.1.4.4 or fc00:10:1:4::4, the server 10.2.5.5 or
fc00:10:2:5::5. Everything is invented: user ftpuser, password sallyport.

NAME.keylog, where there is one, has the secrets of the TLS connections in
NAME.pcap, as Wireshark reads them (`-o tls.keylog_file:NAME.keylog`). Where TLS
is spoken and there is none, no secret was ever agreed on.

A routed capture is of the gateway's inside link, with nothing on the gateway
but routes. Through NAT sallyport ran on the gateway: `-inside` is what the
client saw, `-outside` the same session at the same time as the server saw it.
`-sll` and `-sll2` are of both links at once, in Linux's cooked frames.

"By hand" is a script that speaks over a real socket (tests/lab/dialog.py,
stage.py, long_server.py), for what no program says or cuts so. "Rewritten" is
another capture of the list, its packets changed by tests/lab/rewrite.py.

| capture | shows | server | client | sessions | key log |
| --- | --- | --- | --- | --: | --- |
"""


def record(case, space):
    """Run @case, and put its captures and key logs into pcaps/."""
    need(case)
    keylog = f"{space.files}/{case.name}.keylog" if case.tls else ""
    with Lab(space, case.nat, case.family,
             closed=() if case.nat == ROUTED else ("FORWARD",),
             tls=case.tls, keylog=keylog) as lab:
        real_packets(lab)
        if case.nat != ROUTED:
            lab.sallyport(servers=[lab.server_entry()]).start()
        captures = {name: start(lab, name, leg)
                    for name, leg in case.files.items()}
        case.play(lab)
        for capture in captures.values():
            capture.finish()
        for name, capture in captures.items():
            shutil.copyfile(capture.path, path(name))
            keep_keylog(keylog, name)


def need(case):
    for client in case.client.split(", "):
        if client in clients.NAMES and clients.why_not(client):
            raise Skip(clients.why_not(client))
    if case.server in servers.NAMES and servers.why_not(case.server,
                                                        case.tls):
        raise Skip(servers.why_not(case.server, case.tls))
    for tool in ("tcpdump", "ethtool"):
        if not shutil.which(tool):
            raise Skip(f"{tool} is not installed")


def start(lab, name, leg):
    link = "any" if leg in COOKED else leg
    return lab.adopt(Capture(lab.gateway, link, f"{lab.directory}/{name}",
                             COOKED.get(leg)))


def derive(derived):
    link, frames = pcap.read(path(derived.source))
    if link != pcap.ETHERNET:
        raise ValueError(f"{derived.source} is not of Ethernet")
    pcap.write(path(derived.name), *derived.change(frames))
    keep_keylog(path(derived.source, "keylog"), derived.name)


def path(name, ending="pcap"):
    return os.path.join(PCAPS, f"{name}.{ending}")


def keep_keylog(source, name):
    """The secrets in file @source, if there are any, for capture @name."""
    secrets = []
    if source and os.path.exists(source):
        with open(source, encoding="ascii") as log:
            secrets = [line for line in log if not line.startswith("#")]
    if secrets:
        with open(path(name, "keylog"), "w", encoding="ascii") as out:
            out.writelines(secrets)
    elif os.path.exists(path(name, "keylog")):
        os.remove(path(name, "keylog"))


def rows():
    """(capture, shows, server, client, capture to count the sessions of)"""
    made = {}
    for case in CASES:
        for name, leg in case.files.items():
            where = f" ({leg})" if len(case.files) > 1 else ""
            made[name] = (name, case.shows + where, case.server, case.client,
                          name)
    for derived in DERIVED:
        _, shows, server, client, source = made[derived.source]
        made[derived.name] = (
            derived.name, f"{derived.shows}; rewritten: {derived.source}",
            server, client, source)
    return made.values()


def list_text():
    """The text of pcaps/README.md."""
    text = HEAD
    for name, shows, server, client, source in rows():
        found = pcap.Connections(*pcap.read(path(source)))
        keylog = (f"`{name}.keylog`"
                  if os.path.exists(path(name, "keylog")) else "")
        text += (f"| `{name}.pcap` | {shows} | {server} | {client} | "
                 f"{found.sessions((FTP, IMPLICIT_PORT))} | {keylog} |\n")
    return text


def missing():
    return [row[0] for row in rows() if not os.path.exists(path(row[0]))]


def prune():
    """Remove what is not of the list any more."""
    names = {row[0] for row in rows()}
    for file in os.listdir(PCAPS):
        name, ending = os.path.splitext(file)
        if ending in (".pcap", ".keylog") and name not in names:
            os.remove(os.path.join(PCAPS, file))


def chosen(words):
    """(Cases, Deriveds): what has one of @words in its name, and what is
    made out of that."""
    def wanted(name):
        return not words or any(word in name for word in words)

    return ([case for case in CASES if wanted(case.name)],
            [one for one in DERIVED
             if wanted(one.name) or wanted(one.source)])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", metavar="WORD", help="only "
                        "captures with one of these in their name")
    runner.add_arguments(parser)
    args = parser.parse_args()
    cases, derived = chosen(args.words)
    if not cases and not derived:
        parser.error(f"no capture is called {' or '.join(args.words)}")
    os.makedirs(PCAPS, exist_ok=True)
    status = cases and runner.run(
        args, [(case.name, functools.partial(record, case))
               for case in cases], file_bytes=FILE_BYTES)
    if status:
        return status
    for one in derived:
        derive(one)
    if missing():
        print(f"make_pcaps: no list yet, for want of {', '.join(missing())}",
              file=sys.stderr)
        return 1
    prune()
    with open(os.path.join(PCAPS, "README.md"), "w",
              encoding="ascii") as out:
        out.write(list_text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
