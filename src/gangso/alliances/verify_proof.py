"""The cases of a proof, checked in whole numbers.

Part of the independent check: nothing here is used to make a plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gangso.alliances.verify_scores import FailedError

__all__ = ["Proof", "Row", "rows_of", "summed"]

Ints = npt.NDArray[np.int64]

_MILLION = 1_000_000  # price units in a cost unit
_PATCH_UNIT = 100  # price units in the cost unit of a patch


@dataclass(frozen=True, eq=False)
class Row:
    """A requirement on the whole plan: ``low <= sum of coefficients <= high``."""

    coefficients: Ints
    low: int
    high: int


def rows_of(requirements: Mapping[str, Any], sizes: Ints, n: int) -> list[Row]:
    """Requirements on the whole plan, in the order in which stages price them."""
    several = (sizes > 1).astype(np.int64)
    rows = []
    for key in ("min_alliances", "max_alliances"):
        if key not in requirements:
            continue
        limit = requirements[key]
        if type(limit) is not int or limit < 0:
            raise FailedError("figures", key)
        # A plan of n units has at most n alliances, whatever is asked for.
        low, high = (limit, max(n, limit)) if key == "min_alliances" else (0, limit)
        rows.append(Row(several, low, high))
    return rows


class Proof:
    """Checks the cases of a proof against all candidates."""

    def __init__(
        self, groups: Ints, cost: Ints, n: int, plan_cost: int, rows: Sequence[Row] = ()
    ) -> None:
        self.groups, self.cost, self.n, self.plan_cost = groups, cost * _MILLION, n, plan_cost
        self.rows = rows

    def case(self, record: Mapping[str, Any], play: Ints, path: str) -> int:
        """Check one case over the candidates in play; return the bound it proves."""
        best = -(2**62)
        for number, stage in enumerate(record["stages"]):
            where = f"{path}/{number}"
            reduced, bound = self.stage(stage, play, where)
            if len(reduced) and int(reduced.min()) < 0:
                worst = play[int(reduced.argmin())]
                group = [int(u) for u in self.groups[worst] if u < self.n]
                raise FailedError("prices", f"{where}: {group} at {int(reduced.min())}")
            gains, credit = self._patches(stage.get("patches", []), play, reduced, where)
            bound += gains
            if bound != stage["bound"]:
                raise FailedError("bound", f"{where}: {bound}, stated {stage['bound']}")
            best = max(best, bound)
            play = play[bound - credit + reduced <= (self.plan_cost - 1) * _MILLION]
        if "pair" in record:
            a, b = record["pair"]
            if not (0 <= a < self.n and 0 <= b < self.n) or a == b:
                raise FailedError("cases", f"{path}: pair {a}, {b}")
            has_a = (self.groups[play] == a).any(axis=1)
            has_b = (self.groups[play] == b).any(axis=1)
            together = self.case(record["together"], play[has_a == has_b], f"{path}/together")
            apart = self.case(record["apart"], play[~(has_a & has_b)], f"{path}/apart")
            best = max(best, min(together, apart))
        return best

    def stage(self, stage: Mapping[str, Any], play: Ints, where: str) -> tuple[Ints, int]:
        prices = np.zeros(self.n + 1, dtype=np.int64)
        given = stage["units"]
        if len(given) != self.n or any(type(p) is not int or abs(p) > 2**59 for p in given):
            raise FailedError("prices", f"{where}: not {self.n} whole prices")
        prices[:-1] = given
        given_cuts, given_rows = stage.get("cuts", []), stage.get("rows", [])
        if len(given_rows) != len(self.rows) or any(type(p) is not int for p in given_rows):
            raise FailedError("prices", f"{where}: not {len(self.rows)} whole prices of rows")
        most = sum(sorted(map(abs, given))[-self.groups.shape[1] :]) + sum(map(abs, given_rows))
        if most > 2**62:
            raise FailedError("prices", f"{where}: too large")
        groups = self.groups[play]
        reduced = self.cost[play] - prices[groups].sum(axis=1)
        bound = sum(given)
        for row, price in zip(self.rows, given_rows, strict=True):
            reduced -= price * row.coefficients[play]
            # Whatever a plan's sum is between the two, it brings at least this much.
            bound += price * (row.low if price > 0 else row.high)
        for rows, counts, limit, price, highest in self._cuts(given_cuts, groups, where):
            most += highest * -price
            if most > 2**62:  # no sum can leave 64 bits
                raise FailedError("prices", f"{where}: too large")
            reduced[rows] -= counts * price
            bound += limit * price
        return reduced, bound

    def _cuts(
        self, cuts: Sequence[Mapping[str, Any]], groups: Ints, where: str
    ) -> Iterator[tuple[Ints, Ints, int, int, int]]:
        """Say of each cut which groups count in it, how much, its limit, price and highest count.

        Adding up half the rows of a set of units and rounding down: for any plan the sum over
        its alliances of floor(members in the set / 2) is at most floor(|set| / 2). What that
        says of a plan is a row like any other, so it may be part of later cuts.
        """
        flat = groups.ravel()
        order = np.argsort(flat, kind="stable")
        first = np.searchsorted(flat[order], np.arange(self.n + 1))
        holders = order // groups.shape[1]  # groups of unit u: holders[first[u]:first[u + 1]]
        known: list[tuple[Ints, Ints, int, int]] = []
        for number, cut in enumerate(cuts):
            units, price, parts = cut["set"], cut["price"], cut.get("cuts", [])
            if len(set(units)) != len(units) or not all(0 <= u < self.n for u in units):
                raise FailedError("prices", f"{where}: cut on {units}")
            if type(price) is not int or not -(2**59) < price <= 0:
                raise FailedError("prices", f"{where}: cut on {units} at {price}")
            if any(type(part) is not int or not 0 <= part < number for part in parts):
                raise FailedError("prices", f"{where}: cut {number} is made of {parts}")
            ones = [holders[first[u] : first[u + 1]] for u in units]
            rows, place = np.unique(
                np.concatenate(ones + [known[part][0] for part in parts]), return_inverse=True
            )
            twice = np.zeros(len(rows), dtype=np.int64)
            counts = [np.ones(len(part), dtype=np.int64) for part in ones]
            np.add.at(twice, place, np.concatenate(counts + [known[part][1] for part in parts]))
            counted = twice >= 2
            rows, twice = rows[counted], twice[counted]
            limit = (len(units) + sum(known[part][2] for part in parts)) // 2
            highest = min(len(units), groups.shape[1]) + sum(known[part][3] for part in parts)
            if highest > 2**31:
                raise FailedError("prices", f"{where}: cut {number} counts too much")
            known.append((rows, twice // 2, limit, highest // 2))
            yield rows, twice // 2, limit, price, highest // 2

    def _patches(
        self, patches: Sequence[Mapping[str, Any]], play: Ints, reduced: Ints, where: str
    ) -> tuple[int, Ints]:
        """Check what the patches add: the sum, and for each group what its patches add."""
        credit = np.zeros(len(play), dtype=np.int64)
        label = np.full(self.n + 1, -1, dtype=np.int64)
        for number, patch in enumerate(patches):
            units = np.array(patch["units"], dtype=np.int64)
            if not len(units) or units.min() < 0 or units.max() >= self.n:
                raise FailedError("cases", f"{where}: patch {number}")
            if (label[units] >= 0).any() or len(set(units.tolist())) < len(units):
                raise FailedError("cases", f"{where}: patch {number} overlaps another")
            label[units] = number
        of = np.sort(label[self.groups[play]], axis=1)
        first = np.column_stack([of[:, :1] >= 0, (of[:, 1:] != of[:, :-1]) & (of[:, 1:] >= 0)])
        touched = first.sum(axis=1)
        total = 0
        for number, patch in enumerate(patches):
            mine = np.flatnonzero((of == number).any(axis=1))
            size, cost = len(patch["units"]), patch["cost"]
            if type(cost) is not int or cost < 0:
                raise FailedError("cases", f"{where}: patch {number} costs {cost}")
            place = np.full(self.n + 1, size, dtype=np.int64)
            place[patch["units"]] = np.arange(size)
            traces = np.sort(place[self.groups[play[mine]]], axis=1)
            share = reduced[mine] // touched[mine] // _PATCH_UNIT
            order = np.lexsort((share, *traces.T))
            traces, share = traces[order], share[order]
            new = np.ones(len(traces), dtype=bool)
            new[1:] = (traces[1:] != traces[:-1]).any(axis=1)
            inner = Proof(traces[new], share[new], size, cost)
            proven = inner.case(patch["proof"], np.arange(int(new.sum())), f"{where}/{number}")
            gain = _gain(cost, proven)
            credit[mine] += gain
            total += gain
        return total, credit


def _gain(cost: int, proven: int) -> int:
    """What a patch adds: what its proof shows, up to the cost of the best way found."""
    return min(cost, max(0, -(-proven // _MILLION))) * _PATCH_UNIT


def summed(record: Mapping[str, Any], n: int, rows: Sequence[Row] = (), where: str = "") -> int:
    """Add up the prices of a case: the bound that it states, if its prices are allowed.

    No group is needed for it, and most forgeries show here already.

    Parameters
    ----------
    record : mapping
        The case.
    n : int
        Number of units.
    rows : sequence of Row
        Requirements on the whole plan; of theirs only the limits are read.
    where : str
        Path of the case.

    Returns
    -------
    int
        The bound, in price units.

    Raises
    ------
    FailedError
        If a stage states another bound than its prices add up to.
    """
    best = -(2**62)
    for number, stage in enumerate(record["stages"]):
        bound = sum(stage["units"])
        for row, price in zip(rows, stage.get("rows", []), strict=True):
            bound += price * (row.low if price > 0 else row.high)
        limits: list[int] = []
        for cut in stage.get("cuts", []):
            parts = [limits[part] for part in cut.get("cuts", [])]
            limits.append((len(cut["set"]) + sum(parts)) // 2)
            bound += limits[-1] * cut["price"]
        for place, patch in enumerate(stage.get("patches", [])):
            inner = f"{where}/{number}/{place}"
            bound += _gain(patch["cost"], summed(patch["proof"], len(patch["units"]), (), inner))
        if bound != stage["bound"]:
            raise FailedError("bound", f"{where}/{number}: {bound}, stated {stage['bound']}")
        best = max(best, bound)
    if "pair" in record:
        cases = [summed(record[c], n, rows, f"{where}/{c}") for c in ("together", "apart")]
        best = max(best, min(cases))
    return best
