"""Colours that people with any colour vision can tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush

__all__ = ["ALONE", "DIVERGING", "NO_DATA", "OUTSIDE", "TINTS", "colour_map", "ink_on", "sequence"]

# Paul Tol's "light" scheme: made for areas that carry black text, safe for all colour
# vision (Tol 2021, SRON/EPS/TN/09-002).
TINTS = ("#77AADD", "#EEDD88", "#FFAABB", "#44BB99", "#EE8866", "#BBCC33", "#99DDFF", "#AAAA00")
OUTSIDE = "#dde1e5"
ALONE = "#ffffff"
NO_DATA = "#cfd4d9"

# Steps of Paul Tol's YlOrBr from light to dark: lightness falls evenly, so that the order
# can be read without hue, and in a black-and-white copy.
_YLORBR = ("#FFF7BC", "#FEE391", "#FEC44F", "#FB9A29", "#EC7014", "#CC4C02", "#993404", "#662506")

# Gain to loss, from Paul Tol's "sunset" (made for a change of sign, safe for all colour vision).
DIVERGING = ("#4A7BB7", "#98CAE1", "#EAECCC", "#FEDA8B", "#F67E4B", "#A50026")


def sequence(count: int) -> tuple[str, ...]:
    """Return colours from light to dark.

    Parameters
    ----------
    count : int
        How many, at most 8.

    Returns
    -------
    tuple of str
        Colours.
    """
    picks = {1: (4,), 2: (1, 5), 3: (0, 3, 6), 4: (0, 2, 4, 6), 5: (0, 2, 4, 5, 7)}
    if count in picks:
        return tuple(_YLORBR[p] for p in picks[count])
    if count > len(_YLORBR):
        raise ValueError(f"at most {len(_YLORBR)} classes can be told apart, not {count}")
    return _YLORBR[:count]


def ink_on(background: str) -> str:
    """Return the text colour, dark or white, that stands out more.

    Parameters
    ----------
    background : str
        Colour as ``#rrggbb``.

    Returns
    -------
    str
        Colour as ``#rrggbb``.
    """
    parts = [int(background[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#1d2733" if light > 0.18 else "#ffffff"


def colour_map(nodes: Sequence[str], links: Iterable[tuple[str, str]]) -> Mapping[str, int]:
    """Give neighbours different colours (DSATUR: the most constrained first).

    Parameters
    ----------
    nodes : sequence of str
        What is to be coloured.
    links : iterable of tuple of str
        Who touches whom.

    Returns
    -------
    mapping of str to int
        Number of the colour.
    """
    near: dict[str, set[str]] = {node: set() for node in nodes}
    for a, b in links:
        if a != b and a in near and b in near:
            near[a].add(b)
            near[b].add(a)
    order = {node: number for number, node in enumerate(nodes)}
    colour: dict[str, int] = {}
    seen: dict[str, set[int]] = {node: set() for node in nodes}
    used = [0] * 5  # five tints nearly always do, and look calmer than more
    # The heap may hold outdated entries of a node; its newest one comes out first.
    heap = [(0, -len(near[node]), order[node], node) for node in nodes]
    heapify(heap)
    while heap:
        *_, node = heappop(heap)
        if node in colour:
            continue
        # Among the colours in use, the rarest: the sheet looks even, not all of one tint.
        free = [c for c in range(len(used)) if c not in seen[node]]
        if not free:
            used.append(0)
            free = [len(used) - 1]
        pick = min(free, key=lambda c: (used[c], c))
        colour[node] = pick
        used[pick] += 1
        for other in near[node]:
            if other not in colour and pick not in seen[other]:
                seen[other].add(pick)
                entry = (-len(seen[other]), -len(near[other]), order[other], other)
                heappush(heap, entry)
    return colour
