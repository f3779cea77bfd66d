# SPDX-License-Identifier: GPL-2.0-or-later
"""Prometheus's text exposition format 0.0.4, read strictly."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
HELP = re.compile(rf"# HELP ({NAME}) ((?:[^\\\n]|\\[\\n])+)")
TYPE = re.compile(rf"# TYPE ({NAME}) (counter|gauge|histogram|summary|untyped)")
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\d+)")


class Malformed(Exception):
    """What is wrong, and in which line."""


def _expect(holds, what, line):
    if not holds:
        raise Malformed(f"{what}: {line!r}")


def parse(text):
    """{(name, labels): value}. Each metric has one HELP, then one TYPE, then
    all of its samples; and a counter's name says so."""
    _expect(text.endswith("\n"), "no line feed at the end", text[-20:])
    samples, seen, name, kind = {}, set(), None, None
    for line in text[:-1].split("\n"):
        if found := HELP.fullmatch(line):
            name, kind = found[1], None
            _expect(name not in seen, "a second HELP", line)
            seen.add(name)
        elif found := TYPE.fullmatch(line):
            _expect(found[1] == name and kind is None, "TYPE out of place",
                    line)
            kind = found[2]
            _expect((kind == "counter") == name.endswith("_total"),
                    "a name that does not tell its type", line)
        else:
            found = SAMPLE.fullmatch(line)
            _expect(found, "neither comment nor sample", line)
            _expect(found[1] == name and kind, "a sample out of place", line)
            key = (name, found[2] or "")
            _expect(key not in samples, "a second sample", line)
            samples[key] = int(found[3])
    return samples
