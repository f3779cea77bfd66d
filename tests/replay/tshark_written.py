# SPDX-License-Identifier: GPL-2.0-or-later
"""What tshark has to complain of in a capture."""

from collections import Counter

import tshark_read

# tshark's numbers for tcp.checksum.status and ip.checksum.status.
_BAD = "0"

# Field: what it means when it is there, or has this value.
_SIGNS = (
    ("tcp.checksum.status", _BAD, "bad TCP checksum"),
    ("ip.checksum.status", _BAD, "bad IPv4 checksum"),
    ("_ws.malformed", None, "malformed"),
    ("_ws.short", None, "cut short"),
)

# Of TCP's own analysis, what says that numbers or packets are missing.
_ANALYSIS = ("lost_segment", "ack_lost_segment", "out_of_order",
             "retransmission", "fast_retransmission",
             "spurious_retransmission", "duplicate_ack", "window_full",
             "zero_window", "reused_ports")


def complaints(path):
    """{complaint: how often}"""
    names = [name for name, *_ in _SIGNS]
    names += [f"tcp.analysis.{name}" for name in _ANALYSIS]
    fields = [word for name in names for word in ("-e", name)]
    text = tshark_read.run(
        "-r", path, "-o", "tcp.check_checksum:TRUE",
        "-o", "ip.check_checksum:TRUE", "-T", "fields",
        "-E", "separator=/t", "-E", "occurrence=a", *fields)
    found = Counter()
    for line in text.decode().split("\n")[:-1]:
        for name, value in zip(names, line.split("\t")):
            found.update(_signs(name, value))
    return found


def _signs(name, value):
    if not value:
        return []
    for sign, bad, text in _SIGNS:
        if sign == name:
            return [text] if bad is None or bad in value.split(",") else []
    return [name]
