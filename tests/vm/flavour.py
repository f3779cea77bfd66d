# SPDX-License-Identifier: GPL-2.0-or-later
"""The kinds of rules that the core is run with."""

from typing import NamedTuple


class Flavour(NamedTuple):
    """@iptables: which one `iptables` is. @rules: the language of
    sallyport's own, as `sallyport rules --format` names it."""
    name: str
    iptables: str
    rules: str


FLAVOURS = (
    Flavour("iptables-legacy", "legacy", "iptables"),
    Flavour("iptables-nft", "nft", "iptables"),
    Flavour("nft", "nft", "nft"),
)
NAMED = {flavour.name: flavour for flavour in FLAVOURS}
