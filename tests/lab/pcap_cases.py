# SPDX-License-Identifier: GPL-2.0-or-later
"""What the captures in pcaps/ show, and how each comes about."""

import itertools
import ssl
from collections.abc import Callable
from typing import NamedTuple

import ftps
import long_server
import reference
import rewrite
from dialog import Dialog, read_all
from firewall import BOTH, DNAT, ROUTED, SNAT
from ftps import Tls
from reference import ACTIVE, CLEAR, COMMAND, PASSIVE, SECURE
from servers import PASSIVE as PORTS
from stage import Stage
from topology import FAMILIES, V4, V6, address
from transfer import GET
from waiting import LabError

BY_HAND = "by hand"
INSIDE, OUTSIDE = LEGS = ("inside", "outside")
# Both links at once, so that each packet is there twice.
COOKED = {"sll": "LINUX_SLL", "sll2": "LINUX_SLL2"}

# Where data connections go that are made by hand.
ACTIVE_PORT, PASSIVE_PORT = 50000, PORTS[0]


class Case(NamedTuple):
    """One run of the lab, captured on each of @legs of the gateway.

    @shows: in words. @play: gets the Lab, and returns when all is said.
    """
    name: str
    shows: str
    server: str
    client: str
    play: Callable
    family: int = V4
    tls: Tls | None = None
    nat: str = ROUTED
    legs: tuple = (INSIDE,)

    @property
    def files(self):
        """{name of the capture without its ending: leg}"""
        if len(self.legs) == 1:
            return {self.name: self.legs[0]}
        return {f"{self.name}-{leg}": leg for leg in self.legs}


class Derived(NamedTuple):
    """A capture made out of another, @source. @change: from a list of
    Frames to (link type, list of Frames)."""
    name: str
    shows: str
    source: str
    change: Callable


def _fetch(case_server, client, command, **more):
    """One transfer by a real client from a real server."""
    public = more.pop("public", None)
    more.setdefault("only", "get")

    def play(lab):
        server = lab.serve(case_server, public=public)
        lab.transfer(client, command, server, **more).finish()
    return play


def _real(name, shows, server, client, command, family=V4, tls=None,
          nat=ROUTED, legs=(INSIDE,), **more):
    # Nobody can rewrite what TLS hides: the client must know better.
    more.setdefault("trust", not tls or bool(tls.ccc))
    return Case(name, shows, server, client,
                _fetch(server, client, command, **more), family, tls, nat,
                legs)


def _reference():
    for protocol, mode, direction, family in itertools.product(
            (CLEAR, SECURE), (ACTIVE, PASSIVE), ("get", "put"), FAMILIES):
        cell = reference.Cell(protocol, mode, direction, family, ROUTED)
        yield Case(
            f"{protocol}-{mode}-{direction}-v{family}".lower(),
            f"reference lab: {protocol}, {mode}, {direction}, IPv{family}",
            reference.SERVER_NAME, reference.CLIENT_NAME,
            lambda lab, cell=cell: reference.transfer(lab, cell),
            family, cell.tls)


