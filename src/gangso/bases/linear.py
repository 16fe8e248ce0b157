"""Linear and mixed-integer programmes of this package, as sparse arrays given to HiGHS."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gangso.alliances.master import SolverError, quiet_solver
from gangso.bases.problem import Arcs, Outcome, Problem

__all__ = ["Programme", "Solution", "covering_prices", "run", "settle_covering"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Programme:
    """``min c x``, ``low <= A x <= high``, ``lower <= x <= upper``, some x whole.

    Attributes
    ----------
    cost, lower, upper : ndarray of float, shape (n,)
        Cost and limits of each column.
    rows : sparse, shape (r, n)
        Coefficients.
    low, high : ndarray of float, shape (r,)
        Limits of each row.
    whole : ndarray of bool, shape (n,)
        Which columns take whole values.
    """

    cost: Floats
    lower: Floats
    upper: Floats
    rows: sp.sparray
    low: Floats
    high: Floats
    whole: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Solution:
    """What HiGHS says, in its own words.

    Attributes
    ----------
    status : str
        ``optimal``, ``feasible`` (stopped early with a solution), ``infeasible`` or ``none``.
    value : ndarray of float, shape (n,)
        Columns (empty without a solution).
    dual : ndarray of float, shape (r,)
        Prices of the rows (of a linear programme).
    objective, bound : float
        Value of the solution and the solver's own bound.
    """

    status: str
    value: Floats
    dual: Floats
    objective: float
    bound: float


def run(programme: Programme, most_nodes: int = 100_000) -> Solution:
    """Solve a programme; read status, bound and solution from the solver itself.

    Parameters
    ----------
    programme : Programme
        What to solve.
    most_nodes : int
        Most nodes of the tree: a count, so that the result can be repeated.

    Returns
    -------
    Solution
        The outcome, with the solver's own status.

    Raises
    ------
    SolverError
        If HiGHS ends in any other state.
    """
    columns = sp.csc_array(programme.rows)
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = columns.shape
    model.col_cost_, model.col_lower_, model.col_upper_ = (
        programme.cost, programme.lower, programme.upper,
    )  # fmt: skip
    model.row_lower_, model.row_upper_ = programme.low, programme.high
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = columns.indptr, columns.indices
    model.a_matrix_.value_ = columns.data.astype(float)
    is_mip = bool(programme.whole.any())
    if is_mip:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[int(whole)] for whole in programme.whole]
    solver = quiet_solver()
    for option, setting in (
        ("mip_rel_gap", 0.0), ("mip_abs_gap", 0.5), ("mip_max_nodes", most_nodes),
    ):  # fmt: skip
        solver.setOptionValue(option, setting)
    if solver.passModel(model) == highspy.HighsStatus.kError:
        raise SolverError("HiGHS refused the programme")
    if solver.run() == highspy.HighsStatus.kError:
        raise SolverError("HiGHS failed")
    status, info, solution = solver.getModelStatus(), solver.getInfo(), solver.getSolution()
    states = highspy.HighsModelStatus
    has = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    if status == states.kOptimal:
        said = "optimal"
    elif status == states.kInfeasible:
        said = "infeasible"
    elif status in (states.kSolutionLimit, states.kIterationLimit):
        said = "feasible" if has else "none"
    else:
        raise SolverError(f"HiGHS says {solver.modelStatusToString(status)}")
    return Solution(
        said,
        np.array(solution.col_value) if has else np.empty(0),
        np.array(solution.row_dual),
        float(info.objective_function_value) if has else np.inf,
        float(info.mip_dual_bound if is_mip else info.objective_function_value),
    )


def _covering(problem: Problem, whole: bool) -> Programme:
    arcs = problem.arcs
    n, m = arcs.points, arcs.sites
    covers = sp.csr_array((np.ones(len(arcs.site)), arcs.site, arcs.start), shape=(n, m))
    count = sp.hstack([sp.csr_array(np.ones((1, m))), sp.csr_array((1, n))])
    return Programme(
        cost=np.concatenate([problem.opening, problem.outside]).astype(float),
        lower=np.concatenate([problem.status == 1, np.zeros(n)]).astype(float),
        upper=np.concatenate([problem.status >= 0, np.ones(n)]).astype(float),
        rows=sp.vstack([sp.hstack([covers, sp.eye_array(n)]), count]),
        low=np.append(np.ones(n), problem.low),
        high=np.append(np.full(n, highspy.kHighsInf), problem.high),
        whole=np.arange(m + n) < (m if whole else 0),
    )


def covering_prices(problem: Problem) -> Floats:
    """Solve the linear relaxation of a problem all of whose arcs are free of cost.

    Parameters
    ----------
    problem : Problem
        A covering problem.

    Returns
    -------
    ndarray of float, shape (n,)
        Price of each demand point. Only a good start for the dual: nothing rests on it.
    """
    return run(_covering(problem, whole=False)).dual[: problem.arcs.points]


def settle_covering(problem: Problem, found: Outcome, most_nodes: int) -> Outcome:
    """Let HiGHS decide between the sites that the dual could not fix.

    Parameters
    ----------
    problem : Problem
        A covering problem: all arcs are free of cost.
    found : Outcome
        What is known so far; sites fixed in it stay fixed.
    most_nodes : int
        Most nodes of the tree.

    Returns
    -------
    Outcome
        The better of the two sets. The bound is the solver's own, rounded up to a whole
        number after a millionth is taken off.
    """
    arcs = problem.arcs
    point = np.repeat(np.arange(arcs.points), np.diff(arcs.start))
    left = np.ones(arcs.points, dtype=bool)
    left[point[found.status[arcs.site] == 1]] = False  # reached already
    free = np.flatnonzero(found.status == 0)
    number = np.cumsum(found.status == 0) - 1
    rows = np.cumsum(left) - 1
    use = left[point] & (found.status[arcs.site] == 0)
    inner = Arcs.from_triples(
        rows[point[use]], number[arcs.site[use]], arcs.cost[use], int(left.sum()), len(free)
    )
    forced = found.status == 1
    rest = Problem(
        inner, problem.outside[left], problem.opening[free], np.zeros(len(free), np.int8),
        problem.low - int(forced.sum()), problem.high - int(forced.sum()),
    )  # fmt: skip
    answer = run(_covering(rest, whole=True), most_nodes)
    base = int(problem.opening[forced].sum())
    if answer.status == "infeasible":
        return replace(found, bound=found.cost)
    bound = min(found.cost, max(found.bound, base + math.ceil(answer.bound - 1e-6)))
    if answer.value.size:
        is_open = forced.copy()
        is_open[free[answer.value[: len(free)] > 0.5]] = True
        reached = np.zeros(arcs.points, dtype=bool)
        reached[point[is_open[arcs.site]]] = True
        cost = int(problem.opening[is_open].sum() + problem.outside[~reached].sum())
        if cost < found.cost:
            return replace(found, cost=cost, bound=min(bound, cost), is_open=is_open)
    return replace(found, bound=bound)
