# SPDX-License-Identifier: GPL-2.0-or-later
"""What must hold of a load that is over. Each check_NAME gives a note."""

import re

import checks as lab_checks
import field as network
from load import SESSIONS
from mix import THROUGH
from waiting import PATIENCE_SECONDS, LabError, wait_until

# Besides tables: stacks, what a library takes when it is first used, and a
# huge page or two where somewhat more is open at once than before.
SLACK_KB = 8192

# The engine keeps what is closed for so long; a moment later as many sessions
# leave the table as come.
CLOSED_SECONDS = 30
STEADY_SECONDS = CLOSED_SECONDS + 5

# Bits of the conntrack mark of data connections: pinhole.connmark.
MARK = "0x1000/0x1000"

# What grows and must come back.
LEVELS = ("sessions", "tls_sessions", "pinholes", "grants",
          "data_connections", "packets_waiting")


# What must not have happened, by group of `ctl stats`.
ZERO = {
    "engine": ("sessions_midstream", "sessions_refused", "sessions_evicted",
               "pinholes_refused", "data_unmatched", "data_failed",
               "bad_checksums", "actions_failed"),
    "daemon": ("lookups_missing", "receive_errors", "verdict_errors",
               "reloads_failed"),
}


def must(holds, what):
    if not holds:
        raise LabError(what)


def same(got, wanted, what):
    must(got == wanted, f"{what}: {got}, not {wanted}")


def check_every_session_is_as_it_should_be(load):
    """Each end knows every byte that must come, and has compared."""
    faults = load.total("faults") + load.server["faults"]
    must(not faults, f"{faults} faults, such as: "
         f"{' / '.join(load.complaints[:4])}")
    ended = sum(load.ended(kind) for kind in THROUGH)
    same(ended, load.total("begun"), "sessions that ended well")
    for kind in THROUGH:
        same(load.server["ended"][kind], load.ended(kind),
             f"{kind}: sessions that the server saw")
    return (f"{ended} sessions, {load.total('lines')} replies,"
            f" {load.server['lines']} commands")


def check_every_file_arrived_whole(load):
    """Of each the receiver has compared every byte."""
    same(load.server["files"], load.total("files"), "files of the server")
    same(load.server["bytes"], load.total("bytes"), "their bytes")
    must(load.total("files"), "there were none")
    return f"{load.total('files')} files, {load.total('bytes') >> 20} MiB"


def check_so_many_at_once(load):
    held = sum(client.held for client in load.plan)
    most = max(look.engine["sessions"] for life in load.lives
               for look in life)
    must(most >= held, f"{most} sessions at once, not {held}")
    asked = sum(client.rate for client in load.plan)
    begun = load.total("begun") - held * len(load.acts)
    took = sum(max(report["seconds"] for report in act) for act in load.acts)
    return (f"up to {most} at once; {begun / took:.0f} new ones a second of"
            f" {asked} asked for")


def check_what_passed_was_translated(load):
    """By the engine's own count. A SYN that was sent again, and comes when its
    connection is over already, counts as another one. What a process counted
    between the last look at it and its end is not known."""
    notes = []
    restarted = len(load.lives) > 1
    for i, name in enumerate(("rewrites", "pinholes_used", "grants_used")):
        wanted = sum(load.ended(kind) * through[i]
                     for kind, through in THROUGH.items())
        got = load.counted("engine", name)
        must(restarted or wanted <= got, f"{name}: {got}, not {wanted}")
        must(got <= wanted + wanted // 1000 + 1,
             f"{name}: {got}, more than {wanted}")
        notes.append(f"{wanted} {name}")
    return ", ".join(notes)


def check_nothing_was_lost_or_refused(load):
    for group, names in ZERO.items():
        for name in names:
            same(load.counted(group, name), 0, name)
    for life in load.lives:
        for queue in life[-1].queues:
            for name in ("full_drops", "socket_drops", "verdicts_refused"):
                same(queue[name], 0, f"queue {name}")
    return f"{load.counted('engine', 'packets')} packets"