def _translated():
    for nat, protocol, mode, family in (
            *itertools.product((SNAT, DNAT, BOTH), (CLEAR,),
                               (ACTIVE, PASSIVE), (V4,)),
            *itertools.product((SNAT, BOTH), (SECURE,), (PASSIVE,), (V4,)),
            (DNAT, SECURE, ACTIVE, V4), (SNAT, CLEAR, ACTIVE, V6),
            (BOTH, CLEAR, PASSIVE, V6), (DNAT, SECURE, PASSIVE, V6)):
        yield _real(
            f"{nat}-{protocol}-{mode}-v{family}".lower(),
            f"{_through(nat)}: {protocol}, {mode}, IPv{family}",
            "vsftpd", "lftp", COMMAND[mode, family], family,
            Tls() if protocol == SECURE else None, nat, LEGS)
    yield _real("dnat-ftps-passive-v4-public",
                "DNAT: FTPS, the hidden 227 names the public address",
                "vsftpd", "lftp", "PASV", V4, Tls(), DNAT, LEGS,
                public=address("public", V4), trust=True)
    yield Case("snat-ftps-active-v4-refused",
               "SNAT: FTPS, the hidden PORT names the client's inside "
               "address; the server refuses it", "vsftpd", "lftp",
               _refused, V4, Tls(), SNAT, LEGS)
    yield _real("snat-ccc-active-v4",
                "SNAT: CCC, then a PORT in clear that is rewritten",
                "proftpd", "curl", "PORT", V4,
                Tls(level="C", ccc="active"), SNAT, LEGS)
    for nat in (ROUTED, SNAT):
        yield _real(f"twice-{nat}-ftp-active-v4".lower(),
                    f"both links in one capture, {_through(nat)}", "vsftpd",
                    "lftp", "PORT", nat=nat, legs=tuple(COOKED))


def _through(nat):
    return "SNAT and DNAT" if nat == BOTH else nat


def _refused(lab):
    attempt = lab.transfer("lftp", "PORT", lab.serve("vsftpd"), only="get",
                           trust=False)
    attempt.process.wait()
    if attempt.whole():
        raise LabError("the server connected to an address it cannot know")


def _programs():
    """Other programs and commands, in clear."""
    yield _real("ftp-eprt-get-v4", "EPRT over IPv4", "proftpd", "curl",
                "EPRT")
    yield _real("ftp-epsv-get-v4", "EPSV over IPv4", "pure-ftpd", "tnftp",
                "EPSV")
    yield _real("ftp-both-ways-v4", "a get and a put in one session",
                "pyftpdlib", "ftplib", "PORT", only=None)
    yield Case("ftp-interleaved-v4", "four clients at once", "vsftpd",
               "curl, lftp, tnftp, ftplib", _interleaved)


def _interleaved(lab):
    server = lab.serve("vsftpd")
    started = [lab.transfer(client, command, server, only="get")
               for client, command in (("curl", "PASV"), ("lftp", "PORT"),
                                       ("tnftp", "EPSV"),
                                       ("ftplib", "EPRT"))]
    for one in started:
        one.finish()


def _secure():
    """Ways of FTPS."""
    for version, client, server in (("1.2", "curl", "vsftpd"),
                                    ("1.3", "lftp", "proftpd")):
        yield _real(f"ftps-implicit-tls{_short(version)}-v4",
                    f"implicit FTPS, TLS {version}", server, client, "PASV",
                    tls=Tls(True, version))
    for version, client, server in (("1.2", "lftp", "pure-ftpd"),
                                    ("1.3", "curl", "proftpd")):
        yield _real(f"ftps-tls{_short(version)}-epsv-v4",
                    f"explicit FTPS, TLS {version}, EPSV", server, client,
                    "EPSV", tls=Tls(version=version))
    for version, reuse in itertools.product(ftps.VERSIONS, (True, False)):
        how = "resumed" if reuse else "not-resumed"
        yield _real(f"ftps-{how}-tls{_short(version)}-v4",
                    f"TLS {version}, data sessions {how.replace('-', ' ')}",
                    "vsftpd", "ftplib", "PASV", only=None,
                    tls=Tls(version=version, reuse=reuse))
    for version, cipher in (
            ("1.2", "AES-128-GCM"), ("1.2", "CHACHA20-POLY1305"),
            ("1.2", "AES-128-CBC"), ("1.2", "AES-256-CBC:%NO_ETM"),
            ("1.3", "AES-128-GCM"), ("1.3", "CHACHA20-POLY1305")):
        name, _, without = cipher.partition(":")
        yield _real(f"ftps-tls{_short(version)}-{name}-v4".lower(),
                    f"TLS {version}, {name}"
                    f"{without and ' without encrypt-then-MAC'}",
                    "vsftpd", "lftp", "PASV",
                    tls=Tls(version=version, cipher=cipher))
    for mode in (ACTIVE, PASSIVE):
        yield _real(f"ftps-prot-c-{mode}-v4",
                    f"PROT C: {mode}, data in clear", "vsftpd", "lftp",
                    COMMAND[mode, V4], tls=Tls(level="C"))


