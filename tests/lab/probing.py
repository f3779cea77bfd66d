# SPDX-License-Identifier: GPL-2.0-or-later
"""`sallyport probe` on the client of a lab."""

import itertools
import json

import daemon
import jail
from waiting import LabError

_SCHEME = {None: "ftp", False: "ftpes", True: "ftps"}

_count = itertools.count(1)


def probe(lab, *options, tls="the lab's"):
    """(exit status, what it found) for the lab's server. @tls: a Tls, or None
    for FTP, where it is not the lab's."""
    tls = lab.tls if tls == "the lab's" else tls
    scheme = _SCHEME[tls and tls.implicit]
    if tls:
        options = ("--tls", tls.version, *options)
    host = f"[{lab.target}]" if ":" in lab.target else lab.target
    process = lab.adopt(lab.client.spawn(
        [daemon.program(), "probe", "--json", *options,
         f"{scheme}://{jail.USER}@{host}:{lab.port}"],
        f"{lab.directory}/probe-{next(_count)}",
        env={"SALLYPORT_PASSWORD": jail.PASSWORD}))
    status = process.wait()
    with open(process.log, encoding="utf-8") as log:
        text = log.read()
    if f'"{jail.PASSWORD}"' in text:
        raise LabError("the password is printed")
    try:
        return status, json.loads(text)
    except ValueError as error:
        raise LabError(f"no JSON ({error}): {text!r}") from None


def expect(found, status, *findings):
    """That exit status, and these findings and no others; gives the facts."""
    got, facts = found
    ids = [finding["id"] for finding in facts["findings"]]
    if (got, sorted(ids)) != (status, sorted(findings)):
        raise LabError(f"exit status {got} with {ids}, not {status} with "
                       f"{list(findings)}: {facts}")
    return facts


def accepted(lab, facts):
    """`sallyport check` likes the configuration that is advised; gives what it
    says."""
    path = f"{lab.directory}/advice-{next(_count)}"
    with open(path, "w", encoding="ascii") as out:
        out.write(facts["advice"]["config"])
    return lab.client.run([daemon.program(), "-c", path, "check"])


def works(facts, *ways):
    """Each of these commands, and no other, led to a listing."""
    good = {via for via, way in facts["ways"].items() if way["works"]}
    if good != set(ways):
        raise LabError(f"{sorted(good)} work, not {ways}: {facts['ways']}")
