"""Linear programmes of a few rows in rational arithmetic.

Cost games of a handful of players are degenerate as a rule (many coalitions bind at once),
and what is fixed next depends on which of them carry a price. Rational numbers leave no
doubt about that, and shares add up to the last unit of the currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

__all__ = ["Optimum", "maximise", "solve_square"]

Row = list[Fraction]


@dataclass(frozen=True)
class Optimum:
    """A best solution.

    Attributes
    ----------
    value : Fraction
        What is reached.
    x : tuple of Fraction
        The solution, a corner.
    prices : tuple of Fraction
        Price of each row: by how much the value grows with its right-hand side.
    """

    value: Fraction
    x: tuple[Fraction, ...]
    prices: tuple[Fraction, ...]


def maximise(
    gain: Sequence[Fraction], rows: Sequence[Sequence[Fraction]], right: Sequence[Fraction]
) -> Optimum | None:
    """Maximise ``gain · x`` subject to ``rows · x = right`` and ``x ≥ 0``.

    The simplex method with Bland's rule, which cannot cycle (Bland 1977,
    doi:10.1287/moor.2.2.103); made for a few rows and some dozens of columns.

    Parameters
    ----------
    gain : sequence of Fraction, length c
        Worth of each variable.
    rows : sequence of r sequences of Fraction, each of length c
        Equations.
    right : sequence of Fraction, length r
        Right-hand sides.

    Returns
    -------
    Optimum or None
        The optimum; None if nothing satisfies the equations.

    Raises
    ------
    ValueError
        If the value can grow without end.

    Examples
    --------
    >>> one, two = Fraction(1), Fraction(2)
    >>> best = maximise([one, two], [[one, one]], [Fraction(3)])
    >>> best.value, best.prices
    (Fraction(6, 1), (Fraction(2, 1),))
    """
    many, count = len(gain), len(rows)
    # Whole numbers over one common denominator (Edmonds 1967; Bareiss 1968,
    # doi:10.1090/S0025-5718-1968-0226829-0): as exact as fractions, and ten times as fast.
    scale = [
        lcm(*(value.denominator for value in (*row, bound)))
        for row, bound in zip(rows, right, strict=True)
    ]
    sign = [-1 if value < 0 else 1 for value in right]
    unit = lcm(*(value.denominator for value in gain))
    worth = [int(value * unit) for value in gain] + [0] * count
    # Each row gets an artificial variable; the first phase drives their sum to zero.
    table = [
        [int(sign[r] * scale[r] * value) for value in rows[r]]
        + [int(r == other) for other in range(count)]
        + [int(sign[r] * scale[r] * right[r])]
        for r in range(count)
    ]
    basis = [many + r for r in range(count)]
    over = _climb(table, basis, [0] * many + [-1] * count, many + count, 1)
    if any(table[r][-1] != 0 for r in range(count) if basis[r] >= many):
        return None
    for r in range(count):  # artificial variables at zero leave where they can
        if basis[r] >= many:
            entering = next((c for c in range(many) if table[r][c] != 0), None)
            if entering is not None:
                if table[r][entering] < 0:
                    table[r] = [-value for value in table[r]]
                over = _pivot(table, basis, r, entering, over)
    over = _climb(table, basis, worth, many, over)
    x = [Fraction(0)] * many
    for r, c in enumerate(basis):
        if c < many:
            x[c] = Fraction(table[r][-1], over)
    # The artificial columns hold the inverse of the basis, and so the prices.
    prices = tuple(
        Fraction(
            sign[r] * scale[r] * sum(worth[basis[k]] * table[k][many + r] for k in range(count)),
            over * unit,
        )
        for r in range(count)
    )
    value = sum((a * b for a, b in zip(gain, x, strict=True)), Fraction(0))
    return Optimum(value, tuple(x), prices)


def _climb(
    table: list[list[int]], basis: list[int], worth: Sequence[int], many: int, over: int
) -> int:
    """Pivot until no variable among the first ``many`` improves; return the denominator."""
    # What each column would gain, over the common denominator; it is pivoted along.
    gains = [
        over * worth[c] - sum(worth[basis[r]] * row[c] for r, row in enumerate(table))
        for c in range(len(worth))
    ] + [-sum(worth[basis[r]] * row[-1] for r, row in enumerate(table))]
    table.append(gains)
    try:
        while True:
            entering = next((c for c in range(many) if table[-1][c] > 0), None)
            if entering is None:
                return over
            ratios = [
                (Fraction(row[-1], row[entering]), basis[r], r)
                for r, row in enumerate(table[:-1])
                if row[entering] > 0
            ]
            if not ratios:
                raise ValueError("the value can grow without end")
            over = _pivot(table, basis, min(ratios)[2], entering, over)
    finally:
        table.pop()


def _pivot(table: list[list[int]], basis: list[int], r: int, c: int, over: int) -> int:
    """Bring a column into the basis; every division by the old denominator leaves no rest."""
    pivot, lead = table[r][c], table[r]
    for other, row in enumerate(table):
        if other != r:
            factor = row[c]
            if factor:
                table[other] = [
                    (pivot * a - factor * b) // over for a, b in zip(row, lead, strict=True)
                ]
            elif pivot != over:
                table[other] = [pivot * a // over for a in row]
    basis[r] = c
    return pivot


def solve_square(rows: Sequence[Sequence[Fraction]], right: Sequence[Fraction]) -> Row:
    """Solve equations that have exactly one solution.

    Parameters
    ----------
    rows : sequence of sequences of Fraction
        At least as many equations as unknowns; those that follow from others are allowed.
    right : sequence of Fraction
        Right-hand sides.

    Returns
    -------
    list of Fraction
        The solution.

    Raises
    ------
    ValueError
        If there is no solution, or more than one.
    """
    table = [[*row, value] for row, value in zip(rows, right, strict=True)]
    many = len(rows[0])
    done = 0
    for column in range(many):
        found = next((r for r in range(done, len(table)) if table[r][column] != 0), None)
        if found is None:
            raise ValueError("more than one solution")
        table[done], table[found] = table[found], table[done]
        scale = table[done][column]
        table[done] = [value / scale for value in table[done]]
        for r, row in enumerate(table):
            if r != done and row[column] != 0:
                factor = row[column]
                table[r] = [a - factor * b for a, b in zip(row, table[done], strict=True)]
        done += 1
    if any(row[-1] != 0 for row in table[done:]):
        raise ValueError("no solution")
    return [table[r][-1] for r in range(many)]