def _cleared():
    for name, server, client, command, tls in (
            ("passive", "pure-ftpd", "curl", "PASV",
             Tls(version="1.3", level="C", ccc="active")),
            ("active", "proftpd", "ftplib", "PORT",
             Tls(version="1.2", level="C", ccc="active")),
            ("server-first", "proftpd", "curl", "EPSV",
             Tls(version="1.2", level="C", ccc="passive")),
            ("prot-p", "proftpd", "ftplib", "PASV",
             Tls(version="1.3", level="P", ccc="active"))):
        data = "clear" if tls.level == "C" else "TLS"
        yield _real(f"ftps-ccc-{name}-tls{_short(tls.version)}-v4",
                    f"CCC, TLS {tls.version}: then {command} in clear, data "
                    f"in {data}", server, client, command, tls=tls)


def _short(version):
    return version.replace(".", "")


def _asked(client, line):
    """The reply to @line, whatever its code."""
    client.send(f"{line}\r\n".encode())
    return client.reply()


def _must(reply, start):
    if not reply.startswith(start):
        raise LabError(f"expected {start}: {reply!r}")


def _list(lab, client):
    """A listing over EPSV."""
    port = _port(client.command("EPSV", 229))
    with client.socket() as data:
        data.connect((lab.target, port))
        client.command("NLST", 150)
        read_all(data)
    client.expect(226)


def _port(line):
    return int(line.split("|")[3])


def _epsv_all(lab):
    lab.serve("proftpd")
    client = Dialog(lab)
    client.command("EPSV ALL", 200)
    _list(lab, client)
    _must(_asked(client, client.active_line(client.listen())), "5")
    _must(_asked(client, "PASV"), "5")
    client.quit()


def _no_such_protocol(lab):
    lab.serve("pure-ftpd")
    client = Dialog(lab)
    port = client.listen().getsockname()[1]
    _must(_asked(client, f"EPRT |2|{address('client', V6)}|{port}|"), "522")
    _must(_asked(client, "EPSV 2"), "522")
    _list(lab, client)
    client.quit()


def _no_auth(lab):
    lab.serve("vsftpd")
    client = Dialog(lab, login=False)
    _must(_asked(client, "AUTH TLS"), "530")
    client.log_in()
    _list(lab, client)
    client.quit()


def _failed_handshake(lab):
    """The client takes no certificate but ECDSA's, which the server lacks."""
    lab.serve("proftpd")
    client = Dialog(lab, login=False)
    client.command("AUTH TLS", 234)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(arrived, leaving, server_hostname=lab.target)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    client.send(leaving.read())
    if b"421 " not in read_all(client.control):
        raise LabError("no 421 after the alert")
    client.close()


def _injection(name):
    """What came in clear behind AUTH TLS must be thrown away, or it counts as
    if it had come under TLS (CVE-2011-0411 and its like)."""
    def play(lab):
        lab.serve(name)
        client = Dialog(lab, login=False)
        client.send(b"AUTH TLS\r\nNOOP\r\n")
        client.expect(234)
        try:
            client.secure()
            # Who obeys what was injected answers that first.
            _asked(client, "FEAT")
            client.send(b"QUIT\r\n")
            read_all(client.control)
            client.close()
        except (ssl.SSLError, ConnectionError):
            client.control.close()
    return play


def _behind_auth():
    for name in ("vsftpd", "proftpd", "pure-ftpd", "pyftpdlib"):
        yield Case(f"injection-command-{name}", "a command in clear behind "
                   "AUTH TLS in the same segment", name, BY_HAND,
                   _injection(name), tls=Tls())
    yield _hand("injection-reply", "a reply in clear behind the 234 in the "
                "same segment", _inject_reply, tls=Tls())


