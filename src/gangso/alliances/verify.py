"""An independent check of a certificate: no solver, and none of the code that made it.

It lists the connected groups by another method (level by level, dropping repetitions),
scores them from the figures in the certificate with its own formulas (``verify_scores``), and
then checks the proof in whole numbers. Of the package it uses the error texts only, so that a
fault of the engine cannot hide here too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gangso.alliances.verify_scores import FailedError, padded, pair_table, score_groups
from gangso.texts import say

__all__ = ["Check", "digest", "verify_certificate"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_FORMAT = "gangso-certificate/3"
_MILLION = 1_000_000  # price units in a cost unit
_AT_ONCE = 10_000  # units whose groups are listed all at once
_PATCH_UNIT = 100  # price units in the cost unit of a patch
# Costs are rounded to whole units, halves (and what lies up to a millionth above) down.
# Floating-point noise stays far below the second figure; where it could matter the lower
# value is taken, which can only weaken the proof.
_HALF = 0.5 + 1e-6
_NOISE = 1e-8


@dataclass(frozen=True)
class Check:
    """Outcome of one check.

    Attributes
    ----------
    key : str
        Text key ``check.<key>``.
    passed : bool
        Whether it holds.
    detail : str
        What was found (names, numbers); empty if it holds.
    """

    key: str
    passed: bool
    detail: str = ""

    def describe(self, lang: str) -> str:
        """Say what was checked."""
        return say(f"check.{self.key}", lang)


def digest(certificate: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the certificate without its ``digest``.

    Parameters
    ----------
    certificate : mapping
        The certificate.

    Returns
    -------
    str
        Hexadecimal digest of the JSON with sorted keys and no blanks.
    """
    content = {key: value for key, value in certificate.items() if key != "digest"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _connected_groups(n: int, links: Ints, most: int) -> Ints:
    """List all connected groups of up to ``most`` units, shape (N, most), padded with n."""
    both = np.unique(np.concatenate([links, links[:, ::-1]]), axis=0)
    near = both[:, 1]
    first = np.searchsorted(both[:, 0], np.arange(n + 1))
    degree = np.diff(first)
    level = np.arange(n, dtype=np.int64)[:, None]
    levels = [level]
    for size in range(2, most + 1):
        grown = []
        for member in range(level.shape[1]):
            # Every group once for each neighbour of this member.
            times = degree[level[:, member]]
            row = np.repeat(np.arange(len(level)), times)
            step = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
            new = near[first[level[row, member]] + step]
            fresh = (level[row] != new[:, None]).all(axis=1)
            grown.append(np.column_stack([level[row[fresh]], new[fresh]]))
        if not grown:
            break
        rows = np.sort(np.concatenate(grown), axis=1)
        # One number per group (base n) sorts faster than rows; it fits while n^5 < 2^63.
        if float(n) ** size < 2.0**62:
            key = rows @ (n ** np.arange(size - 1, -1, -1, dtype=np.int64))
            level = rows[np.unique(key, return_index=True)[1]]
        else:
            level = np.unique(rows, axis=0)
        levels.append(level)
    out = np.full((sum(len(part) for part in levels), most), n, dtype=np.int64)
    start = 0
    for part in levels:
        out[start : start + len(part), : part.shape[1]] = part
        start += len(part)
    return out


def _meets(requirements: Mapping[str, Any], groups: Ints, sizes: Ints, n: int) -> Ints:
    """Say which groups satisfy the requirements."""
    fine = sizes >= requirements.get("min_size", 1)

    def has(unit: int) -> npt.NDArray[np.bool_]:
        if not 0 <= unit < n:
            raise FailedError("figures", f"requirement on unit {unit}")
        found: npt.NDArray[np.bool_] = (groups == unit).any(axis=1)
        return found

    if "population" in requirements:
        total = padded(requirements["population"], n)[groups].sum(axis=1)
        alone = sizes == 1
        fine &= alone | (total >= requirements.get("min_population", 0))
        fine &= alone | (total <= requirements.get("max_population", np.inf))
    if "max_span_km" in requirements:
        record = {"kind": "span", "xy": requirements["xy_km"], "worst": requirements["max_span_km"]}
        limit = requirements["max_span_km"]
        record["worst"] = 1e9  # a score below one keeps the distance readable
        fine &= score_groups(record, groups, sizes, n) * 1e9 <= limit * (1 + 1e-12)
    if "do_not_cross" in requirements:
        labels = np.asarray(requirements["do_not_cross"], dtype=np.int64)
        if labels.shape != (n,):
            raise FailedError("figures", "labels that must not be crossed")
        of = np.append(labels, 0)[groups]
        fine &= ((groups == n) | (of == of[:, :1])).all(axis=1)
    if "max_span_min" in requirements:
        of_pair = pair_table(requirements["minutes"], n, both=True)
        limit = requirements["max_span_min"]
        for c in range(groups.shape[1]):
            for d in range(c):
                real = groups[:, c] < n
                minutes = of_pair(groups[:, c], groups[:, d], np.inf)
                fine &= ~real | (minutes <= limit)
    for hub in requirements.get("hubs", []):
        away = padded([np.inf if m is None else m for m in hub["minutes"]], n, infinite=True)
        away[n] = np.inf
        fine &= (sizes == 1) | (away[groups].min(axis=1) <= hub["within"])
    for a, b in requirements.get("must_link", []):
        fine &= has(a) == has(b)
    for a, b in requirements.get("cannot_link", []):
        fine &= ~(has(a) & has(b))
    for (unit,) in requirements.get("stand_alone", []):
        fine &= ~has(unit) | (sizes == 1)
    for group in requirements.get("fixed", []):
        inside = sum(has(unit).astype(np.int64) for unit in group)
        fine &= (inside == 0) | ((inside == len(group)) & (sizes == len(group)))
    return np.flatnonzero(fine)


@dataclass(frozen=True, eq=False)
class _Row:
    """A requirement on the whole plan: ``low <= sum of coefficients <= high``."""

    coefficients: Ints
    low: int
    high: int


def _rows(requirements: Mapping[str, Any], sizes: Ints, n: int) -> list[_Row]:
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
        rows.append(_Row(several, low, high))
    return rows


class _Proof:
    """Checks the cases of a proof against all candidates."""

    def __init__(
        self, groups: Ints, cost: Ints, n: int, plan_cost: int, rows: Sequence[_Row] = ()
    ) -> None:
        self.groups, self.cost, self.n, self.plan_cost = groups, cost * _MILLION, n, plan_cost
        self.rows = rows

    def case(self, record: Mapping[str, Any], play: Ints, path: str) -> int:
        """Check one case over the candidates in play; return the bound it proves."""
        best = -(2**62)
        for number, stage in enumerate(record["stages"]):
            where = f"{path}/{number}"
            reduced, bound = self._stage(stage, play, where)
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

    def _stage(self, stage: Mapping[str, Any], play: Ints, where: str) -> tuple[Ints, int]:
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
            inner = _Proof(traces[new], share[new], size, cost)
            proven = inner.case(patch["proof"], np.arange(int(new.sum())), f"{where}/{number}")
            gain = min(cost, max(0, -(-proven // _MILLION))) * _PATCH_UNIT
            credit[mine] += gain
            total += gain
        return total, credit


def _read(certificate: Mapping[str, Any]) -> tuple[int, Ints, int]:
    units = certificate["units"]
    if len(set(units)) != len(units) or not units:
        raise FailedError("figures", "units")
    n = len(units)
    links = np.array(certificate["links"], dtype=np.int64).reshape(-1, 2)
    if len(links) and (links.min() < 0 or links.max() >= n or (links[:, 0] == links[:, 1]).any()):
        raise FailedError("figures", "links")
    most = certificate["max_size"]
    if type(most) is not int or not 1 <= most <= 8:
        raise FailedError("figures", "max_size")
    return n, links, most


def _check_plan(
    plan: Sequence[Sequence[int]], groups: Ints, fine: Ints, units: Sequence[str], n: int
) -> Ints:
    """Check that the plan is a partition into admissible candidates; return their rows."""
    seen = [unit for group in plan for unit in group]
    if sorted(seen) != list(range(n)):
        twice = {units[u] for u in seen if 0 <= u < n and seen.count(u) > 1}
        never = {units[u] for u in range(n)} - {units[u] for u in seen if 0 <= u < n}
        raise FailedError("partition", f"twice: {sorted(twice)}; never: {sorted(never)}")
    width = groups.shape[1]
    rows = []
    for group in plan:
        members = sorted(group)
        if len(members) > width:
            raise FailedError("connected", ", ".join(units[u] for u in group))
        same = np.flatnonzero(groups[:, 0] == members[0]).tolist()
        wanted = members + [n] * (width - len(members))
        found = [row for row in same if groups[row].tolist() == wanted]
        if not found:
            raise FailedError("connected", ", ".join(units[u] for u in group))
        rows.append(int(found[0]))
    allowed = set(fine.tolist())
    for group, row in zip(plan, rows, strict=True):
        if row not in allowed:
            raise FailedError("requirements", ", ".join(units[u] for u in group))
    return np.array(rows, dtype=np.int64)


def _weights_of(certificate: Mapping[str, Any]) -> dict[str, float]:
    """Return the weights, which must be fit for a mean."""
    weights = {key: float(w) for key, w in certificate["weights"].items()}
    if not weights or min(weights.values()) < 0 or sum(weights.values()) <= 0:
        raise FailedError("figures", "weights")
    return weights


def _cost_range(
    measures: Mapping[str, Any], weights: Mapping[str, float], groups: Ints, sizes: Ints, n: int
) -> tuple[Ints, Ints]:
    """Return the lowest and the highest whole cost that rounding allows each group."""
    mean = np.zeros(len(groups))
    for key, weight in weights.items():
        mean += weight * score_groups(measures[key], groups, sizes, n)
    exact = sizes * mean / sum(weights.values()) * _MILLION
    if not np.isfinite(exact).all() or exact.min() < 0 or exact.max() > 1e9:
        raise FailedError("figures", "scores outside [0, 1]")
    low = np.ceil(exact - _HALF - _NOISE).astype(np.int64)
    return low, np.ceil(exact - _HALF + _NOISE).astype(np.int64)


def _given_measures(
    certificate: Mapping[str, Any], weights: Mapping[str, float], done: list[Check]
) -> None:
    """Note which scores had to be taken as they are given."""
    given = [
        key
        for key, weight in weights.items()
        if weight and certificate["measures"][key]["kind"] == "listed"
    ]
    if given:
        done.append(Check("given", True, ", ".join(given)))


def _steps(certificate: Mapping[str, Any], done: list[Check]) -> None:
    def passed(key: str) -> None:
        done.append(Check(key, True))

    if certificate["format"] != _FORMAT:
        raise FailedError("format", str(certificate["format"]))
    passed("format")
    if certificate["digest"] != digest(certificate):
        done.append(Check("digest", False, str(certificate["digest"])[:16]))
    else:
        passed("digest")
    n, links, most = _read(certificate)
    if n > _AT_ONCE:
        # It builds on what is here, and is needed for the largest only.
        from gangso.alliances.verify_large import in_parts, steps_in_parts

        if in_parts(certificate):
            steps_in_parts(certificate, n, links, most, done)
            return
    groups = _connected_groups(n, links, most)
    sizes = (groups < n).sum(axis=1)
    fine = _meets(certificate["requirements"], groups, sizes, n)
    weights = _weights_of(certificate)
    low, high = _cost_range(certificate["measures"], weights, groups, sizes, n)
    passed("figures")
    _given_measures(certificate, weights, done)
    rows = _check_plan(certificate["plan"], groups, fine, certificate["units"], n)
    for key in ("partition", "connected", "requirements"):
        passed(key)
    if certificate["candidates"] != len(fine):
        raise FailedError("candidates", f"{len(fine)}, stated {certificate['candidates']}")
    passed("candidates")
    whole = _rows(certificate["requirements"], sizes, n)
    for row in whole:
        if not row.low <= int(row.coefficients[rows].sum()) <= row.high:
            raise FailedError("requirements", f"{int(row.coefficients[rows].sum())} alliances")
    cost = certificate["cost"]
    if type(cost) is not int or not int(low[rows].sum()) <= cost <= int(high[rows].sum()):
        raise FailedError("cost", f"{int(low[rows].sum())}, stated {cost}")
    passed("cost")
    whole = [_Row(row.coefficients[fine], row.low, row.high) for row in whole]
    bound = _Proof(groups[fine], low[fine], n, cost, whole).case(
        certificate["proof"], np.arange(len(fine)), ""
    )
    for key in ("prices", "cases"):
        passed(key)
    if bound != certificate["bound"]:
        raise FailedError("bound", f"{bound}, stated {certificate['bound']}")
    passed("bound")
    proven = bound > (cost - 1) * _MILLION
    if proven is not certificate["proven"]:
        raise FailedError("optimal", f"bound {bound / 1e12:.6f}, cost {cost / 1e6:.6f}")
    passed("optimal" if proven else "gap")


def verify_certificate(certificate: Mapping[str, Any]) -> list[Check]:
    """Check a certificate without a solver.

    Parameters
    ----------
    certificate : mapping
        As read from ``certificate.json``.

    Returns
    -------
    list of Check
        The checks that were made, in order; the certificate holds if all passed. After a
        failure the checks that build on it are not made.

    Examples
    --------
    >>> verify_certificate({"format": "something else"})[-1].passed
    False
    """
    done: list[Check] = []
    try:
        # Forged figures may make nonsense of a formula; what is not finite is refused below.
        with np.errstate(all="ignore"):
            _steps(certificate, done)
    except FailedError as failure:
        done.append(Check(failure.key, False, failure.detail))
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
        # A certificate from outside can be malformed anywhere; that is a finding, not a crash.
        done.append(Check("format", False, f"{type(error).__name__}: {error}"))
    return done
