# SPDX-License-Identifier: GPL-2.0-or-later
"""The unit under a real systemd: what it forbids the daemon is not missed, and
sessions go on when it is restarted, dies, or does not move any more."""

import checks
import systemd
from dialog import Dialog
from firewall import SNAT
from lab import Lab
from report import Skip
from waiting import LabError, about

CONTENT = b"what the client asked for"


def run(space):
    if systemd.why_not():
        raise Skip(systemd.why_not())
    with Lab(space, SNAT) as lab:
        under(lab, systemd.Service(lab))


def under(lab, service):
    lab.serve("vsftpd").keep("file", CONTENT)
    client = Dialog(lab)
    passive(client)
    active(client)
    pinged = service.show("WatchdogTimestampMonotonic")
    for happens in (reloaded, restarted, killed, stopped):
        with about(happens.__name__):
            happens(service)
            active(client)
            passive(client)
    client.quit()
    if service.show("WatchdogTimestampMonotonic") == pinged:
        raise LabError("systemd did not hear from it")
    service.ctl("stop", "sallyport")
    if (service.state(), service.show("Result")) != ("inactive", "success"):
        raise LabError(f"{service.state()}, {service.show('Result')}")
    checks.none_invalid(lab)


def reloaded(service):
    service.ctl("reload", "sallyport")


def restarted(service):
    service.ctl("restart", "sallyport")


def killed(service):
    before = service.show("MainPID")
    service.ctl("kill", "-s", "KILL", "sallyport")
    service.another(before)


def stopped(service):
    """Its watchdog barks."""
    before = service.show("MainPID")
    service.ctl("kill", "-s", "STOP", "sallyport")
    service.another(before)


def passive(client):
    data = client.socket()
    data.connect(client.passive())
    client.command("RETR file", 150)
    whole(client, data)


def active(client):
    """Behind the masquerade: the PORT has another length there."""
    listener = client.listen()
    client.command(client.active_line(listener), 200)
    client.command("RETR file", 150)
    whole(client, client.accept(listener))


def whole(client, data):
    if client.receive(data) != CONTENT:
        raise LabError("the file is not whole")
    data.close()