def _hand(name, shows, play, **more):
    return Case(name, shows, BY_HAND, BY_HAND, play, **more)


def _greeted(lab):
    stage = Stage(lab)
    stage.server("220 Ready.\r\n")
    return stage


_LOGIN = ("USER ftpuser", "331 Password please.",
          "PASS sallyport", "230 Logged in.")


def _entered(lab):
    stage = _greeted(lab)
    stage.exchange(*_LOGIN)
    return stage


def _finished(stage):
    stage.exchange("QUIT", "221 Goodbye.")
    stage.close()


def _retrieve(stage, opener, port):
    stage.exchange(f"RETR {GET}", "150 Here it comes.")
    stage.data(opener, port)
    stage.server("226 Done.\r\n")


def _inject_reply(lab):
    stage = _greeted(lab)
    stage.client("AUTH TLS\r\n")
    stage.server("234 Go ahead.\r\n331 Password please.\r\n")
    stage.secure()
    stage.exchange(*_LOGIN, "PBSZ 0", "200 PBSZ=0", "PROT P", "200 Private.")
    _finished(stage)


def _hello_cut(*reply, cut):
    def play(lab):
        stage = _greeted(lab)
        stage.client("AUTH TLS\r\n")
        stage.server(*reply)
        stage.secure(cut)
        stage.exchange(*_LOGIN)
        _finished(stage)
    return play


def _hello_joined(lab):
    stage = _greeted(lab)
    stage.secure(client="AUTH TLS\r\n", server="234 Go ahead.\r\n")
    stage.exchange(*_LOGIN)
    _finished(stage)


def _reply_joined(lab):
    stage = _greeted(lab)
    stage.client("NOOP\r\nAUTH TLS\r\n")
    stage.server("200 Nothing done.\r\n234 Go ahead.\r\n")
    stage.secure()
    stage.exchange(*_LOGIN)
    _finished(stage)


def _active(*pieces):
    def play(lab):
        stage = _entered(lab)
        stage.client(*pieces)
        stage.server("200 Understood.\r\n")
        _retrieve(stage, "server", ACTIVE_PORT)
        _finished(stage)
    return play


def _passive(command, *pieces):
    def play(lab):
        stage = _entered(lab)
        stage.client(f"{command}\r\n")
        stage.server(*pieces)
        _retrieve(stage, "client", PASSIVE_PORT)
        _finished(stage)
    return play


def _pipelined(lab):
    stage = _entered(lab)
    stage.client(f"TYPE I\r\nPORT 10,1,4,4,195,80\r\nRETR {GET}\r\n")
    stage.server("200 Type set.\r\n200 Understood.\r\n150 Here it comes.\r\n")
    stage.data("server", ACTIVE_PORT)
    stage.server("226 Done.\r\n")
    _finished(stage)


def _cut():
    tls = Tls()
    yield _hand("split-234", "234 in four segments, CR and LF apart",
                _hello_cut("2", "34 Go", " ahead.\r", "\n", cut=0), tls=tls)
    yield _hand("split-clienthello", "ClientHello in segments of 100 bytes",
                _hello_cut("234 Go ahead.\r\n", cut=100), tls=tls)
    yield _hand("split-clienthello-header", "ClientHello in segments of "
                "three bytes, TLS 1.2",
                _hello_cut("234 Go ahead.\r\n", cut=3),
                tls=Tls(version="1.2"))
    yield _hand("joined-clienthello", "AUTH TLS and ClientHello in one "
                "segment, 234 and ServerHello in another", _hello_joined,
                tls=tls)
    yield _hand("joined-234", "200 and 234 in one segment", _reply_joined,
                tls=tls)
    yield _hand("split-port", "PORT in four segments, CR and LF apart",
                _active("PO", "RT 10,1,4,4,1", "95,80\r", "\n"))
    yield _hand("split-227", "227 in three segments",
                _passive("PASV", "227 Entering Passive Mode (10,2,",
                         "5,5,164,1", "6).\r\n"))
    yield _hand("split-eprt-v6", "EPRT in segments of one byte",
                _active(*f"EPRT |2|fc00:10:1:4::4|{ACTIVE_PORT}|\r\n"),
                family=V6)
    yield _hand("split-229-v6", "229 in three segments", _passive(
        "EPSV", "229 Extended Passive Mode (|", f"||{PASSIVE_PORT}",
        "|)\r\n"), family=V6)
    yield _hand("joined-port", "TYPE, PORT and RETR in one segment, their "
                "replies in another", _pipelined)


