# SPDX-License-Identifier: GPL-2.0-or-later
"""Event logs and captures as text that is short enough to keep and to read:
one line a thing, and nothing twice."""

import json
import re
from datetime import datetime

import captures  # finds pcap.py
import pcap

# Where a line names one, replay may rewrite it.
_ENDPOINT = re.compile(rb"(PORT|EPRT|LPRT|227|228|229)[ -]", re.I)


def _moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def events(log):
    """Every event with all its fields: the time since the first one, the
    session, the event, then the rest. The session's own endpoints are told
    once."""
    lines, known, first = [], {}, None
    for line in log.splitlines():
        event = json.loads(line)
        now = _moment(event.pop("ts"))
        if first is None:
            first = now
            lines.append(now.isoformat())
        session, name = event.pop("session", None), event.pop("event")
        ends = [event.pop(side) for side in ("client", "server")
                if side in event]
        if known.get(session) != ends:
            known[session] = ends
            name += " " + " ".join(map(_endpoint, ends))
        rest = "".join(f" {key}={_value(value)}"
                       for key, value in event.items())
        lines.append(f"+{(now - first).total_seconds():.6f} s{session} {name}{rest}")
    return "".join(f"{line}\n" for line in lines)


def _endpoint(end):
    host = f"[{end['addr']}]" if ":" in end["addr"] else end["addr"]
    return f"{host}:{end['port']}" if "port" in end else host


def _value(value):
    if isinstance(value, dict) and "addr" in value:
        return _endpoint(value)
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def written(path):
    """The lines that name endpoints; of all else how much went from whom to
    whom."""
    link, frames = pcap.read(path)
    lines, amounts, other = [f"link type {link}"], {}, 0
    for frame in frames:
        seen = pcap.segment(link, frame)
        if not seen:
            other += 1
            continue
        ends = (seen.source, seen.target)
        packets, size = amounts.get(ends, (0, 0))
        amounts[ends] = (packets + 1, size + seen.size)
        payload = frame.data[-seen.size:] if seen.size else b""
        if _ENDPOINT.match(payload):
            lines.append(f"{_who(ends)} {json.dumps(payload.decode('latin-1'))}")
    lines += [f"{_who(ends)} {packets} packets, {size} bytes"
              for ends, (packets, size) in amounts.items()]
    lines.append(f"{len(frames)} packets" +
                 (f", {other} of them not TCP" if other else ""))
    return "".join(f"{line}\n" for line in lines)


def _who(ends):
    return " > ".join(_endpoint({"addr": host, "port": port})
                      for host, port in ends)
