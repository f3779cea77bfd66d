#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The main job, shown: FTP through a firewall that translates addresses and
accepts nothing but the control port and RELATED,ESTABLISHED."""

import argparse
import os
import sys

import checks
import daemon
import workspace
from firewall import BOTH
from lab import Lab
from topology import FAMILIES, address
from waiting import LabError

SERVER, CLIENT = "vsftpd", "curl"
COMMANDS = {4: ("PORT", "EPRT", "PASV", "EPSV"), 6: ("EPRT", "EPSV")}

PICTURE = """
  client  ----------  gateway  ----------  server
  {client:<18}  {nat:<16}  {server}

  The gateway translates both ends: clients leave with its own address, and
  reach the server at {target}. Its rules:

    FORWARD policy DROP
    -m conntrack --ctstate INVALID -j DROP
    -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    -p tcp --dport 21 -m conntrack --ctstate NEW -j ACCEPT

  Each line is a file of 10 MB from the server and another one to it.
"""


def say(text):
    print(text, flush=True)


def picture(lab, family):
    say(f"\nIPv{family}" + PICTURE.format(
        client=address("client", family), server=address("server", family),
        nat="SNAT and DNAT", target=lab.target))


def without(space, family, command):
    """True if the transfer fails, as it must."""
    with Lab(space, BOTH, family) as lab:
        lab.sallyport()
        try:
            checks.fails_without(lab, CLIENT, command, lab.serve(SERVER))
        except LabError as error:
            say(f"  {command}  without sallyport: {error}")
            return False
    say(f"  {command}  without sallyport: blocked")
    return True


def with_it(space, family, command):
    """True if the transfer works, and nothing is wrong on the gateway."""
    with Lab(space, BOTH, family) as lab:
        sallyport = lab.sallyport()
        sallyport.start()
        try:
            checks.transfers(lab, CLIENT, command, lab.serve(SERVER))
            note = checks.clean(lab)
        except LabError as error:
            say(f"  {command}  with sallyport:    {error}")
            return False
        rewrites = sallyport.events("rewrite")
        say(f"  {command}  with sallyport:    both files arrived whole; {note}, "
            "none of the data")
        for event in rewrites[:1]:
            say(f"        {event['via']} {event['from']['addr']} was rewritten "
                f"to {event['to']['addr']}")
    return True


def show(space):
    good = True
    for family in FAMILIES:
        with Lab(space, BOTH, family) as lab:
            picture(lab, family)
        for command in COMMANDS[family]:
            good &= without(space, family, command)
            good &= with_it(space, family, command)
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
    say("\nFTPS: sallyport sees AUTH TLS and follows the session, but does "
        "not open its\ndata connections yet.\n" if good else "")
    say("demo: all as it should be; nothing was left behind" if good else
        "demo: something is wrong")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
