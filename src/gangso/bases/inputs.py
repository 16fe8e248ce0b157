"""From the caller's arrays to sorted arcs in whole units, with every fault reported at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gangso.bases.problem import Arcs, Ints
from gangso.errors import BadInputError, Fault, InfeasibleError
from gangso.texts import LANGUAGES, say

__all__ = [
    "Matrix",
    "Reading",
    "impossible",
    "read",
    "shape_and_faults",
    "site_status",
    "whole_costs",
]

Matrix = Any  # ndarray of shape (n, m), or a scipy sparse array or matrix of that shape
Floats = npt.NDArray[np.float64]

_CHUNK = 4_000_000  # entries of a dense matrix looked at in one go
_MOST_ARCS = 20_000_000
_FULL = 4_000_000  # dense matrices up to this size are kept whole
_STEPS = 1e7  # costs that are not whole numbers are cut into about so many steps in all


@dataclass(frozen=True, eq=False)
class Reading:
    """A cost matrix, read.

    Attributes
    ----------
    arcs : Arcs
        Arcs in whole units; of a large dense matrix only the cheapest of each row.
    beyond : ndarray of int64, shape (n,)
        Cost of the cheapest arc that was left out; -1 where none was.
    unit : float
        One whole unit in the caller's terms.
    """

    arcs: Arcs
    beyond: Ints
    unit: float


def shape_and_faults(
    cost: Matrix,
    weights: npt.ArrayLike | None,
    p: int | None,
    fixed_open: Sequence[int],
    name: str = "cost",
) -> tuple[int, int, Floats, list[Fault]]:
    """Check what every model is given.

    Parameters
    ----------
    cost : array_like or sparse, shape (n, m)
        Costs or times.
    weights : array_like, shape (n,), optional
        Demand; 1 each by default.
    p : int or None
        Number of sites to open.
    fixed_open : sequence of int
        Sites that are open already.
    name : str
        What the matrix is called in a fault.

    Returns
    -------
    n, m : int
        Numbers of demand points and sites.
    weights : ndarray of float, shape (n,)
        Demand.
    faults : list of Fault
        All that is wrong.
    """
    faults: list[Fault] = []
    if not is_sparse(cost):
        cost = np.asarray(cost)
    if cost.ndim != 2 or 0 in cost.shape:
        raise BadInputError([Fault("location.shape", name, value=str(cost.shape))])
    n, m = cost.shape
    values = cost.data if is_sparse(cost) else cost
    if not np.issubdtype(values.dtype, np.number):
        raise BadInputError([Fault("location.shape", name, value=str(values.dtype))])
    bad = int(np.isnan(values).sum() + (values < 0).sum())
    if bad:
        faults.append(Fault("location.negative", name, value=str(bad)))
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
    if w.shape != (n,):
        faults.append(
            Fault("location.weights", "weights", value=str(w.shape), details={"n": str(n)})
        )
        w = np.ones(n)
    elif not (np.isfinite(w) & (w >= 0)).all():
        count = int((~(np.isfinite(w) & (w >= 0))).sum())
        faults.append(Fault("location.negative", "weights", value=str(count)))
    fixed = set(fixed_open)
    outside = sorted(j for j in fixed if not 0 <= j < m)
    if outside:
        faults.append(
            Fault(
                "location.site", "fixed_open",
                value=", ".join(map(str, outside)), details={"m": str(m)},
            )
        )  # fmt: skip
    if p is not None and not max(1, len(fixed)) <= p <= m:
        details = {"low": str(max(1, len(fixed))), "high": str(m)}
        faults.append(Fault("location.p", "p", value=str(p), details=details))
    return n, m, w, faults


def is_sparse(matrix: Matrix) -> bool:
    """Say whether a matrix is one of SciPy's sparse ones."""
    return bool(sp.issparse(matrix))


def site_status(m: int, fixed_open: Sequence[int]) -> npt.NDArray[np.int8]:
    """Return 1 for sites that are open already, else 0, shape (m,)."""
    status = np.zeros(m, dtype=np.int8)
    status[list(fixed_open)] = 1
    return status


def impossible(key: str, **values: object) -> InfeasibleError:
    """Return the error of a question that no set of sites answers: culprit and way out."""
    return InfeasibleError(
        {lang: [say(f"bases.infeasible.{key}", lang, **values)] for lang in LANGUAGES},
        (),
        {lang: say(f"bases.way_out.{key}", lang, **values) for lang in LANGUAGES},
    )


