# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon is not there, or does not answer.

A row is a generator: it makes something fail and yields what it measures,
mends it and yields what it measures then.
"""

import signal

from crowd import Crowd
from probes import FOLLOWED
from subject import must, same


def row_not_running(scene):
    """The rules are loaded, and the daemon was never started."""
    yield scene.measure()
    same(scene.subject.call("ctl", "status").returncode, 3, "exit status")
    scene.begin()
    yield scene.measure()


def row_killed(scene):
    scene.begin()
    same(scene.subject.ends(signal.SIGKILL), -signal.SIGKILL, "exit status")
    yield scene.measure()
    scene.start()
    yield scene.measure()
    _went_on(scene)


def row_restarted(scene):
    """Stopped and started while clients come and go all the time."""
    scene.begin()
    with Crowd(scene) as crowd:
        crowd.served(2)
        same(scene.subject.ends(), 0, "exit status")
        yield scene.measure()
        scene.start()
        crowd.served(2)
    yield scene.measure()
    _went_on(scene)


def _went_on(scene):
    must(scene.subject.logged(" taken over: "), "no word of it")
    same(scene.silent(), FOLLOWED, "a session that was silent")


def row_stopped(scene):
    """SIGSTOP; or the machine has no time for it."""
    scene.begin()
    scene.send(signal.SIGSTOP)
    yield scene.measure()
    scene.send(signal.SIGCONT)
    yield scene.measure()
    same(scene.subject.alerts(), [], "alerts")
