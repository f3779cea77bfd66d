# SPDX-License-Identifier: GPL-2.0-or-later
"""More comes from the kernel than the daemon takes."""

import contextlib
import signal

import checks
from descriptors import ENDS_GROUP, SmallBuffer
from dialog import begin_connect
from subject import must, same
from waiting import wait_until

# Packets that the queue holds, as configured.
LENGTH = 16

# Connections whose ends do not fit into the smallest buffer.
ENDS = 50


@contextlib.contextmanager
def _flooded(scene):
    """The daemon stands still, and more than its queue holds has come; then
    it goes on."""
    lab = scene.lab
    socks = [lab.socket(lab.client) for _ in range(2 * LENGTH)]
    scene.send(signal.SIGSTOP)
    for sock in socks:
        begin_connect(sock, (lab.target, lab.port))
    yield
    # Nobody tries again: that could fill the queue once more.
    for sock in socks:
        sock.close()
    scene.send(signal.SIGCONT)


def row_queue_full(scene):
    """It stands still, or has less time than there is to do."""
    scene.begin()
    with _flooded(scene):
        wait_until(lambda: scene.gauge.waiting() >= LENGTH, "a full queue")
        yield scene.measure()
    yield scene.measure()
    _told(scene, "full_drops")


row_queue_full.config = {"queue": {"length": LENGTH}}


def row_packets_lost(scene):
    """The queue has room, and the socket behind it has not."""
    scene.begin()
    with SmallBuffer(scene.pid, port=scene.gauge.queue_owner()), \
            _flooded(scene):
        yield scene.measure()
    yield scene.measure()
    _told(scene, "socket_drops")


def _told(scene, counter):
    """Drops are counted; what passed unread is noticed where bytes of a
    session are missing."""
    queue, = scene.subject.ask("stats")["queues"]
    if scene.when_down == "drop":
        must(queue[counter] > 0, f"no {counter}: {queue}")
        same(scene.subject.alerts(), [], "alerts")
    else:
        same(queue[counter], 0, counter)
        same(set(scene.alerts()), {"gap"}, "alerts")


def row_ends_lost(scene):
    """Conntrack tells of more ends than the daemon's socket for them holds:
    which data connections live is asked one by one then."""
    scene.begin()
    checks.make_entries(scene.lab, ENDS, "10.8.0.1", "--mark", "0x1000")
    with SmallBuffer(scene.pid, groups=ENDS_GROUP):
        scene.send(signal.SIGSTOP)
        scene.lab.gateway.run(["conntrack", "-D", "-d", "10.8.0.1"])
        scene.send(signal.SIGCONT)
        wait_until(lambda: scene.daemon_count("conntrack_overruns"), "a loss")
        yield scene.measure()
    wait_until(lambda: scene.daemon_count("rechecks"), "a look at all")
    yield scene.measure()
    same(scene.subject.logged("events of connection tracking were lost"), 1,
         "complaints")
