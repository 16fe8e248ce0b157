"""Linear programmes of a few rows in rational arithmetic.

Cost games of a handful of players are degenerate as a rule (many coalitions bind at once),
and what is fixed next depends on which of them carry a price. Rational numbers leave no
doubt about that, and shares add up to the last won.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

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
    zero, one = Fraction(0), Fraction(1)
    sign = [-one if value < 0 else one for value in right]
    # Each row gets an artificial variable; the first phase drives their sum to zero.
    table: list[Row] = [
        [sign[r] * value for value in rows[r]]
        + [one if r == other else zero for other in range(count)]
        + [sign[r] * right[r]]
        for r in range(count)
    ]
    basis = [many + r for r in range(count)]
    _climb(table, basis, [zero] * many + [-one] * count, many + count)
    if any(table[r][-1] != 0 for r in range(count) if basis[r] >= many):
        return None
    for r in range(count):  # artificial variables at zero leave where they can
        if basis[r] >= many:
            entering = next((c for c in range(many) if table[r][c] != 0), None)
            if entering is not None:
                _pivot(table, basis, r, entering)
    worth = [*gain, *([zero] * count)]
    _climb(table, basis, worth, many)
    x = [zero] * many
    for r, c in enumerate(basis):
        if c < many:
            x[c] = table[r][-1]
    # The artificial columns hold the inverse of the basis, and so the prices.
    prices = tuple(
        sign[r] * sum((worth[basis[k]] * table[k][many + r] for k in range(count)), zero)
        for r in range(count)
    )
    value = sum((a * b for a, b in zip(gain, x, strict=True)), zero)
    return Optimum(value, tuple(x), prices)


def _climb(table: list[Row], basis: list[int], worth: list[Fraction], many: int) -> None:
    """Pivot until no variable among the first ``many`` improves the value."""
    while True:
        inside = set(basis)
        entering = next(
            (
                c
                for c in range(many)
                if c not in inside
                and worth[c] > sum(worth[basis[r]] * row[c] for r, row in enumerate(table))
            ),
            None,
        )
        if entering is None:
            return
        ratios = [
            (row[-1] / row[entering], basis[r], r)
            for r, row in enumerate(table)
            if row[entering] > 0
        ]
        if not ratios:
            raise ValueError("the value can grow without end")
        _pivot(table, basis, min(ratios)[2], entering)


def _pivot(table: list[Row], basis: list[int], r: int, c: int) -> None:
    scale = table[r][c]
    table[r] = [value / scale for value in table[r]]
    for other, row in enumerate(table):
        if other != r and row[c] != 0:
            factor = row[c]
            table[other] = [a - factor * b for a, b in zip(row, table[r], strict=True)]
    basis[r] = c


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
