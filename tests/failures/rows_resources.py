# SPDX-License-Identifier: GPL-2.0-or-later
"""What the daemon uses of the machine is not there, or changes."""

import contextlib
import signal

import probes
from small_disk import SmallDisk
from stalled_pipe import StalledPipe
from subject import must, same
from waiting import wait_until
from wall_clock import WallClock

METRICS = "127.0.0.1:9742"

# What the daemon has open by itself, and a few more.
DESCRIPTORS = 40

# Of the processor, for a few dozen packets; what spins takes all of it.
BUSY_SECONDS = 0.5

# A clock that was wrong, and is set.
YEARS = 2


def row_clock_set(scene):
    """Ahead, and back: pinholes and sessions are not older for it, and events
    say what the clock says."""
    clock = WallClock(scene.subject.directory)
    scene.begin(env=clock.environment)
    same(clock.years_ahead(scene.last_event()), 0, "years at first")
    clock.set(YEARS)
    yield scene.measure()
    same(clock.years_ahead(scene.last_event()), YEARS, "years ahead")
    clock.set(0)
    yield scene.measure()
    same(clock.years_ahead(scene.last_event()), 0, "years in the end")
    same(scene.subject.alerts(), [], "alerts")


def row_no_descriptors(scene):
    """Readers of events have them all. Neither ctl nor metrics are answered,
    and it does not spin."""
    subject = scene.subject
    scene.begin(through=["prlimit", f"--nofile={DESCRIPTORS}"])
    with contextlib.ExitStack() as readers:
        for _ in range(DESCRIPTORS):
            readers.enter_context(subject.dial()).sendall(b"events\n")
        wait_until(lambda: subject.logged("control: error: cannot accept"),
                   "a reader too many")
        scrape = subject.spawn(["curl", "-sS", f"http://{METRICS}/metrics"],
                               "scrape")
        wait_until(lambda: subject.logged("metrics: error: cannot accept"),
                   "a scrape that is not answered")
        busy = scene.busy()
        yield scene.measure()
        must(scene.busy() - busy < BUSY_SECONDS, "it spins")
        scene.send(signal.SIGHUP)
        wait_until(lambda: subject.logged("goes on as before"), "a refusal")
    same(scrape.wait(), 0, "exit status of the scrape")
    yield scene.measure()
    wait_until(lambda: subject.logged("are accepted again") > 1,
               "word of its end")


row_no_descriptors.config = {"metrics": {"listen": METRICS}}


def row_disk_full(scene):
    """Under the event log."""
    subject = scene.subject
    disk = SmallDisk(scene.lab, scene.when_down)
    scene.begin("--json", disk.inside("events"), through=disk.command)
    subject.events_at(disk.outside("events"))
    disk.fill()
    yield scene.measure()
    wait_until(lambda: subject.ask("stats")["events"]["lost"], "lost events")
    disk.free()
    yield scene.measure()
    wait_until(lambda: subject.logged("works again"), "the recovery")
    same(subject.logged("cannot write the event log"), 1, "complaints")


def row_log_stalled(scene):
    """Nobody reads standard error, a pipe, any more; and there is something
    to complain of."""
    pipe = StalledPipe(scene.lab, scene.when_down)
    scene.begin(through=pipe.command)
    pipe.fill()
    _complaint(scene)
    yield scene.measure()
    pipe.drain()
    yield scene.measure()
    wait_until(lambda: b"lines were lost" in pipe.drain(), "word of it")


def _complaint(scene):
    """The kernel refuses one data connection."""
    peer = probes.Peer(scene.lab)
    where = peer.passive()
    scene.forget_control("--sport", str(peer.port))
    same(probes.data(peer, where, scene.gauge), probes.DROPPED,
         "one that is refused")
