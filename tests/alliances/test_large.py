"""Very large territories: a true bound, the same plan on every engine, dead workers or not."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from scipy.spatial import Delaunay

from gangso.alliances import AllianceModel, verify_certificate
from gangso.alliances.blocks import Blocks, block_labels, inside
from gangso.alliances.candidates import Candidates, enumerate_candidates
from gangso.alliances.graph import Graph, graph_from_edges
from gangso.alliances.pricing import PRICES_PER_COST, reduced_costs
from gangso.alliances.solve import Limits, Solution, solve
from gangso.engine import Engine, Processes, open_engine
from gangso.scenario import resolve
from gangso.territory import korea

SMALL = Limits(whole=50, block=60, halo=2, price_rounds=3, near=20, wide_windows=(30, 40, 40))


def instance(n: int = 240) -> tuple[Graph, Candidates, np.ndarray]:
    """Random points, neighbours in their triangulation, totals to be near a target."""
    rng = np.random.default_rng(7)
    corners = Delaunay(rng.uniform(size=(n, 2))).simplices
    graph = graph_from_edges(n, np.concatenate([corners[:, :2], corners[:, 1:], corners[:, ::2]]))
    pool = enumerate_candidates(graph, 4)
    misfit = np.abs(np.log(pool.total(rng.lognormal(0, 1, n)) / 4))
    return graph, pool, np.round(1e6 * pool.size * (1 + np.minimum(misfit, 1))).astype(np.int64)


def solved(engine: Engine | None = None) -> Solution:
    graph, pool, cost = instance()
    return solve(pool.members, cost, graph.n, (), SMALL, graph=graph, engine=engine)


def test_blocks_cover_the_territory_and_share_every_cost_out() -> None:
    graph, pool, cost = instance()
    labels = block_labels(graph, 60, 0)
    assert set(labels.tolist()) == set(range(labels.max() + 1))
    assert not np.array_equal(labels, block_labels(graph, 60, 1))
    blocks = Blocks(pool.members, cost * PRICES_PER_COST, graph, labels, 0)
    assert sorted(np.concatenate([block.units for block in blocks]).tolist()) == list(range(240))
    given = np.zeros(len(cost), dtype=np.int64)
    for block in blocks:
        here = np.isin(block.members, block.units).sum(axis=1)
        given[block.which] += block.cost * here // (block.members >= 0).sum(axis=1)
        traces, share, row = block.traces()
        assert len(np.unique(traces, axis=0)) == len(traces)
        assert (share * 10_000 <= block.cost[row]).all()
    assert (given <= cost * PRICES_PER_COST).all()
    assert (given > cost * PRICES_PER_COST - 10).all()
    which, start = inside(pool.members, labels)
    crossing = np.setdiff1d(np.arange(len(cost)), which)
    of = np.append(labels, -1)[pool.members]
    assert all(len(set(row[row >= 0].tolist())) > 1 for row in of[crossing])
    assert (np.diff(labels[pool.members[which, 0]]) >= 0).all()
    assert start[-1] == len(which)


def test_the_bound_is_true_and_the_plan_a_partition() -> None:
    graph, pool, cost = instance()
    found, best = solved(), solve(pool.members, cost, graph.n)
    assert best.proven
    assert found.proof.bound <= best.cost * PRICES_PER_COST <= found.cost * PRICES_PER_COST
    assert found.gap < 0.05
    covered = pool.members[found.chosen]
    assert sorted(covered[covered >= 0].tolist()) == list(range(graph.n))
    (stage,) = found.proof.stages
    every = np.arange(len(cost))
    none = np.empty((0, len(cost)), dtype=np.int64)
    reduced = reduced_costs(pool.members, every, cost * PRICES_PER_COST, stage.prices, none)
    assert reduced.min() >= 0
    assert len(stage.prices.cuts)


def same(one: Solution, other: Solution) -> bool:
    mine, yours = one.proof.stages[0].prices, other.proof.stages[0].prices
    return (
        np.array_equal(one.chosen, other.chosen)
        and np.array_equal(mine.units, yours.units)
        and np.array_equal(mine.cuts, yours.cuts)
        and np.array_equal(mine.cut_prices, yours.cut_prices)
    )


def test_processes_find_the_same_though_one_is_killed() -> None:
    here = solved()
    killed: list[int] = []
    with Processes(2) as engine:
        assert same(here, solved(engine))

        def kill() -> None:
            while not killed:
                pool = engine._pool
                running = list(pool._processes) if pool is not None and pool._processes else []
                if running:
                    os.kill(running[0], signal.SIGKILL)
                    killed.append(running[0])
                time.sleep(0.01)

        threading.Thread(target=kill).start()
        assert same(here, solved(engine))
    assert killed


@pytest.fixture(scope="module")
def planned() -> AllianceModel:
    territory = korea()
    scenario = resolve(territory.metadata.scenario)
    return AllianceModel(territory, scenario.alliances, scenario.leave_out, engine=open_engine())


def test_a_certificate_made_block_by_block_holds(planned: AllianceModel) -> None:
    best = planned.solve()
    found = planned.solve(limits=SMALL)
    assert found.bound <= best.cost <= found.cost
    checks = verify_certificate(found.certificate)
    assert [check.key for check in checks if not check.passed] == []
    assert found.status in ("gap", "proven")


def test_who_cannot_stay_alone_is_placed_all_the_same() -> None:
    """Without groups of one a block may not be coverable: the territory is solved whole."""
    graph, pool, cost = instance(120)
    keep = pool.size > 1
    pool, cost = pool.take(keep), cost[keep]
    found = solve(pool.members, cost, graph.n, (), SMALL, graph=graph)
    covered = pool.members[found.chosen]
    assert sorted(covered[covered >= 0].tolist()) == list(range(graph.n))