def check_conntrack_was_searched_once_a_server(load):
    """A whole search takes so long that a new session must not need one."""
    searched = load.counted("daemon", "lookups_searched")
    known = len(network.publics(network.GOOD) + network.publics(network.BAD))
    must(searched <= known * len(load.lives),
         f"{searched} times, for {known} servers")
    return f"{searched} times in {load.counted('daemon', 'lookups')}"


def check_endless_PASV_is_told_once_a_session(load):
    floods = load.ended("flood")
    must(floods, "there was none")
    alerts = load.counted("engine", "alerts_by_rule")
    told = alerts.pop("endpoint-flood", 0)
    same(alerts, {}, "other alerts")
    # One that was told before a restart is not told again.
    must(told == floods or (told < floods and len(load.lives) > 1),
         f"told {told} times, not {floods}")
    same(load.counted("engine", "sessions_untrusted_by_reason"), {},
         "sessions not trusted any more")
    return f"{floods} sessions"


def check_the_log_has_nothing_else(load):
    with open(load.subject.log, encoding="utf-8") as log:
        other = [line for line in log if not re.search(
            r"warning endpoint-flood:", line)]
    must(not other, f"{len(other)} lines, such as: {''.join(other[:2])}")


def check_the_bad_way_was_bad(load):
    relay = load.relay
    for name in ("lost", "twice", "late"):
        must(relay[name], f"no frame was {name}")
    for name in ("packets_held", "retransmissions"):
        must(load.counted("engine", name), f"the engine saw no {name}")
    return (f"{relay['frames']} frames: {relay['lost']} lost, {relay['late']}"
            f" late; {load.counted('engine', 'packets_held')} packets held")


def check_tables_are_empty_again(load):
    """Waits for conntrack, which keeps a closed connection for some seconds."""
    wait_until(lambda: not leftovers(load), "the end of all connections",
               6 * PATIENCE_SECONDS)
    must(not leftovers(load), leftovers(load))


def leftovers(load):
    """What is still there, or "": walking through conntrack's table also lets
    go what is over in it."""
    entries = load.field.gateway.run(["conntrack", "-L", "--mark", MARK])
    if entries:
        return f"conntrack: {entries.splitlines()[0]}"
    look = load.look()
    for name in LEVELS:
        if look.engine[name]:
            return f"{look.engine[name]} {name}"
    for element in lab_checks.pinholes(load.field):
        return f"in a set: {element}"
    return "" if not look.queues[0]["waiting"] else "packets wait"


def check_descriptors_are_closed(load):
    first, now = load.lives[-1][0].descriptors, load.look().descriptors
    must(now <= first, f"{now} are open, {first} at first")
    return f"{now} are open, {first} at first"


def check_memory_is_what_its_tables_take(load):
    """Their pages are taken when they are first used, and then no more."""
    table_kb = table_size_kb(load)
    life, now = load.lives[-1], load.look().memory_kb
    first = life[0].memory_kb
    must(now - first <= table_kb + SLACK_KB,
         f"grew by {now - first} kB, its tables have {table_kb} kB")
    note = f"{first} kB at first, {now - first} kB more at the end"
    steady = [look for look in life
              if load.full_at and look.at > load.full_at + STEADY_SECONDS]
    if steady:
        late = now - steady[0].memory_kb
        more = new_places(life, steady[0])
        must(late <= SLACK_KB + table_kb * more // SESSIONS,
             f"grew by {late} kB in {len(steady)} s, {more} sessions more")
        note += f", {late} of these in the last {len(steady)} s"
    return note


def new_places(life, then):
    """How many more sessions the table has held at once after that look than
    before: a machine that does not keep up may have time for more later."""
    def closed(look):
        return sum(look.engine["sessions_closed_by_reason"].values())

    def held(look):
        old = [one for one in life if one.at <= look.at - CLOSED_SECONDS]
        return (look.engine["sessions"] + closed(look) -
                (closed(old[-1]) if old else 0))

    before = max(held(look) for look in life if look.at <= then.at)
    return max(0, max(map(held, life)) - before)


def table_size_kb(load):
    text = load.subject.call("check").stdout
    return int(float(re.search(r"memory: ([\d.]+) MiB", text)[1]) * 1024)


def checks():
    """(name, function of a Load) of each, in the order of this page."""
    return [(name[len("check_"):].replace("_", " "), check)
            for name, check in globals().items() if name.startswith("check_")]
