"""A checker of certificates written from ``docs/certificate.md`` alone: plain Python, no NumPy.

If it and `gangso verify` disagree, the page is not exact enough, or one of them is wrong.
"""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations
from typing import Any


def line(x: float | None, measure: dict[str, Any], best: float) -> float:
    """Place a figure from best to worst; missing is worst."""
    if x is None:
        return 1.0
    return min(1.0, max(0.0, (x - best) / (measure["worst"] - best)))


def score(r: dict[str, Any], g: tuple[int, ...]) -> float:
    """Score of a group by one record of ``measures``."""
    m, kind = len(g), r["kind"]
    pairs = {frozenset(p[:2]): p[2] for p in r.get("pairs", r.get("flows", []))}
    inside = [frozenset(p) for p in combinations(g, 2)]
    if kind == "total_fit":
        t = sum(r["values"][u] for u in g)
        return min(1.0, abs(math.log(t / r["target"])) / math.log(r["factor"])) if t else 1.0
    if kind == "inside_share":
        total = sum(r["totals"][u] for u in g)
        flow = sum(x for a, b, x in r["flows"] if a in g and b in g)
        return min(1.0, max(0.0, 1 - 2 * flow / total)) if total else 1.0
    if kind == "span":
        far = max((math.dist(r["xy"][a], r["xy"][b]) for a, b in combinations(g, 2)), default=0)
        return min(1.0, far / r["worst"])
    if kind == "minority":
        most = max(Counter(r["labels"][u] for u in g).values())
        return (m - most) / (m - 1) if m > 1 else 0.0
    if kind == "shortfall":
        return max(0.0, 1 - r["values"][g[0]] / r["target"]) if m == 1 else 0.0
    if kind == "ratio":
        below = sum(r["denominator"][u] for u in g)
        return line(sum(r["numerator"][u] for u in g) / below if below else None, r, r["best"])
    if kind == "greatest":
        return line(max(r["values"][u] for u in g), r, r["best"])
    if kind == "at_largest":
        return line(r["values"][max(g, key=lambda u: (r["sizes"][u], -u))], r, r["best"])
    if kind == "spread":
        whole = sum(r["weights"][u] for u in g)
        if m == 1 or not whole:
            return 0.0 if m == 1 else 1.0
        mean = sum(r["values"][u] * r["weights"][u] for u in g) / whole
        return line(sum(abs(r["values"][u] - mean) * r["weights"][u] for u in g) / whole, r, 0.0)
    if kind == "pair_max":
        return min(1.0, max((pairs.get(p, math.inf) for p in inside), default=0.0) / r["worst"])
    if kind == "steps":
        values = [r["values"][u] for u in g]
        lack = sum(t > max(values) for t in r["thresholds"])
        return sum(t > sum(values) for t in r["thresholds"]) / lack if lack else 0.0
    assert kind == "wishes", kind
    wanted = sum(max(s, 0.0) for who, _, s in r["wishes"] if who in g)
    kept = sum(s for who, whom, s in r["wishes"] if who in g and whom in g)
    return min(1.0, max(0.0, (wanted - kept) / (m * r["scale"])))


def allowed(q: dict[str, Any], g: tuple[int, ...]) -> bool:
    """Whether a group satisfies the requirements."""
    inside, m = list(combinations(g, 2)), len(g)
    people = sum(q["population"][u] for u in g) if "population" in q else 0
    minutes = {frozenset(p[:2]): p[2] for p in q.get("minutes", [])}
    far = q.get("max_span_min", math.inf)
    return (
        m >= q.get("min_size", 1)
        and (m == 1 or q.get("min_population", 0) <= people <= q.get("max_population", math.inf))
        and all(
            math.dist(q["xy_km"][a], q["xy_km"][b]) <= q["max_span_km"] * (1 + 1e-12)
            for a, b in (inside if "max_span_km" in q else [])
        )
        and all(minutes.get(frozenset(p), math.inf) <= far for p in inside)
        and (m == 1 or all(
            any(h["minutes"][u] is not None and h["minutes"][u] <= h["within"] for u in g)
            for h in q.get("hubs", [])
        ))
        and len({q["do_not_cross"][u] for u in g} if "do_not_cross" in q else {0}) == 1
        and all((a in g) == (b in g) for a, b in q.get("must_link", []))
        and not any(a in g and b in g for a, b in q.get("cannot_link", []))
        and all(u not in g or m == 1 for (u,) in q.get("stand_alone", []))
        and all(not set(f) & set(g) or set(f) == set(g) for f in q.get("fixed", []))
    )  # fmt: skip


