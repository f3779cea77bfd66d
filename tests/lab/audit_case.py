# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule sets of rules/audit, and what `sallyport audit` answers for
them."""

import glob
import json
import os
import re
import subprocess
from dataclasses import dataclass, field

from daemon import program
from waiting import LabError

HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARY = os.path.join(HERE, "..", "..", "rules", "audit")

# Statuses of an audit that was made: all works, something is blocked.
_DONE = (0, 1)


@dataclass(frozen=True)
class Answer:
    """One cell of an audit's table."""
    policy: str
    client: str  # inside, outside
    family: int
    tls: str  # none, explicit, implicit
    via: str
    sallyport: bool
    stop: str = field(compare=False)  # "works", or where it is blocked
    passive_port: int | None = field(compare=False)

    def __str__(self):
        kind = {"none": "FTP"}.get(self.tls, f"FTPS {self.tls}")
        return (f"{self.policy} {kind} {self.via} IPv{self.family} client "
                f"{self.client}{' with sallyport' if self.sallyport else ''}")


class Policy:
    """A rule set: its files, and its audit as JSON."""

    def __init__(self, path):
        self.name = os.path.basename(path)
        self.nft = path.endswith(".nft")
        self.files = [path] + [p for p in (f"{path}6",) if os.path.exists(p)]
        with open(path, encoding="utf-8") as text:
            self._options = re.search(r"^# audit: (.*)$", text.read(),
                                      re.M).group(1).split()
        self.audit = self._run()

    def answers(self):
        return [Answer(self.name, a["client"], int(a["family"][-1]),
                       a["tls"], a["via"], a["sallyport"],
                       "works" if a["works"] else a["blocked_at"],
                       a.get("passive_port"))
                for a in self.audit["answers"]]

    def text(self, path):
        """The rules in @path, without the lines that the audit could not
        load."""
        left_out = {line["line"] for line in self.audit["not_loaded"]
                    if line["file"] == path}
        with open(path, encoding="utf-8") as text:
            return "".join(
                f"# {line}" if number in left_out else line
                for number, line in enumerate(text, 1))

    def left_out(self):
        """Why lines are left out, for people."""
        return [f"{self.name}:{line['line']} is not loaded: {line['text']}"
                for line in self.audit["not_loaded"]]

    def _run(self):
        given = ["--nft" if self.nft else "--rules", self.files[0]]
        if len(self.files) > 1:
            given += ["--rules6", self.files[1]]
        done = subprocess.run(
            [program(), "audit", *given, *self._options, "--json",
             "--unchecked"],
            capture_output=True, text=True, check=False)
        if done.returncode not in _DONE:
            raise LabError(f"audit of {self.name}: {done.stderr.strip()}")
        return json.loads(done.stdout)


def paths():
    """Of all policies; a *.rules6 belongs to its *.rules."""
    return sorted(path for end in ("rules", "nft")
                  for path in glob.glob(os.path.join(LIBRARY, f"*.{end}")))