def unit_for(unit: float | None, whole: bool, total: float) -> float:
    """Return the given unit; else 1 for whole numbers, else a power of ten."""
    if unit is not None:
        if not (math.isfinite(unit) and unit > 0):
            raise BadInputError([Fault("location.negative", "unit", value=str(unit))])
        return unit
    return 1.0 if whole else float(10.0 ** math.floor(math.log10(max(total, 1e-300) / _STEPS)))


def read(cost: Matrix, weights: Floats, unit: float | None, expected: int) -> Reading:
    """Read weighted costs into arcs.

    Parameters
    ----------
    cost : array_like or sparse, shape (n, m)
        Cost of serving one unit of demand. Infinite, or absent in a sparse matrix: not allowed.
    weights : ndarray of float, shape (n,)
        Demand.
    unit : float, optional
        Step to which weighted costs are rounded; by default 1 if all are whole numbers.
    expected : int
        Number of sites that will be open; the more, the fewer arcs a row needs.

    Returns
    -------
    Reading
        The arcs.
    """
    n, m = cost.shape
    if is_sparse(cost):
        rows = sp.csr_array(cost)
        rows.sum_duplicates()
        point = np.repeat(np.arange(n), np.diff(rows.indptr))
        allowed = np.isfinite(rows.data)
        point, site, value = point[allowed], rows.indices[allowed], rows.data[allowed]
        heavy = weights[point]
        total = float((value * heavy).sum()) / max(1, m)
        unit = unit_for(unit, _is_whole(value) and _is_whole(weights), total)
        arcs = Arcs.from_triples(point, site, whole_costs(value, heavy, unit), n, m)
        return Reading(arcs, np.full(n, -1, dtype=np.int64), unit)
    dense = np.asarray(cost)
    step = max(1, _CHUNK // m)
    blocks = range(0, n, step)
    whole_numbers, total = _is_whole(weights), 0.0
    for i in blocks if unit is None else ():
        part = dense[i : i + step]
        allowed = np.isfinite(part)
        whole_numbers = whole_numbers and _is_whole(part[allowed])
        total += float((weights[i : i + step] * np.where(allowed, part, 0).sum(axis=1)).sum()) / m
    unit = unit_for(unit, whole_numbers, total)
    keep = m
    if n * m > _FULL:
        keep = min(m, max(50, 15 * m // max(1, expected)), max(50, _MOST_ARCS // n))
    starts, sites, costs = [np.zeros(1, dtype=np.int64)], [], []
    beyond = np.full(n, -1, dtype=np.int64)
    for i in blocks:
        part = dense[i : i + step]
        allowed = np.isfinite(part)
        whole = np.full(part.shape, np.iinfo(np.int64).max)
        heavy = np.broadcast_to(weights[i : i + step, None], part.shape)
        whole[allowed] = whole_costs(part[allowed], heavy[allowed], unit)
        if keep < m:
            columns = np.argpartition(whole, keep, axis=1)[:, : keep + 1]
            whole = np.take_along_axis(whole, columns, 1)
            order = np.lexsort((columns, whole))
            columns = np.take_along_axis(columns, order, 1)
            whole = np.take_along_axis(whole, order, 1)
            edge = whole[:, keep]
            beyond[i : i + step] = np.where(edge < np.iinfo(np.int64).max, edge, -1)
            columns, whole = columns[:, :keep], whole[:, :keep]
        else:
            columns = np.argsort(whole, axis=1, kind="stable")
            whole = np.take_along_axis(whole, columns, 1)
        good = whole < np.iinfo(np.int64).max
        starts.append(starts[-1][-1] + np.cumsum(good.sum(axis=1)))
        sites.append(columns[good].astype(np.int32))
        costs.append(whole[good])
    arcs = Arcs(np.concatenate(starts), np.concatenate(sites), np.concatenate(costs), m)
    return Reading(arcs, beyond, unit)


def whole_costs(cost: npt.NDArray[Any], weights: Floats, unit: float) -> Ints:
    """Return weighted costs in whole units: the one place where they are rounded."""
    return np.rint(cost * weights / unit).astype(np.int64)


def _is_whole(values: npt.NDArray[Any]) -> bool:
    return np.issubdtype(values.dtype, np.integer) or bool((values == np.rint(values)).all())
