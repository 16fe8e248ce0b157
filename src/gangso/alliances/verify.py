"""An independent check of a certificate: no solver, and none of the code that made it.

It lists the connected groups by another method (level by level, dropping repetitions),
scores them from the figures in the certificate with its own formulas (``verify_scores``), and
then checks the proof in whole numbers. Of the package it uses the error texts only, so that a
fault of the engine cannot hide here too.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gangso.alliances.verify_proof import Proof, Row, rows_of, summed
from gangso.alliances.verify_scores import FailedError, padded, pair_table, score_groups
from gangso.texts import say

__all__ = ["Check", "Listing", "digest", "list_groups", "verify_certificate"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_FORMAT = "gangso-certificate/3"
_MILLION = 1_000_000  # price units in a cost unit
_AT_ONCE = 10_000  # units whose groups are listed all at once
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


def _check_partition(plan: Sequence[Sequence[int]], units: Sequence[str]) -> None:
    """Check that every unit is in exactly one group of the plan."""
    times = Counter(unit for group in plan for unit in group)
    every = range(len(units))
    if times != Counter(every):
        twice = sorted(units[u] for u in every if times[u] > 1)
        never = sorted(units[u] for u in every if times[u] == 0)
        raise FailedError("partition", f"twice: {twice}; never: {never}")


def _check_plan(
    plan: Sequence[Sequence[int]], groups: Ints, fine: Ints, units: Sequence[str], n: int
) -> Ints:
    """Check that the groups of a plan are admissible candidates; return their rows."""
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


def _steps(certificate: Mapping[str, Any], known: Listing | None, done: list[Check]) -> None:
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
    bound = _check_sums(certificate, n)
    if n > _AT_ONCE:
        # It builds on what is here, and is needed for the largest only.
        from gangso.alliances.verify_large import in_parts, steps_in_parts

        if in_parts(certificate):
            steps_in_parts(certificate, n, links, most, done)
            return
    if known is None or not known.is_about(certificate):
        known = list_groups(certificate)
    groups, fine, low, high = known.groups, known.fine, known.low, known.high
    passed("figures")
    _given_measures(certificate, _weights_of(certificate), done)
    rows = _check_plan(certificate["plan"], groups, fine, certificate["units"], n)
    for key in ("partition", "connected", "requirements"):
        passed(key)
    if certificate["candidates"] != len(fine):
        raise FailedError("candidates", f"{len(fine)}, stated {certificate['candidates']}")
    passed("candidates")
    whole = rows_of(certificate["requirements"], (groups < n).sum(axis=1), n)
    for row in whole:
        if not row.low <= int(row.coefficients[rows].sum()) <= row.high:
            raise FailedError("requirements", f"{int(row.coefficients[rows].sum())} alliances")
    cost = certificate["cost"]
    if not int(low[rows].sum()) <= cost <= int(high[rows].sum()):
        raise FailedError("cost", f"{int(low[rows].sum())}, stated {cost}")
    passed("cost")
    whole = [Row(row.coefficients[fine], row.low, row.high) for row in whole]
    proven = Proof(groups[fine], low[fine], n, cost, whole).case(
        certificate["proof"], np.arange(len(fine)), ""
    )
    for key in ("prices", "cases"):
        passed(key)
    if proven != bound:
        raise FailedError("bound", f"{proven}, stated {bound}")
    passed("bound")
    passed("optimal" if certificate["proven"] else "gap")


def _check_sums(certificate: Mapping[str, Any], n: int) -> int:
    """Check what needs no group: the partition, and what prices add up to; return the bound."""
    _check_partition(certificate["plan"], certificate["units"])
    cost = certificate["cost"]
    if type(cost) is not int:
        raise FailedError("cost", str(cost))
    nobody = np.empty(0, dtype=np.int64)
    whole = rows_of(certificate["requirements"], nobody, n)
    bound = summed(certificate["proof"], n, whole)
    if bound != certificate["bound"]:
        raise FailedError("bound", f"{bound}, stated {certificate['bound']}")
    proven = bound > (cost - 1) * _MILLION
    if proven is not certificate["proven"]:
        raise FailedError("optimal", f"bound {bound / 1e12:.6f}, cost {cost / 1e6:.6f}")
    return bound


@dataclass(frozen=True, eq=False)
class Listing:
    """The groups that a certificate speaks of, listed and scored anew.

    Attributes
    ----------
    groups : ndarray of int64, shape (N, max_size)
        Connected groups, padded with the number of units.
    fine : ndarray of int64
        Those that satisfy the requirements.
    low, high : ndarray of int64, shape (N,)
        The lowest and the highest whole cost that rounding allows.
    question : mapping
        What they depend on.
    """

    groups: Ints
    fine: Ints
    low: Ints
    high: Ints
    question: Mapping[str, Any]

    def is_about(self, certificate: Mapping[str, Any]) -> bool:
        """Say whether a certificate asks the same question, to the figure."""
        return self.question == _question(certificate)


def _question(certificate: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the groups and their costs depend on."""
    parts = ("units", "links", "max_size", "requirements", "measures", "weights")
    return {part: certificate[part] for part in parts}


def list_groups(certificate: Mapping[str, Any]) -> Listing:
    """List and score the groups of a certificate, to check several about the same question.

    Parameters
    ----------
    certificate : mapping
        As read from ``certificate.json``.

    Returns
    -------
    Listing
        For `verify_certificate`.

    Raises
    ------
    FailedError
        If the figures make no sense.
    """
    n, links, most = _read(certificate)
    groups = _connected_groups(n, links, most)
    sizes = (groups < n).sum(axis=1)
    fine = _meets(certificate["requirements"], groups, sizes, n)
    low, high = _cost_range(certificate["measures"], _weights_of(certificate), groups, sizes, n)
    return Listing(groups, fine, low, high, _question(certificate))


def verify_certificate(certificate: Mapping[str, Any], known: Listing | None = None) -> list[Check]:
    """Check a certificate without a solver.

    Parameters
    ----------
    certificate : mapping
        As read from ``certificate.json``.
    known : Listing, optional
        From `list_groups`; it is used only if the certificate asks the very same question.

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
            _steps(certificate, known, done)
    except FailedError as failure:
        done.append(Check(failure.key, False, failure.detail))
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
        # A certificate from outside can be malformed anywhere; that is a finding, not a crash.
        done.append(Check("format", False, f"{type(error).__name__}: {error}"))
    return done
