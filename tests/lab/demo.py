#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The main job, shown: FTP and FTPS through a firewall that translates
addresses and accepts nothing but the control port and RELATED,ESTABLISHED."""

import argparse
import os
import sys

import checks
import daemon
import ftps_checks
import workspace
from firewall import BOTH
from ftps import Tls
from lab import Lab
from topology import FAMILIES, address
from waiting import LabError

SERVER, CLIENT, TLS_CLIENT = "vsftpd", "curl", "lftp"
COMMANDS = {4: ("PORT", "EPRT", "PASV", "EPSV"), 6: ("EPRT", "EPSV")}
TLS_COMMANDS = {4: ("PASV", "EPSV"), 6: ("EPSV",)}
TLS_ACTIVE = {4: "PORT", 6: "EPRT"}

PICTURE = """
  client  ----------  gateway  ----------  server
  {client:<18}  {nat:<16}  {server}

  The gateway translates both ends: clients leave with its own address, and
  reach the server at {target}. Its rules:

    FORWARD policy DROP
    -m conntrack --ctstate INVALID -j DROP
    -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    -p tcp --dport 21 -m conntrack --ctstate NEW -j ACCEPT

  What FTPS asks for is hidden: sallyport's configuration names the server and
  its passive ports. Each line is a file of 10 MB from the server and another
  one to it.
"""


def say(text):
    print(text, flush=True)


def picture(lab, family):
    say(f"\nIPv{family}" + PICTURE.format(
        client=address("client", family), server=address("server", family),
        nat="SNAT and DNAT", target=lab.target))


def lab_of(space, family, tls):
    return Lab(space, BOTH, family, tls=tls)


def sallyport(lab):
    return lab.sallyport(servers=[lab.server_entry()] if lab.tls else [])


def transfer(lab, command):
    if lab.tls:
        ftps_checks.transfers(lab, TLS_CLIENT, command, "passive",
                              lab.serve(SERVER))
    else:
        checks.transfers(lab, CLIENT, command, lab.serve(SERVER))


def without(space, family, tls, command):
    """True if the transfer fails, as it must."""
    with lab_of(space, family, tls) as lab:
        sallyport(lab)
        try:
            if tls:
                ftps_checks.fails_without(lab, TLS_CLIENT, command,
                                          lab.serve(SERVER))
            else:
                checks.fails_without(lab, CLIENT, command, lab.serve(SERVER))
        except LabError as error:
            tell(tls, command, "without sallyport", error)
            return False
    tell(tls, command, "without sallyport", "blocked")
    return True


def with_it(space, family, tls, command):
    """True if the transfer works, and nothing is wrong on the gateway."""
    with lab_of(space, family, tls) as lab:
        running = sallyport(lab)
        running.start()
        try:
            transfer(lab, command)
            note = checks.clean(lab)
        except LabError as error:
            tell(tls, command, "with sallyport", error)
            return False
        tell(tls, command, "with sallyport",
             f"both files arrived whole; {note}, none of the data")
        for event in running.events("rewrite")[:1]:
            say(f"{'':<11}{event['via']} {event['from']['addr']} was "
                f"rewritten to {event['to']['addr']}")
        for event in running.events("grant")[:1]:
            say(f"{'':<11}the encrypted session was granted "
                f"{event['server_name']}'s ports {event['ports']}")
    return True


def refused(space, family, command):
    """FTPS in active mode cannot work here; True if the log says why."""
    with lab_of(space, family, Tls()) as lab:
        running = sallyport(lab)
        running.start()
        try:
            note = ftps_checks.refused(lab, running, TLS_CLIENT, command,
                                       lab.serve(SERVER))
        except LabError as error:
            tell(True, command, "with sallyport", error)
            return False
    tell(True, command, "with sallyport", note)
    return True


def tell(tls, command, when, what):
    say(f"  {'FTPS' if tls else 'FTP ':<4} {command}  {when + ':':<19}{what}")


def show(space):
    good = True
    for family in FAMILIES:
        with Lab(space, BOTH, family) as lab:
            picture(lab, family)
        for tls, commands in ((None, COMMANDS[family]),
                              (Tls(), TLS_COMMANDS[family])):
            for command in commands:
                good &= without(space, family, tls, command)
                good &= with_it(space, family, tls, command)
        good &= refused(space, family, TLS_ACTIVE[family])
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sallyport", metavar="FILE")
    args = parser.parse_args()
    if args.sallyport:
        os.environ["SALLYPORT"] = args.sallyport
    reason = workspace.why_not() or daemon.why_not()
    if reason:
        say(f"demo: {reason}")
        return 3
    with workspace.Workspace() as space:
        good = show(space)
    say("\ndemo: all as it should be; nothing was left behind" if good else
        "demo: something is wrong")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
