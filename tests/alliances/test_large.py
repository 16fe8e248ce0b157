"""Very large territories: a true bound, the same plan on every engine, dead workers or not."""

import copy
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.spatial import Delaunay

from gangso.alliances import AllianceModel, verify, verify_certificate, verify_large
from gangso.alliances.blocks import Blocks, block_labels, colours, inside
from gangso.alliances.candidates import Candidates, enumerate_candidates
from gangso.alliances.dive import dive
from gangso.alliances.graph import Graph, graph_from_edges
from gangso.alliances.master import Master
from gangso.alliances.pricing import PRICES_PER_COST, Prices, reduced_costs
from gangso.alliances.solve import Limits, Search, Solution, solve
from gangso.alliances.sweeps import Region, sweep
from gangso.alliances.verify import digest
from gangso.engine import Engine, Processes, open_engine
from gangso.scenario import resolve
from gangso.territory import korea

SMALL = Limits(
    whole=50, block=60, price_rounds=3, round_block=40, halo=2, near=30, sweeps=(16, 24),
    region=100, wide_windows=(30, 40),
)  # fmt: skip


def instance(n: int = 240) -> tuple[Graph, Candidates, np.ndarray]:
    """Random points, neighbours in their triangulation, totals to be near a target."""
    rng = np.random.default_rng(7)
    corners = Delaunay(rng.uniform(size=(n, 2))).simplices
    graph = graph_from_edges(n, np.concatenate([corners[:, :2], corners[:, 1:], corners[:, ::2]]))
    pool = enumerate_candidates(graph, 4)
    misfit = np.abs(np.log(pool.total(rng.lognormal(0, 1, n)) / 4))
    return graph, pool, np.round(1e6 * pool.size * (1 + np.minimum(misfit, 1))).astype(np.int64)


def solved(engine: Engine | None = None) -> Solution:
    graph, pool, cost = instance(100)
    return solve(pool.members, cost, graph.n, (), SMALL, graph=graph, engine=engine)


def test_blocks_cover_the_territory_and_share_every_cost_out() -> None:
    graph, pool, cost = instance()
    labels = block_labels(graph, 60, 0)
    assert set(labels.tolist()) == set(range(labels.max() + 1))
    assert not np.array_equal(labels, block_labels(graph, 60, 1))
    every, no_cuts = np.arange(labels.max() + 1), np.empty((0, 5), dtype=np.int32)
    price = cost * PRICES_PER_COST
    blocks = Blocks(pool.members, price, graph, labels, every, no_cuts, no_cuts[:, 0], False)
    assert sorted(np.concatenate([block.units for block in blocks]).tolist()) == list(range(240))
    given = np.zeros(len(cost), dtype=np.int64)
    for number, block in enumerate(blocks):
        which = blocks.touching(number)
        here = np.isin(block.members, block.units).sum(axis=1)
        assert here.all()
        given[which] += block.cost * here // (block.members >= 0).sum(axis=1)
        traces, share = block.traces()
        assert len(np.unique(traces, axis=0)) == len(traces)
        assert share.sum() * 10_000 <= block.cost.sum()
    assert (given <= price).all()
    assert (given > price - 10).all()
    which, start = inside(pool.members, labels)
    crossing = np.setdiff1d(np.arange(len(cost)), which)
    of = np.append(labels, -1)[pool.members]
    assert all(len(set(row[row >= 0].tolist())) > 1 for row in of[crossing])
    assert (np.diff(labels[pool.members[which, 0]]) >= 0).all()
    assert start[-1] == len(which)


def test_blocks_of_one_colour_share_no_candidate() -> None:
    graph, pool, _ = instance()
    labels = block_labels(graph, 20, 0)
    groups = colours(graph, labels, pool.members.shape[1] - 1)
    assert sorted(np.concatenate(groups).tolist()) == list(range(labels.max() + 1))
    assert len(groups) > 1
    of = np.append(labels, -1)[pool.members]
    for group in groups:
        mine = np.where(np.isin(of, group), of, -1)
        highest = mine.max(axis=1)
        assert ((mine == -1) | (mine == highest[:, None])).all()


def test_a_block_sets_its_cuts_anew() -> None:
    """What a cut of the block cost is given back before the block is solved."""
    graph, pool, cost = instance()
    labels = block_labels(graph, 60, 0)
    units = np.flatnonzero(labels == 1)[:3].astype(np.int32)
    cuts = np.array([[*units, -1, -1]], dtype=np.int32)
    prices = Prices(np.zeros(240, dtype=np.int64), cuts, np.array([-(10**9)]), np.empty(0, int))
    every, none = np.arange(len(cost)), np.empty((0, len(cost)), dtype=np.int64)
    beyond = reduced_costs(pool.members, every, cost * PRICES_PER_COST, prices, none)
    assert (beyond > cost * PRICES_PER_COST).any()
    one = np.array([1])
    block = Blocks(pool.members, beyond, graph, labels, one, cuts, prices.cut_prices, True)[0]
    plain = Blocks(
        pool.members, cost * PRICES_PER_COST, graph, labels, one, cuts[:0], cuts[:0, 0], True
    )[0]
    assert len(block.cuts) == 1
    for mine, yours in zip(block.traces(), plain.traces(), strict=True):
        assert np.array_equal(mine, yours)


def region_of(n: int, window: int) -> tuple[Region, Candidates, Solution]:
    graph, pool, cost = instance(n)
    best = solve(pool.members, cost, n)
    every, none = np.arange(len(cost)), np.empty((0, len(cost)), dtype=np.int64)
    beyond = reduced_costs(
        pool.members, every, cost * PRICES_PER_COST, best.proof.stages[0].prices, none
    )
    alone = np.flatnonzero(pool.size == 1)
    region = Region(
        pool.members, cost, beyond, graph.indptr, graph.indices, alone, window, 200_000, 0
    )
    return region, pool, best


