"""The restricted master: a linear relaxation of set partitioning, held in HiGHS."""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt

from gangso.alliances.cuts import NO_CUTS, append_cuts, coefficients_of, limits_of, take_cuts
from gangso.alliances.pricing import COST_UNIT, PRICE_UNIT, PRICES_PER_COST, Prices
from gangso.errors import GangsoError

__all__ = ["ExtraRow", "Master", "Relaxation", "SolverError", "quiet_solver", "to_price"]


# How else a relaxation can be solved, each from no basis: the same way, presolved, by interior
# points.
_OTHER_WAYS = (("presolve", "off"), ("presolve", "on"), ("solver", "ipm"))


class SolverError(GangsoError, RuntimeError):
    """The linear or integer solver stopped without an answer; its own status is named."""


# Most that the price of a row times its largest coefficient may come to, in `PRICE_UNIT`.
_DEAREST = 1e17

# A cut that stays this far below its limit holds nothing back.
_SLACK = 1e-6


@dataclass(frozen=True, eq=False)
class ExtraRow:
    """A further requirement on the whole plan: ``low <= sum of coefficients <= high``.

    Attributes
    ----------
    coefficients : ndarray of int64, shape (N,)
        Coefficient of every candidate.
    low, high : int
        Bounds on the sum over the chosen candidates.
    """

    coefficients: npt.NDArray[np.int64]
    low: int
    high: int


@dataclass(frozen=True, eq=False)
class Relaxation:
    """Optimum of the restricted master.

    Attributes
    ----------
    columns : ndarray of int64
        Candidates with a positive value.
    values : ndarray of float
        Their values.
    artificial : ndarray of float, shape (n,)
        How much of each unit no column covers (positive: not yet feasible).
    prices : Prices
        Dual prices, rounded to whole `PRICE_UNIT`.
    """

    columns: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    artificial: npt.NDArray[np.float64]
    prices: Prices


