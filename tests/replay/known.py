# SPDX-License-Identifier: GPL-2.0-or-later
"""Where replay and tshark (4.0) read a capture differently, and why that is
right. Nothing else may differ, and a row that changes nothing is an error."""

from dataclasses import dataclass

COMMAND, REPLY, ENDPOINT = "command", "reply", "endpoint"
DATA = "data connection"

# tshark looks for TLS at the start of the segment behind that of the 234, and
# goes on to cut the records into lines where it finds none. For these it is
# asked a second time, for what is in TLS.
TLS_UNSEEN = {
    "ftps-ccc-server-first-tls12-v4": "the ClientHello is in two segments",
    "ftps-tls13-epsv-v4": "the ClientHello is in two segments",
    "joined-234": "200 and 234 are in one segment",
    "snat-ccc-active-v4-inside": "the ClientHello is in two segments",
    "snat-ccc-active-v4-outside": "the ClientHello is in two segments",
    "split-234": "the 234 is in four segments",
}


@dataclass(frozen=True)
class Difference:
    """@kind: what is compared. @ours, @theirs: what replay or tshark alone
    has, as (first, behind the last) in its list; None is the end."""
    kind: str
    why: str
    ours: tuple = ()
    theirs: tuple = ()

    def apply(self, ours, theirs):
        return _without(ours, self.ours), _without(theirs, self.theirs)


def _without(items, spans):
    for first, last in reversed(spans):
        items = items[:first] + ([] if last is None else items[last:])
    return items


_FIRST = ((0, 1),)
_SECOND = ((1, 2),)
_ALL = ((0, None),)
_SPLIT = "tshark reads no endpoint that comes in several segments"
_LONG = "tshark does not know LPRT and LPSV"
_MIDDLE = ("in the middle of a session the first line may be the end of a "
           "longer one, and the reply to it one to no command")
_RECORDS = "tshark takes TLS records for lines"
_JOINED = ("what comes with AUTH TLS in the same segment is no handshake to "
           "the engine but an injection; tshark finds no TLS either, and takes "
           "the records for lines")
_NOT_FTP = "the engine reads no further behind a line that is not FTP"

_TABLE = {
    "split-port": [Difference(ENDPOINT, _SPLIT, ours=_FIRST)],
    "split-227": [Difference(ENDPOINT, _SPLIT, ours=_FIRST)],
    "split-229-v6": [Difference(ENDPOINT, _SPLIT, ours=_FIRST)],
    "split-eprt-v6": [Difference(ENDPOINT, _SPLIT, ours=_FIRST)],
    "joined-port": [Difference(
        ENDPOINT, "tshark dissects the first line of a segment alone",
        ours=_FIRST)],
    "lprt-v4": [Difference(ENDPOINT, _LONG, ours=_FIRST)],
    "lpsv-v4": [Difference(ENDPOINT, _LONG, ours=_FIRST)],
    "lprt-v6": [Difference(ENDPOINT, _LONG, ours=_SECOND)],
    "lpsv-v6": [Difference(ENDPOINT, _LONG, ours=_FIRST)],
    "ftps-ccc-passive-tls13-v4": [Difference(
        COMMAND, "tshark does not read the PWD behind the end of TLS in the "
        "same segment", ours=((7, 8),))],
    "joined-clienthello": [
        Difference(COMMAND, _JOINED, ours=((1, None),), theirs=((1, None),)),
        Difference(REPLY, _JOINED, ours=((1, None),), theirs=((1, None),))],
    "midstream-ftp-passive-v4": [
        Difference(COMMAND, _MIDDLE, theirs=_FIRST),
        Difference(REPLY, _MIDDLE, theirs=_FIRST)],
    "midstream-ftps-passive-v4": [
        Difference(COMMAND, _RECORDS, theirs=_ALL),
        Difference(REPLY, _RECORDS, theirs=_ALL),
        Difference(DATA, "its SYN comes before anything of the session",
                   theirs=_ALL)],
    "snapped-ftp-active-v4": [Difference(
        REPLY, "of a line whose end was not captured tshark shows the rest, "
        "and takes the next one for its end", theirs=((2, 4), (5, 6)))],
    "snat-ftps-active-v4-refused-inside": [Difference(
        REPLY, "behind an RST nothing is read", theirs=((13, 14),))],
    "split-234": [
        Difference(COMMAND, "tshark does not decrypt it", ours=((1, None),)),
        Difference(REPLY, "tshark does not decrypt it", ours=((2, None),))],
    "OISF__suricata-verify__ftp-too-long-command-buffered": [Difference(
        COMMAND, "the engine keeps no line longer than limits.line-length",
        theirs=((5, 6),))],
    "zeek__zeek__fake-long-commands": [
        Difference(COMMAND, _NOT_FTP, theirs=((4, None),)),
        Difference(REPLY, _NOT_FTP, theirs=((4, None),))],
    "zeek__zeek__ftp-invalid-reply-code": [Difference(
        REPLY, "what does not begin with three digits is no reply",
        theirs=((3, 4),))],
}

# What tshark complains of in what -w writes though not in the capture: how
# often, and why.
WRITTEN = {
    "snapped-ftp-active-v4": (
        {"tcp.analysis.ack_lost_segment": 2, "tcp.analysis.lost_segment": 1},
        "what was not captured of the 150 is a hole to the engine, which holds "
        "the 226 behind it until that comes"),
}


def of(name):
    return _TABLE.get(name, [])
