# SPDX-License-Identifier: GPL-2.0-or-later
"""What `sallyport replay --json` tells of a capture, in the terms of
tshark_read.py."""

import json
import re
from dataclasses import dataclass, field

# report/escape.h: what it writes for the bytes that are no legible text.
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|(.))")
_SHORT = {"r": "\r", "n": "\n", "t": "\t", "\\": "\\"}


def raw(text):
    """The bytes that an escaped text stands for."""
    out, at = b"", 0
    for found in _ESCAPE.finditer(text):
        out += text[at:found.start()].encode()
        out += (bytes([int(found[1], 16)]) if found[1]
                else _SHORT[found[2]].encode())
        at = found.end()
    return out + text[at:].encode()


@dataclass
class Session:
    client: tuple
    server: tuple
    commands: list = field(default_factory=list)  # (verb, argument)
    replies: list = field(default_factory=list)  # (code, text)
    announced: list = field(default_factory=list)  # (via, address, port)
    data: dict = field(default_factory=dict)  # (from, to): the event


def _pair(end):
    return end["addr"], end.get("port")


def sessions(log):
    """Sessions in the order of their numbers."""
    found = {}
    for line in log.splitlines():
        event = json.loads(line)
        if not event.get("session"):
            continue
        session = found.setdefault(event["session"], Session(
            _pair(event["client"]), _pair(event["server"])))
        _add(session, event)
    return [found[number] for number in sorted(found)]


def _add(session, event):
    kind = event["event"]
    if kind == "command":
        session.commands.append((raw(event["verb"]),
                                 raw(event.get("arg", ""))))
    elif kind == "reply":
        session.replies.append((str(event["code"]).encode(),
                                raw(event["text"])))
    elif kind == "endpoint":
        session.announced.append((event["via"], event.get("addr"),
                                  event.get("port")))
    elif kind == "data":
        ends = _pair(event["from"]), _pair(event["to"])
        session.data.setdefault(ends, event)
