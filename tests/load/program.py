# SPDX-License-Identifier: GPL-2.0-or-later
"""One of the load's programs, which tells in lines how it is."""

import contextlib
import json

from waiting import LabError, wait_until


class Program:
    """Its last line is a report: JSON."""

    def __init__(self, process):
        self.process = process

    def lines(self):
        with open(self.process.log, encoding="utf-8") as text:
            return text.read().splitlines()

    def wait_line(self, line, seconds=20):
        def there():
            if line in self.lines():
                return True
            self.process.must_run()
            return False

        wait_until(there, f'"{line}" from {self.process.name}', seconds)

    def wait(self):
        """Its report, once it has ended by itself."""
        self.process.wait()
        return self._report()

    def end(self):
        """Ask it to end; its report."""
        self.process.stop(gently=True)
        return self._report()

    def _report(self):
        for line in self.lines():
            with contextlib.suppress(json.JSONDecodeError):
                report = json.loads(line)
                if isinstance(report, dict):
                    return report
        raise LabError(f"{self.process.name} ended with "
                       f"{self.process.status}: {self.process.tail()}")

    def complaints(self):
        return [line for line in self.lines()
                if line.startswith("load_")]
