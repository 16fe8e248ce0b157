"""The restricted master: what it does where HiGHS comes to nothing at first."""

from typing import Any

import highspy
import numpy as np
import pytest

from gangso.alliances.candidates import enumerate_candidates
from gangso.alliances.graph import graph_from_edges
from gangso.alliances.master import Master, SolverError


class Stumbling:
    """HiGHS that says so many times that it does not know."""

    def __init__(self, solver: Any, times: int) -> None:
        self._solver, self._times = solver, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._solver, name)

    def getModelStatus(self) -> highspy.HighsModelStatus:  # noqa: N802 the name HiGHS gives it
        self._times -= 1
        if self._times >= 0:
            return highspy.HighsModelStatus.kUnknown
        return self._solver.getModelStatus()


def master_of(times: int) -> Master:
    """A ring of seven in groups of up to three, whose relaxation is fractional."""
    n = 7
    edges = np.array([[u, (u + 1) % n] for u in range(n)])
    pool = enumerate_candidates(graph_from_edges(n, edges), 3)
    cost = (np.random.default_rng(4).integers(1, 1_000, len(pool))).astype(np.int64)
    master = Master(pool.members, cost, n, (), 1e4)
    master.add_columns(np.arange(len(pool), dtype=np.int64))
    master._solver = Stumbling(master._solver, times)
    return master


@pytest.mark.parametrize("times", [1, 2, 3])
def test_an_answer_that_nobody_knows_is_asked_for_in_another_way(times: int) -> None:
    usual, found = master_of(0).solve(), master_of(times).solve()
    cost = master_of(0)._cost
    assert cost[found.columns] @ found.values == pytest.approx(cost[usual.columns] @ usual.values)
    assert found.prices.units.sum() == pytest.approx(usual.prices.units.sum(), abs=7)


def test_the_next_relaxation_is_solved_as_ever() -> None:
    master = master_of(1)
    first = master.solve()
    again = master.solve()
    np.testing.assert_array_equal(first.columns, again.columns)


def test_what_no_way_can_tell_is_an_error() -> None:
    with pytest.raises(SolverError, match="Unknown"):
        master_of(99).solve()