class _Silent(highspy.Highs):  # type: ignore[misc]
    """HiGHS without its Python callbacks, whose registration prints a banner."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()


def quiet_solver() -> highspy.Highs:
    """Return HiGHS that prints nothing, on one thread, with a fixed seed.

    Returns
    -------
    Highs
        The solver.
    """
    solver = _Silent()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 0)
    return solver


def _check(status: highspy.HighsStatus, doing: str) -> None:
    if status == highspy.HighsStatus.kError:
        raise SolverError(f"HiGHS failed while {doing}")


class Master:
    """Restricted master over a growing set of candidates and cuts.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        All candidates.
    cost : ndarray of int64, shape (N,)
        Cost in `COST_UNIT`.
    n : int
        Number of units.
    rows : sequence of ExtraRow
        Further requirements.
    artificial_cost : float
        Cost of leaving one unit uncovered; above the cost of any plan.
    """

    def __init__(
        self,
        members: npt.NDArray[np.int32],
        cost: npt.NDArray[np.int64],
        n: int,
        rows: tuple[ExtraRow, ...],
        artificial_cost: float,
    ) -> None:
        self._members = members
        self._cost = cost
        self._n = n
        self._rows = rows
        self.columns = np.empty(0, dtype=np.int64)
        self.cuts = NO_CUTS
        self._slack = np.empty(0, dtype=bool)
        self._inside = np.zeros(len(cost), dtype=bool)
        self._solver = quiet_solver()
        self._solver.setOptionValue("solver", "simplex")
        self._solver.setOptionValue("presolve", "off")  # warm starts are worth more
        empty_i, empty_f = np.empty(0, dtype=np.int32), np.empty(0)
        low = np.concatenate([np.ones(n), [float(row.low) for row in rows]])
        high = np.concatenate([np.ones(n), [float(row.high) for row in rows]])
        starts = np.zeros(n + len(rows), dtype=np.int32)
        _check(
            self._solver.addRows(n + len(rows), low, high, 0, starts, empty_i, empty_f),
            "adding rows",
        )
        # One artificial column a unit keeps the master feasible whatever the constraints;
        # pairs of surplus and shortage do the same for the further rows. Where coefficients
        # are large, one unit of them must not be so dear that prices leave the whole numbers; where
        # that is too cheap, `insist` makes it as dear as they allow.
        largest = np.array([float(np.abs(row.coefficients).max(initial=1)) for row in rows])
        dear = artificial_cost * np.minimum(1.0, 1_000.0 / largest)
        self._breach = np.append(np.full(n, artificial_cost), np.repeat(dear, 2))
        dearest = _DEAREST * PRICE_UNIT / np.append(np.ones(n), np.repeat(largest, 2))
        self._dearest = np.maximum(self._breach, dearest)
        covers = np.arange(n, dtype=np.int32)
        self._add(self._breach[:n], covers, covers, np.ones(n))
        keeps = np.repeat(np.arange(n, n + len(rows), dtype=np.int32), 2)
        pairs = np.arange(len(keeps), dtype=np.int32)
        self._add(self._breach[n:], pairs, keeps, np.tile([1.0, -1.0], len(rows)))
        self._fixed_columns = n + 2 * len(rows)

    def _add(
        self,
        cost: npt.NDArray[np.float64],
        starts: npt.NDArray[np.int32],
        index: npt.NDArray[np.int32],
        value: npt.NDArray[np.float64],
    ) -> None:
        count = len(cost)
        _check(
            self._solver.addCols(
                count, cost, np.zeros(count), np.full(count, highspy.kHighsInf),
                len(index), starts, index, value,
            ),
            "adding columns",
        )  # fmt: skip

    def add_columns(self, which: npt.NDArray[np.int64]) -> int:
        """Add candidates; those already inside are skipped. Return how many were new."""
        new = which[~self._inside[which]]
        if not len(new):
            return 0
        self._inside[new] = True
        members = self._members[new]
        real = members >= 0
        column_of, place = np.nonzero(real)
        index = members[column_of, place]
        value = np.ones(len(index))
        for position, row in enumerate(self._rows):
            used = np.flatnonzero(row.coefficients[new])
            column_of = np.concatenate([column_of, used])
            index = np.concatenate([index, np.full(len(used), self._n + position, dtype=np.int32)])
            value = np.concatenate([value, row.coefficients[new][used].astype(float)])
        if len(self.cuts):
            hits = coefficients_of(members, self.cuts, self._n)
            hit_column, hit_cut = hits.nonzero()
            column_of = np.concatenate([column_of, hit_column])
            cut_row = (hit_cut + self._n + len(self._rows)).astype(np.int32)
            index = np.concatenate([index, cut_row])
            value = np.concatenate([value, hits.data])
        order = np.argsort(column_of, kind="stable")
        starts = np.searchsorted(column_of[order], np.arange(len(new))).astype(np.int32)
        self._add(
            (self._cost[new] * COST_UNIT).astype(np.float64),
            starts,
            index[order].astype(np.int32),
            value[order],
        )
        self.columns = np.concatenate([self.columns, new])
        return len(new)

    def add_cuts(self, cuts: npt.NDArray[np.int32]) -> None:
        """Add cuts, shape (m, w), padded with -1; they may refer to those already inside."""
        before = len(self.cuts)
        self.cuts = append_cuts(self.cuts, cuts)
        self._slack = np.zeros(len(self.cuts), dtype=bool)
        closure, _ = take_cuts(self.cuts, np.arange(len(self.cuts)) >= before, self._n)
        first = len(closure) - len(cuts)  # what they are made of comes before them
        hits = coefficients_of(self._members[self.columns], closure, self._n).tocsc()
        begin = hits.indptr[first]
        _check(
            self._solver.addRows(
                len(cuts), np.full(len(cuts), -highspy.kHighsInf),
                limits_of(closure, self._n)[first:].astype(float), hits.nnz - begin,
                (hits.indptr[first:-1] - begin).astype(np.int32),
                (hits.indices[begin:] + self._fixed_columns).astype(np.int32), hits.data[begin:],
            ),
            "adding cuts",
        )  # fmt: skip

    def drop_slack_cuts(self) -> None:
        """Forget cuts that the last relaxation does not need and no other is made of.

        Every row of the relaxation costs time in every step of the simplex method, and a cut
        that is needed again is found again.
        """
        if not self._slack.any():
            return
        self.cuts, kept = take_cuts(self.cuts, ~self._slack, self._n)
        gone = np.delete(np.arange(len(self._slack)), kept)
        if len(gone):
            first = self._n + len(self._rows)
            _check(
                self._solver.deleteRows(len(gone), (gone + first).astype(np.int32)),
                "deleting cuts",
            )
        self._slack = self._slack[kept]

    def drop_columns(self, keep: npt.NDArray[np.bool_]) -> None:
        """Forget columns (mask over `columns`), to keep the master small."""
        gone = np.flatnonzero(~keep)
        if not len(gone):
            return
        self._inside[self.columns[gone]] = False
        _check(
            self._solver.deleteCols(len(gone), (gone + self._fixed_columns).astype(np.int32)),
            "deleting columns",
        )
        self.columns = self.columns[keep]

    def fix(self, which: npt.NDArray[np.int64]) -> None:
        """Insist on candidates that are inside."""
        self._bound_below(which, 1.0)

    def release(self, which: npt.NDArray[np.int64]) -> None:
        """Insist on candidates no longer."""
        self._bound_below(which, 0.0)

    def _bound_below(self, which: npt.NDArray[np.int64], low: float) -> None:
        order = np.argsort(self.columns)
        position = order[np.searchsorted(self.columns, which, sorter=order)]
        which, count = (position + self._fixed_columns).astype(np.int32), len(which)
        _check(
            self._solver.changeColsBounds(
                count, which, np.full(count, low), np.full(count, highspy.kHighsInf)
            ),
            "fixing columns",
        )

    def insist(self) -> bool:
        """Make it a thousand times dearer to leave a unit uncovered or to break a further row.

        Returns
        -------
        bool
            Whether it could be: prices times coefficients must stay whole numbers of 64 bits.
        """
        before = self._breach
        self._breach = np.minimum(1_000.0 * before, self._dearest)
        if np.array_equal(before, self._breach):
            return False
        which = np.arange(self._fixed_columns, dtype=np.int32)
        _check(self._solver.changeColsCost(len(which), which, self._breach), "insisting on rows")
        return True

    def solve(self) -> Relaxation:
        """Solve the relaxation from the last basis; from none where that comes to nothing.

        Returns
        -------
        Relaxation
            Values and prices.

        Raises
        ------
        SolverError
            If HiGHS does not report an optimum, whichever way it is asked.
        """
        _check(self._solver.run(), "solving the relaxation")
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            self._solve_anew()
        solution = self._solver.getSolution()
        value = np.array(solution.col_value)
        dual = np.rint(np.array(solution.row_dual) / PRICE_UNIT).astype(np.int64)
        positive = np.flatnonzero(value[self._fixed_columns :] > 1e-9)
        first_cut = self._n + len(self._rows)
        activity = np.array(solution.row_value)[first_cut:]
        self._slack = activity < limits_of(self.cuts, self._n) - _SLACK
        return Relaxation(
            columns=self.columns[positive],
            values=value[self._fixed_columns :][positive],
            artificial=value[: self._fixed_columns],
            prices=Prices(
                units=dual[: self._n],
                cuts=self.cuts,
                cut_prices=np.minimum(dual[first_cut:], 0),
                rows=dual[self._n : first_cut],
            ),
        )

    def _solve_anew(self) -> None:
        """Ask for the optimum in other ways, after a last basis that led nowhere.

        A relaxation always has an optimum (artificial columns cover everything, and costs are
        not negative), but of some hundred thousand, one basis was so near singular that
        HiGHS could not tell. What is found another way is as good: prices are repaired
        exactly before anything is claimed.
        """
        for option, value in _OTHER_WAYS:
            kept = self._solver.getOptionValue(option)[1]
            self._solver.setOptionValue(option, value)
            self._solver.clearSolver()
            _check(self._solver.run(), "solving the relaxation anew")
            self._solver.setOptionValue(option, kept)
            status = self._solver.getModelStatus()
            if status == highspy.HighsModelStatus.kOptimal:
                return
        raise SolverError(f"relaxation: HiGHS says {self._solver.modelStatusToString(status)}")


def to_price(cost: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Express costs in price units."""
    return cost * PRICES_PER_COST