def connected(n: int, links: list[list[int]], most: int) -> list[tuple[int, ...]]:
    """All connected groups of up to so many units."""
    near: list[set[int]] = [set() for _ in range(n)]
    for a, b in links:
        near[a].add(b)
        near[b].add(a)
    level = {(u,) for u in range(n)}
    every = set(level)
    for _ in range(most - 1):
        level = {tuple(sorted({*g, v})) for g in level for u in g for v in near[u] if v not in g}
        every |= level
    return sorted(every)


def case(
    record: dict[str, Any], play: dict[tuple[int, ...], int], best: int, rows: list[list[int]]
) -> int:
    """Steps 2 to 4 of the argument over the groups in play and their costs."""
    shown = -(2**62)
    for stage in record["stages"]:
        units, cuts = stage["units"], stage.get("cuts", [])
        limits: list[int] = []
        for cut in cuts:
            parts = sum(limits[c] for c in cut.get("cuts", []))
            limits.append((len(cut["set"]) + parts) // 2)
            assert cut["price"] <= 0
        bound = sum(units) + sum(x * c["price"] for x, c in zip(limits, cuts, strict=True))
        for price, (low, high) in zip(stage.get("rows", []), rows, strict=True):
            bound += price * (low if price > 0 else high)
        reduced = {}
        for g, cost in play.items():
            left = 1_000_000 * cost - sum(units[u] for u in g)
            left -= sum(stage.get("rows", [])) if len(g) > 1 else 0
            counts: list[int] = []
            for cut in cuts:
                parts = sum(counts[c] for c in cut.get("cuts", []))
                counts.append((len(set(cut["set"]) & set(g)) + parts) // 2)
                left -= counts[-1] * cut["price"]
            assert left >= 0, g
            reduced[g] = left
        credit = Counter[tuple[int, ...]]()
        patches = [set(p["units"]) for p in stage.get("patches", [])]
        assert len(set().union(*patches)) == sum(map(len, patches))
        for own, patch in zip(patches, stage.get("patches", []), strict=True):
            traces: dict[tuple[int, ...], int] = {}
            place = {unit: position for position, unit in enumerate(patch["units"])}
            mine = [g for g in play if own & set(g)]
            for g in mine:
                share = reduced[g] // sum(bool(p & set(g)) for p in patches) // 100
                trace = tuple(sorted(place[u] for u in g if u in own))
                traces[trace] = min(share, traces.get(trace, share))
            proven = case(patch["proof"], traces, patch["cost"], [])
            gain = 100 * min(patch["cost"], max(0, -(-proven // 1_000_000)))
            credit.update(dict.fromkeys(mine, gain))
            bound += gain
        assert bound == stage["bound"]
        shown = max(shown, bound)
        limit = 1_000_000 * (best - 1)
        play = {g: c for g, c in play.items() if bound - credit[g] + reduced[g] <= limit}
    if "pair" in record:
        a, b = record["pair"]
        together = {g: c for g, c in play.items() if (a in g) == (b in g)}
        apart = {g: c for g, c in play.items() if not (a in g and b in g)}
        lower = min(
            case(record["together"], together, best, rows), case(record["apart"], apart, best, rows)
        )
        shown = max(shown, lower)
    return shown


def check(c: dict[str, Any]) -> bool:
    """Whether a certificate proves that no plan is better; AssertionError if it is unsound."""
    n, q = len(c["units"]), c["requirements"]
    groups = [g for g in connected(n, c["links"], c["max_size"]) if allowed(q, g)]
    assert len(groups) == c["candidates"]
    whole = sum(c["weights"].values())
    cost = {}
    for g in groups:
        mean = sum(w * score(c["measures"][k], g) for k, w in c["weights"].items()) / whole
        cost[g] = math.ceil(len(g) * mean * 1e6 - 0.5 - 1e-6)
    plan = [tuple(sorted(g)) for g in c["plan"]]
    assert sorted(u for g in plan for u in g) == list(range(n))
    assert sum(cost[g] for g in plan) == c["cost"]
    rows, several = [], sum(len(g) > 1 for g in plan)
    if "min_alliances" in q:
        rows.append([q["min_alliances"], max(q["min_alliances"], n)])
    if "max_alliances" in q:
        rows.append([0, q["max_alliances"]])
    assert all(low <= several <= high for low, high in rows)
    bound = case(c["proof"], cost, c["cost"], rows)
    assert bound == c["bound"]
    return bound > 1_000_000 * (c["cost"] - 1)