def test_a_window_over_everything_finds_the_optimum() -> None:
    region, pool, best = region_of(24, 24)
    found = sweep(region)
    covered = pool.members[found]
    assert sorted(covered[covered >= 0].tolist()) == list(range(24))
    assert int(region.cost[found].sum()) == best.cost


def test_a_dive_fixes_only_what_holds_the_units_asked_for() -> None:
    graph, pool, cost = instance(100)
    search = Search(pool.members, cost, graph.n, (), Limits(), None, None, None)
    every = np.arange(len(cost), dtype=np.int64)
    master = Master(pool.members, cost, graph.n, (), search.artificial)
    master.add_columns(search.start(every))
    wanted = np.zeros(graph.n, dtype=bool)
    wanted[:30] = True
    chosen = dive(
        master, pool.members, every, graph.n, lambda *what: search.relax(*what)[0], wanted
    )
    assert chosen is not None
    held = pool.members[chosen]
    assert np.append(wanted, False)[held].any(axis=1).all()
    times = np.bincount(held[held >= 0], minlength=graph.n)
    assert (times[:30] == 1).all()
    assert times.max() == 1
    # The relaxation is left as it was: nothing stays fixed.
    assert search.relax(master, every)[1].bound <= solved().cost * PRICES_PER_COST


def test_a_sweep_keeps_a_partition_and_costs_no_more() -> None:
    region, pool, best = region_of(100, 12)
    found = sweep(region)
    covered = pool.members[found]
    assert sorted(covered[covered >= 0].tolist()) == list(range(100))
    assert best.cost <= region.cost[found].sum() < region.cost[region.plan].sum()


def test_the_bound_is_true_and_the_plan_a_partition() -> None:
    graph, pool, cost = instance(120)
    found = solve(pool.members, cost, graph.n, (), SMALL, graph=graph)
    best = solve(pool.members, cost, graph.n)
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


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check everything part by part, thirty first units at a time."""
    monkeypatch.setattr(verify, "_AT_ONCE", 0)
    monkeypatch.setattr(verify_large, "_ROOTS", 30)


def keys(certificate: dict[str, Any], passed: bool) -> list[str]:
    return [c.key for c in verify_certificate(certificate) if c.passed is passed]


@pytest.mark.usefixtures("in_parts")
def test_a_certificate_checked_in_parts_holds_and_forgeries_do_not(
    planned: AllianceModel,
) -> None:
    genuine = json.loads(json.dumps(planned.solve(limits=SMALL).certificate))
    assert verify_large.in_parts(genuine)
    assert keys(genuine, False) == []
    assert keys(genuine, True)[-1] == "gap"

    def forged(change: Callable[[dict[str, Any]], None]) -> list[str]:
        certificate = copy.deepcopy(genuine)
        change(certificate)
        certificate["digest"] = digest(certificate)
        return keys(certificate, False)

    def raise_bound(certificate: dict[str, Any], by: int) -> None:
        certificate["bound"] += by
        certificate["proof"]["stages"][0]["bound"] += by
        certificate["proven"] = certificate["bound"] > (certificate["cost"] - 1) * 1_000_000

    def dearer(certificate: dict[str, Any]) -> None:
        for unit, price in enumerate(certificate["proof"]["stages"][0]["units"]):
            certificate["proof"]["stages"][0]["units"][unit] = price + 50_000_000_000
        raised = 50_000_000_000 * len(certificate["units"])
        raise_bound(certificate, raised)

    def without_cut(certificate: dict[str, Any]) -> None:
        cut = certificate["proof"]["stages"][0]["cuts"].pop()
        gone = len(cut["set"]) // 2 * cut["price"]
        raise_bound(certificate, -gone)

    def twice(certificate: dict[str, Any]) -> None:
        certificate["plan"][0] = [*certificate["plan"][0], certificate["plan"][1][0]]

    def apart(certificate: dict[str, Any]) -> None:
        several = [group for group in certificate["plan"] if len(group) > 1]
        first, last = several[0], several[-1]
        first[0], last[0] = last[0], first[0]

    assert forged(dearer) == ["prices"]
    assert forged(without_cut) == ["prices"]
    assert forged(twice) == ["partition"]
    assert forged(apart)[0] in ("connected", "requirements", "cost")
    for key, expected in (("bound", "bound"), ("candidates", "candidates"), ("cost", "cost")):
        assert forged(lambda c, key=key: c.update({key: c[key] + 10})) == [expected]  # type: ignore[misc]
    assert forged(lambda c: c.update(proven=True)) == ["optimal"]


@pytest.mark.usefixtures("in_parts")
def test_parts_list_every_group_once() -> None:
    graph, pool, _ = instance(100)
    listed = [g for _, g in verify_large._parts(100, graph.edges().astype(np.int64), 4)]
    mine = np.concatenate(listed)
    yours = np.where(pool.members < 0, 100, pool.members)
    assert len(listed) == 4
    assert sorted(map(tuple, mine.tolist())) == sorted(map(tuple, yours.tolist()))


def test_who_cannot_stay_alone_is_placed_all_the_same() -> None:
    """Without groups of one a block may not be coverable: the territory is solved whole."""
    graph, pool, cost = instance(120)
    keep = pool.size > 1
    pool, cost = pool.take(keep), cost[keep]
    found = solve(pool.members, cost, graph.n, (), SMALL, graph=graph)
    covered = pool.members[found.chosen]
    assert sorted(covered[covered >= 0].tolist()) == list(range(graph.n))
