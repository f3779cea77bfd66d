# SPDX-License-Identifier: GPL-2.0-or-later
"""What must hold on the gateway. Each check takes a Lab and raises LabError
with the reason if it does not hold; scenarios use them one by one."""

import re

from waiting import PATIENCE_SECONDS, LabError, wait_until

# Fields of /proc/net/netfilter/nfnetlink_queue.
QUEUE_DROPPED, USER_DROPPED, ID_SEQUENCE = 5, 6, 7


def transfers(lab, client, command, server):
    """A big file each way, whole, and by @command alone."""
    lab.transfer(client, command, server).finish()
    on_the_wire(lab, command)


def on_the_wire(lab, command):
    """What the client sent, and what the server got, was @command alone."""
    for tap, where in ((lab.client_tap, "client"), (lab.server_tap,
                                                    "server")):
        lines = tap.endpoint_commands()
        verbs = {line.split(" ")[0].upper() for line in lines}
        if verbs != {command}:
            raise LabError(f"not {command} alone at the {where}: {lines}")


def in_the_log(lab, daemon, command):
    """The event log tells of these endpoints, and all were accepted."""
    wanted = len(lab.client_tap.endpoint_commands())
    seen = wait_until(
        lambda: (daemon.events("endpoint") if
                 len(daemon.events("endpoint")) >= wanted else None),
        f"{wanted} endpoint events")
    for event in seen:
        if event["via"] != command or not event["accepted"]:
            raise LabError(f"unexpected endpoint event: {event}")


def fails_without(lab, client, command, server):
    """With sallyport's rules loaded and nobody behind them, the control
    connection works and the data connection does not."""
    before = lab.firewall.drops()
    attempt = lab.transfer(client, command, server)
    wait_until(
        lambda: (lab.firewall.drops() > before or refused(lab) or
                 not attempt.process.running()),
        "a dropped data connection, a refusal, or the client's end")
    attempt.stop()
    if not lab.client_tap.endpoint_commands():
        raise LabError("without sallyport not even the control connection "
                       f"works: {attempt.process.tail()}")
    if attempt.whole():
        raise LabError("the transfer works without sallyport")


def refused(lab):
    """Refusals of PORT and EPRT: servers connect to their client alone, and
    behind a masquerade the client's own address is another's."""
    return [line for line in lab.client_tap.endpoint_replies()
            if line.startswith("5")]


def invalid(lab):
    """Packets that conntrack has called INVALID so far."""
    text = lab.gateway.run(["conntrack", "-S"])
    return sum(map(int, re.findall(r"\binvalid=(\d+)", text)))


def none_invalid(lab):
    count = invalid(lab)
    if count:
        raise LabError(f"conntrack called {count} packets INVALID")


def queued(lab):
    """Packets given to user space; LabError if the kernel had to drop any."""
    total = 0
    for line in lab.gateway.read("netfilter/nfnetlink_queue").splitlines():
        fields = [int(word) for word in line.split()]
        if fields[QUEUE_DROPPED] or fields[USER_DROPPED]:
            raise LabError(f"the queue overran: {line}")
        total += fields[ID_SEQUENCE]
    return total


def only_control_queued(lab):
    """No more packets were queued than control packets and data SYNs came to
    the gateway; gives both numbers."""
    count = queued(lab)
    packets = lab.client_tap.packets() + lab.server_tap.packets()
    bound = sum(p.segments for p in packets
                if p.sent and (p.opens or p.touches(lab.port)))
    if not 0 < count <= bound:
        raise LabError(f"{count} packets were queued; {bound} control "
                       "packets and SYNs came to the gateway")
    return count, bound


def no_helper(lab):
    """nf_conntrack_ftp has no part in it."""
    for family in ("ipv4", "ipv6"):
        entries = lab.gateway.run(
            ["conntrack", "-L", "-o", "extended", "-f", family])
        if "helper=" in entries:
            raise LabError(f"a kernel helper is at work: {entries}")
        expected = lab.gateway.run(["conntrack", "-L", "expect", "-f",
                                    family])
        if expected.strip():
            raise LabError(f"the kernel expects connections: {expected}")


def pinholes(lab):
    """Elements of the kernel's sets, of ipset and of nft, without the time
    they have left."""
    of_nft = re.findall(r"elements = \{([^}]*)\}",
                        lab.gateway.run(["nft", "list", "ruleset", "inet"]))
    elements = re.findall(r"^add .*", lab.gateway.run(["ipset", "save"]), re.M)
    for part in of_nft:
        elements += part.split(",")
    return [re.sub(r" (timeout|expires) \S+", "", one).strip()
            for one in elements]


def destroy_sets(lab):
    """All of ipset's; nf_tables may let go of them a moment later."""
    def gone():
        lab.gateway.run(["sh", "-c", "ipset -q destroy || :"])
        return not lab.gateway.run(["ipset", "list", "-n"])

    wait_until(gone, "the sets' end", 3 * PATIENCE_SECONDS)


def nothing_open(lab):
    """No pinhole is left in any kernel set."""
    wait_until(lambda: not pinholes(lab), "the end of all pinholes")


def clean(lab):
    """All that must hold on the gateway after transfers; gives a note."""
    count, bound = only_control_queued(lab)
    none_invalid(lab)
    no_helper(lab)
    nothing_open(lab)
    return f"{count} of {bound} packets queued"


def make_entries(lab, count, target, *more):
    """Entries of conntrack for as many connections to @target, which no
    packet belongs to; @more: arguments of conntrack(8)."""
    batch = f"{lab.directory}/entries"
    with open(batch, "w", encoding="ascii") as out:
        for i in range(count):
            print("-I", "-s", f"10.9.{i >> 8}.{i & 255}", "-d", target,
                  "-p tcp --sport 9 --dport 9 --state ESTABLISHED",
                  "--timeout 100", *more, file=out)
    lab.gateway.run(["conntrack", "-R", batch])
