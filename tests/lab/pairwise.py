# SPDX-License-Identifier: GPL-2.0-or-later
"""A small part of a matrix in which every two choices still meet."""

import itertools


def pairs(cell):
    """All ((position, choice), (position, choice)) of a cell, a tuple."""
    return set(itertools.combinations(enumerate(cell), 2))


def cover(cells):
    """Some of @cells that hold every pair which any of @cells holds.

    Greedy: always the first of those with the most pairs not yet held; so
    the same cells give the same answer.
    """
    left = set().union(*map(pairs, cells))
    chosen = []
    while left:
        best = max(cells, key=lambda cell: len(pairs(cell) & left))
        chosen.append(best)
        left -= pairs(best)
    return chosen
