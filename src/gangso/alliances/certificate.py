"""The certificate: everything a program needs to check the proof, and nothing else.

It carries the units, their links, the figures of every measure, the requirements, the plan
and the prices. A checker lists the connected groups itself, scores them itself, and needs
no solver: see ``docs/certificate.md`` and `gangso.alliances.verify`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gangso.alliances.cuts import take_cuts
from gangso.alliances.pricing import COST_UNIT, PRICE_UNIT, Prices
from gangso.alliances.proof import Node, Stage
from gangso.alliances.solve import Solution
from gangso.alliances.verify import digest

__all__ = ["FORMAT", "certificate_of", "node_record"]

FORMAT = "gangso-certificate/3"


def _prices(prices: Prices) -> dict[str, Any]:
    n = len(prices.units)
    record: dict[str, Any] = {"units": prices.units.tolist()}
    cuts, which = take_cuts(prices.cuts, prices.cut_prices < 0, n)
    if len(which):
        record["cuts"] = []
        for rows, price in zip(cuts.tolist(), prices.cut_prices[which].tolist(), strict=True):
            cut = {"set": [row for row in rows if 0 <= row < n], "price": price}
            if made_of := [row - n for row in rows if row >= n]:
                cut["cuts"] = made_of
            record["cuts"].append(cut)
    if len(prices.rows):
        record["rows"] = prices.rows.tolist()
    return record


def _stage(stage: Stage) -> dict[str, Any]:
    record = {"bound": stage.bound, **_prices(stage.prices)}
    if stage.patches:
        record["patches"] = [
            {
                "units": patch.units.tolist(),
                "cost": patch.cost,
                "proof": node_record(patch.proof),
            }
            for patch in stage.patches
        ]
    return record


def node_record(node: Node) -> dict[str, Any]:
    """Write a case of the proof, and those below it, as plain lists and numbers."""
    record: dict[str, Any] = {"stages": [_stage(stage) for stage in node.stages]}
    if node.pair is not None and node.together is not None and node.apart is not None:
        record["pair"] = list(node.pair)
        record["together"] = node_record(node.together)
        record["apart"] = node_record(node.apart)
    return record


def certificate_of(
    solution: Solution,
    *,
    codes: Sequence[str],
    edges: Sequence[Sequence[int]],
    max_size: int,
    measures: Mapping[str, Mapping[str, Any]],
    weights: Mapping[str, float],
    requirements: Mapping[str, Any],
    plan: Sequence[Sequence[int]],
    candidates: int,
    fingerprint: str,
) -> dict[str, Any]:
    """Assemble the certificate.

    Parameters
    ----------
    solution : Solution
        Plan and proof.
    codes : sequence of str
        Codes of the units; all positions in the certificate refer to it.
    edges : sequence of [int, int]
        Links.
    max_size : int
        Largest number of members.
    measures : mapping
        Record of each criterion's measure.
    weights : mapping of str to float
        Weight of each criterion.
    requirements : mapping
        Requirements in terms of units.
    plan : sequence of sequence of int
        Members of every alliance, singles included.
    candidates : int
        Number of candidates that satisfy the requirements.
    fingerprint : str
        Fingerprint of the territory's data.

    Returns
    -------
    dict
        Ready for JSON; the same input gives the same dictionary.
    """
    certificate = {
        "format": FORMAT,
        "data_fingerprint": fingerprint,
        "cost_unit": COST_UNIT,
        "price_unit": PRICE_UNIT,
        "units": list(codes),
        "links": [list(edge) for edge in edges],
        "max_size": max_size,
        "weights": dict(weights),
        "measures": {key: dict(record) for key, record in measures.items()},
        "requirements": dict(requirements),
        "candidates": candidates,
        "plan": [list(group) for group in plan],
        "cost": solution.cost,
        "bound": solution.proof.bound,
        "proven": solution.proven,
        "proof": node_record(solution.proof),
    }
    certificate["digest"] = digest(certificate)
    return certificate
