# SPDX-License-Identifier: GPL-2.0-or-later
"""What tshark reads in a capture: control connections line by line, what they
announce, and the connections for data."""

import re
import subprocess
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

SYN, ACK = 0x02, 0x10

# (field with the address or None: the one who sends, field with the port)
_ANNOUNCED = {
    "PASV": (("ftp.passive.ip",), "ftp.passive.port"),
    "PORT": (("ftp.active.cip",), "ftp.active.port"),
    "EPRT": (("ftp.eprt.ip", "ftp.eprt.ipv6"), "ftp.eprt.port"),
    "EPSV": ((), "ftp.epsv.port"),
}


# A line, and no part of a TLS record.
_TEXT = re.compile(rb"[\t -~]*\r?\n?\Z")


@dataclass
class Line:
    """One line as tshark cuts it. Of those that it dissects, @fields has
    what it shows, and @bytes the bytes that it took for them."""
    frame: int
    raw: bytes
    fields: dict
    bytes: dict


@dataclass
class Talk:
    """One control connection."""
    client: tuple
    server: tuple
    commands: list = field(default_factory=list)  # Lines
    replies: list = field(default_factory=list)


@dataclass
class Stream:
    """One TCP connection; @opener: who sent the SYN, or None."""
    ends: tuple  # of its first packet: source, target
    opener: tuple = None
    protocols: set = field(default_factory=set)


@dataclass
class Reading:
    talks: dict  # number of the stream: Talk
    streams: dict  # number: Stream

    def data(self):
        """{(from, to)} of all connections but those for control, if their
        beginning was captured."""
        return {self._ends(s) for number, s in self.streams.items()
                if number not in self.talks and s.opener}

    @staticmethod
    def _ends(stream):
        one, other = stream.ends
        return (one, other) if stream.opener == one else (other, one)


def run(*arguments):
    """Standard output of tshark."""
    done = subprocess.run(["tshark", "-n", *arguments], capture_output=True,
                          check=False)
    if done.returncode:
        raise OSError(done.stderr.decode("utf-8", "replace").strip())
    return done.stdout


def read(path, keylog, rsa_key, tls_port=990):
    """@rsa_key: any RSA key at all, in a file. tshark has no other way to be
    told that what is in TLS on @tls_port is FTP."""
    arguments = ["-r", path, "-T", "pdml",
                 "-J", "ip ipv6 tcp ftp ftp-data tls",
                 "-o", f'uat:ssl_keys:"any","{tls_port}","ftp","{rsa_key}",""']
    if tls_port != 990:
        arguments += ["-d", f"tcp.port=={tls_port},tls"]
    if keylog:
        arguments += ["-o", f"tls.keylog_file:{keylog}"]
    reading = Reading({}, {})
    for packet in ElementTree.fromstring(run(*arguments)).iter("packet"):
        _packet(reading, packet)
    return reading


def read_twice(path, keylog, rsa_key):
    """For a capture in which tshark does not see that TLS begins, and goes on
    to cut the records into lines: once for what is in clear, and once for
    what is in TLS."""
    clear = read(path, keylog, rsa_key)
    hidden = read(path, keylog, rsa_key, tls_port=21)
    for number, talk in clear.talks.items():
        other = hidden.talks.get(number, Talk(talk.client, talk.server))
        for name in ("commands", "replies"):
            lines = [line for line in getattr(talk, name)
                     if _TEXT.match(line.raw)] + getattr(other, name)
            setattr(talk, name, sorted(lines, key=lambda line: line.frame))
    return clear


def _show(proto, name):
    found = proto.find(f".//field[@name='{name}']")
    return None if found is None else found.get("show")


def _packet(reading, packet):
    protos = {p.get("name"): p for p in packet.findall("proto")}
    tcp = protos.get("tcp")
    if tcp is None or _show(tcp, "tcp.stream") is None:
        return
    # The outermost network header with addresses of its own.
    ip = next(p for p in packet.findall("proto")
              if p.get("name") in ("ip", "ipv6"))
    kind = ip.get("name")
    source, target = (
        (_show(ip, f"{kind}.{end}"), int(_show(tcp, f"tcp.{port}")))
        for end, port in (("src", "srcport"), ("dst", "dstport")))
    number = int(_show(tcp, "tcp.stream"))
    stream = reading.streams.setdefault(number, Stream((source, target)))
    stream.protocols |= set(protos)
    flags = int(_show(tcp, "tcp.flags"), 16)
    if flags & (SYN | ACK) == SYN and not stream.opener:
        stream.opener = source
    frame = int(_show(protos["geninfo"], "num"))
    for proto in packet.findall("proto[@name='ftp']"):
        _ftp(reading, number, (source, target), proto, frame)


def _ftp(reading, number, ends, proto, frame):
    source, target = ends
    asks = _show(proto, "ftp.request") == "1"
    talk = reading.talks.setdefault(
        number, Talk(source, target) if asks else Talk(target, source))
    lines = talk.commands if asks else talk.replies
    announced = {f.get("name"): f.get("show") for f in proto.iter("field")}
    for one in proto.findall("field[@name='']"):
        raw = bytes.fromhex(one.get("value") or "")
        fields = {f.get("name"): f.get("show") for f in one.iter("field")}
        taken = {f.get("name"): bytes.fromhex(f.get("value") or "")
                 for f in one.iter("field")}
        if any(name.endswith((".command", ".code")) for name in fields):
            # Endpoints stand beside the line that they are of.
            fields = {**announced, **fields}
        lines.append(Line(frame, raw, fields, taken))


def joined(lines):
    """Lines that came in several segments, each of which tshark takes for a
    line, as one."""
    whole, begun = [], None
    for line in lines:
        if begun:
            line = Line(begun.frame, begun.raw + line.raw, {}, {})
        begun = None if line.raw.endswith(b"\n") else line
        if not begun:
            whole.append(line)
    return whole + ([begun] if begun else [])


def _cut(line, size, names):
    """The two parts of @line: tshark's fields, or what it shows of a line that
    it does not dissect."""
    if names[0] in line.bytes:
        return tuple(line.bytes.get(name, b"") for name in names)
    text = line.raw.rstrip(b"\r\n")
    size = size or len(text.split(b" ")[0])
    return text[:size], text[size + 1:]


def command(line):
    """(verb, argument), as bytes."""
    verb, arg = _cut(line, 0, ("ftp.request.command", "ftp.request.arg"))
    return verb.upper(), arg


def replies(lines):
    """[(code, text of the first line)] of whole replies (RFC 959 4.2)."""
    found, until = [], None
    for line in lines:
        begins = re.match(rb"(\d{3})([ -])", line.raw)
        if not until:
            found.append(_cut(line, 3,
                              ("ftp.response.code", "ftp.response.arg")))
            if begins and begins[2] == b"-":
                until = begins[1]
        elif begins and begins[1] == until and begins[2] == b" ":
            until = None
    return found


def announced(line, sender):
    """(command, address, port) that tshark reads in @line, or None."""
    for via, (hosts, port) in _ANNOUNCED.items():
        if line.fields.get(port):
            host = next((line.fields[name] for name in hosts
                         if line.fields.get(name)), sender[0])
            return via, host, int(line.fields[port])
    return None
