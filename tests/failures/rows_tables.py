# SPDX-License-Identifier: GPL-2.0-or-later
"""A table is full: the daemon's own, or the kernel's."""

from conntrack_filler import Filler
from subject import must, same


def row_sessions_full(scene):
    scene.begin()
    leaves = scene.pinholes[0][0]
    yield scene.measure()
    same(scene.alerts(), ["session-table-full"], "alerts")
    must(scene.engine_count("sessions_refused") > 0, "nothing is counted")
    leaves.quit()
    scene.subject.wait_event("session_close")
    yield scene.measure()


# As many as the scene has.
row_sessions_full.config = {"limits": {"sessions": 6}}


def row_pinholes_full(scene):
    scene.begin()
    yield scene.measure()
    same(set(scene.alerts()), {"pinhole-table-full"}, "alerts")
    must(scene.engine_count("pinholes_refused") > 0, "nothing is counted")
    # One that was used is a free place.
    yield scene.measure()


# Of the two that are rewritten and of the two that wait.
row_pinholes_full.config = {"limits": {"pinholes": 4}}


def row_conntrack_full(scene):
    scene.begin()
    with Filler(scene.lab.gateway).full():
        yield scene.measure()
    scene.subject.wait_event("alert", rule="action-failed")
    must(scene.engine_count("actions_failed") > 0, "nothing is counted")
    same(scene.subject.logged("raise net.netfilter.nf_conntrack_max"), 1,
         "complaints that name the cure")
    yield scene.measure()
