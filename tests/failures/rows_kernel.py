# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel refuses what the daemon asks of it."""

import checks
from subject import must, same
from waiting import wait_until


def row_sets_gone(scene):
    """Somebody removed the sets, and the rules that name them."""
    scene.begin()
    for tool in ("iptables", "ip6tables"):
        scene.lab.gateway.run([tool, "-t", "raw", "-F", "SALLYPORT"])
    checks.destroy_sets(scene.lab)
    yield scene.measure()
    _refused(scene, "to open a pinhole", "rules --load")
    scene.subject.call("rules", "--load")
    yield scene.measure()


def row_rules_gone(scene):
    """`rules --unload` while the daemon runs; or `iptables -F`."""
    scene.begin()
    wait_until(lambda: scene.subject.call("rules", "--unload").returncode == 0,
               "the rules' end")
    yield scene.measure()
    scene.subject.call("rules", "--load")
    yield scene.measure()
    same(set(scene.alerts()), {"gap"}, "alerts")


def row_conntrack_refuses(scene):
    """The entries of control connections were deleted; those of data
    connections cannot be related to them."""
    scene.begin()
    scene.forget_control()
    yield scene.measure()
    _refused(scene, "to let a data connection in", "no such entry")
    # The next packet of a control connection makes its entry anew.
    scene.pinholes[-1][0].command("NOOP", 200)
    yield scene.measure()


def _refused(scene, *words):
    scene.subject.wait_event("alert", rule="action-failed")
    must(scene.engine_count("actions_failed") > 0, "nothing is counted")
    for text in words:
        same(scene.subject.logged(text), 1, f"complaints with {text!r}")
