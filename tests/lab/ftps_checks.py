# SPDX-License-Identifier: GPL-2.0-or-later
"""What must hold where the control connection is encrypted: nobody reads the
commands, so the data connections and the event log must tell."""

import checks
import tls_wire
from ftps import PRIVATE
from lab import SERVER_NAME
from servers import PASSIVE
from topology import address
from waiting import LabError, wait_until

ACTIVE = "active"
PORTS = "{}-{}".format(*PASSIVE)


def transfers(lab, client, command, mode, server, **more):
    """A big file each way, whole, and as asked for."""
    lab.transfer(client, command, server, trust=False, **more).finish()
    on_the_wire(lab, mode)


def on_the_wire(lab, mode):
    """Every data connection came from where it must, and TLS was spoken as
    it should be, or nowhere."""
    data_from_the_right_side(lab, mode)
    if lab.tls:
        spoke_tls(lab)
    if lab.client_tap.data_tls() and not lab.tls:
        raise LabError("TLS on a data connection")


def data_from_the_right_side(lab, mode):
    opened = lab.server_tap.data_opened()
    if not opened:
        raise LabError("no data connection on the wire")
    low, high = PASSIVE
    for packet in opened:
        right = (packet.sent and packet.source[1] == lab.port - 1
                 if mode == ACTIVE else
                 not packet.sent and low <= packet.target[1] <= high)
        if not right:
            raise LabError(f"not {mode}: {packet.source} to {packet.target}")


def spoke_tls(lab):
    """The version that was asked for on the control connection, and on each
    data connection TLS, begun by the FTP client (RFC 4217 7), or none."""
    if versions(lab.server_tap) != {lab.tls.version}:
        raise LabError(f"TLS {versions(lab.server_tap)}, wanted "
                       f"{lab.tls.version}")
    # One that is sent again is the same.
    hellos = set(lab.server_tap.data_tls())
    wanted = (len(lab.server_tap.data_opened())
              if lab.tls.level == PRIVATE else 0)
    if len(hellos) != wanted:
        raise LabError(f"{len(hellos)} of {wanted} data connections began "
                       "with a ClientHello")
    if any(source[0] == address("server", lab.family)
           for source, _ in hellos):
        raise LabError("the server began TLS on a data connection")


def versions(tap):
    """What servers chose on control connections; None: there was no TLS."""
    return {tls_wire.chosen_version(tls_wire.after_lines(stream))
            for stream in tap.control_replies()}


def in_the_log(lab, daemon, mode):
    """The session, its grant, and a verdict on each data connection; and at
    the end of the session the grant ended."""
    if not lab.tls.implicit:
        daemon.wait_event("auth", accepted=True)
    daemon.wait_event("tls", state="established")
    daemon.wait_event("grant", op="open", mode=mode,
                      server_name=SERVER_NAME)
    wanted = len(lab.server_tap.data_opened())
    wait_until(lambda: len(opened(daemon)) >= wanted,
               f"{wanted} data events")
    for event in opened(daemon):
        if event["mode"] != mode or event["verdict"] != "related":
            raise LabError(f"unexpected data event: {event}")
    daemon.wait_event("session_close")
    daemon.wait_event("grant", op="close", mode=mode)
    if mode != ACTIVE:
        ports_are_told(daemon)


def opened(daemon):
    return [event for event in daemon.events("data")
            if event["op"] == "open"]


def ports_are_told(daemon):
    for event in daemon.events("grant"):
        if event["mode"] != ACTIVE and event["ports"] != PORTS:
            raise LabError(f"a grant of other ports: {event}")


def fails_without(lab, client, command, server):
    """With sallyport's rules loaded and nobody behind them, the client logs
    in under TLS and its data connection goes nowhere."""
    before = lab.firewall.drops()
    attempt = lab.transfer(client, command, server, trust=False)
    wait_until(
        lambda: (lab.firewall.drops() > before or
                 not attempt.process.running()),
        "a dropped data connection or the client's end")
    attempt.stop()
    if versions(lab.client_tap) != {lab.tls.version}:
        raise LabError("without sallyport not even the control connection "
                       f"works: {attempt.process.tail()}")
    if attempt.whole():
        raise LabError("the transfer works without sallyport")


def refused(lab, daemon, client, command, server, **more):
    """An active transfer through a masquerade: the server does not connect to
    the inside address that it is told, and the event log says that active
    mode cannot be granted, and why; gives that."""
    attempt = lab.transfer(client, command, server, trust=False, **more)
    event = daemon.wait_event("grant", op="refuse", mode=ACTIVE)
    if not event["reason"]:
        raise LabError(f"it does not say why: {event}")
    attempt.process.wait()
    if attempt.whole():
        raise LabError("it works all the same")
    if lab.client_tap.data_opened():
        raise LabError("a data connection reached the client: "
                       f"{lab.client_tap.data_opened()}")
    return f"refused ({event['reason']}); {checks.clean(lab)}"