def _long():
    """RFC 1639."""
    yield _hand("lprt-v4", "LPRT over IPv4",
                _active("LPRT 4,4,10,1,4,4,2,195,80\r\n"))
    yield _hand("lpsv-v4", "LPSV over IPv4", _passive(
        "LPSV",
        "228 Entering Long Passive Mode (4,4,10,2,5,5,2,164,16)\r\n"))
    for long, command in (("lprt", "EPRT"), ("lpsv", "EPSV")):
        yield Case(f"{long}-v6", f"{command} is refused, {long.upper()} "
                   "takes its place over IPv6", BY_HAND, "tnftp",
                   lambda lab, command=command: long_server.get_from(
                       lab, command), V6)


def _spoken():
    """Real servers, spoken to by hand."""
    yield Case("epsv-all-v4", "EPSV ALL: PORT and PASV are refused after it",
               "proftpd", BY_HAND, _epsv_all)
    yield Case("522-v4", "522 to EPRT and EPSV for other protocols",
               "pure-ftpd", BY_HAND, _no_such_protocol)
    yield Case("auth-refused-v4", "AUTH TLS is refused; login in clear",
               "vsftpd", BY_HAND, _no_auth)
    yield Case("handshake-failed-v4", "no common cipher: an alert, then 421 "
               "in clear", "proftpd", BY_HAND, _failed_handshake, tls=Tls())


CASES = [*_reference(), *_translated(), *_programs(), *_secure(),
         *_cleared(), *_behind_auth(), *_cut(), *_long(), *_spoken()]

DERIVED = [
    Derived("vlan-ftp-passive-v4", "802.1Q tag", "ftp-passive-get-v4",
            rewrite.framed("vlan")),
    Derived("vlan-ftps-passive-v6", "802.1Q tag", "ftps-passive-get-v6",
            rewrite.framed("vlan")),
    Derived("qinq-ftp-active-v6", "802.1ad and 802.1Q tags",
            "ftp-active-get-v6", rewrite.framed("qinq")),
    Derived("qinq-ftps-active-v4", "802.1ad and 802.1Q tags",
            "ftps-active-get-v4", rewrite.framed("qinq")),
    Derived("pppoe-ftp-passive-v4", "PPPoE", "ftp-passive-get-v4",
            rewrite.framed("pppoe")),
    Derived("raw-ftp-passive-v6", "no link header", "ftp-passive-get-v6",
            rewrite.framed("raw")),
    Derived("null-ftp-active-v6", "BSD loopback header",
            "ftp-active-get-v6", rewrite.framed("null")),
    Derived("snapped-ftp-active-v4", "96 bytes of each packet kept",
            "ftp-active-get-v4", rewrite.snapped(96)),
    Derived("fragments-ftp-active-v4", "IPv4 fragments, the last first",
            "ftp-active-get-v4", rewrite.fragments),
    Derived("midstream-ftp-passive-v4", "begins at TYPE, after the login",
            "ftp-passive-get-v4", rewrite.from_line(b"TYPE I\r\n")),
    Derived("midstream-ftps-passive-v4", "begins at the data connection",
            "ftps-passive-get-v4", rewrite.from_data),
]
