"""Why each municipality is where it is, and what each requirement costs the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.alliances.master import to_price
from gangso.alliances.pricing import COST_UNIT, PRICE_UNIT, PRICES_PER_COST, reduced_costs
from gangso.alliances.proof import bound_of, repair
from gangso.alliances.result import Partition
from gangso.alliances.warm import Settled
from gangso.texts import LANGUAGES, say

__all__ = [
    "Reasons",
    "changed_units",
    "constraint_prices",
    "municipality_reasons",
    "reasons",
    "staying",
]

Ints = npt.NDArray[np.int64]

# A price this far above or below the average is called dear or cheap.
_DEAR, _CHEAP = 1.25, 0.75


@dataclass(frozen=True, eq=False)
class Reasons:
    """Why the plan is as it is.

    Attributes
    ----------
    municipalities : DataFrame
        One row a municipality in scope, index ``code``. Columns: ``alliance`` (id or
        missing); ``alternative_members`` (codes of the best alliance for it other than its
        own, the most populous first, joined by "|"; itself alone if that is the alternative),
        ``loss`` (what the whole loses by it, cost units), ``loss_share`` (of the plan's
        cost), ``certainty`` (``exact``; ``at_least``: `loss` is a lower bound and the
        alternative the one it belongs to; ``none``: nothing else is possible); the same with
        ``parting_`` in front for the best plan in which it keeps fewer than half of its
        partners, which says how firmly it is tied to them; ``price`` (dual price, cost
        units), ``price_ratio`` (to the average); in words ``why_ko``, ``why_en``,
        ``price_ko``, ``price_en``.
    constraints : DataFrame
        One row a requirement, index ``requirement`` ("R1" ...). Columns: ``key``,
        ``codes`` (joined by "|"), ``text_ko``, ``text_en``, ``gain`` (what the whole gains
        if it is dropped, cost units), ``gain_share``, ``certainty`` (``exact`` or
        ``at_most``), ``changed`` (municipalities whose alliance would change; missing
        without an exact answer), ``words_ko``, ``words_en``.
    """

    municipalities: pd.DataFrame
    constraints: pd.DataFrame


def reasons(found: Partition) -> Reasons:
    """Explain a plan.

    Parameters
    ----------
    found : Partition
        The plan.

    Returns
    -------
    Reasons
        Best alternative and price of every municipality, price of every requirement.
    """
    return Reasons(municipality_reasons(found), constraint_prices(found))


def _members(settled: Settled, column: int) -> list[int]:
    """Units of a candidate, the most populous first."""
    population = settled.model.units.population
    inside = [int(u) for u in settled.pool.members[column] if u >= 0]
    return sorted(inside, key=lambda u: (-population[u], u))


@dataclass(frozen=True)
class _Answer:
    """The best other candidate for a unit, the loss in `COST_UNIT`, and how sure that is."""

    column: int
    loss: int
    certainty: str


_NOTHING = _Answer(-1, 0, "none")


def staying(settled: Settled) -> npt.NDArray[np.bool_]:
    """Say which member of which candidate would keep at least half of its partners there.

    Parameters
    ----------
    settled : Settled
        The question; partners are those of its plan.

    Returns
    -------
    ndarray of bool, shape (N, k)
        Aligned with the members of the pool; False where there is no member. Whoever has no
        partner in the plan stays as it is only alone.
    """
    members = settled.pool.members
    own = np.append(settled.column_of, -1)[members]
    together = np.zeros(members.shape, dtype=np.int8)
    for one in range(members.shape[1]):
        for other in range(members.shape[1]):
            if one != other:
                together[:, one] += (own[:, one] == own[:, other]) & (members[:, other] >= 0)
    partners = np.append(settled.pool.size[settled.column_of] - 1, 0)[members]
    alone = settled.pool.size[:, None] == 1
    kept: npt.NDArray[np.bool_] = np.where(partners > 0, 2 * together >= partners, alone)
    return kept & (members >= 0)


def _alternatives(settled: Settled, units: Sequence[int]) -> list[_Answer]:
    """Find for some units the best plan in which each is in any other alliance."""
    if not settled.exact:
        own = settled.column_of[settled.pool.members]
        here = own == np.arange(len(own))[:, None]
        bounds = _bounds(settled, here)
        return [bounds[unit] for unit in units]
    # Whoever forbids an alliance for one member forbids it for all: one solve does, and the
    # others are answered from memory.
    own = settled.column_of
    return [_answer(settled, unit, own[[unit]]) for unit in units]


def _partings(settled: Settled, units: Sequence[int]) -> list[_Answer]:
    """Find for some units the best plan in which each keeps fewer than half of its partners."""
    stays = staying(settled)
    if not settled.exact:
        bounds = _bounds(settled, stays)
        return [bounds[unit] for unit in units]
    row, place = np.nonzero(stays)
    unit_of = settled.pool.members[row, place]
    return [_answer(settled, unit, row[unit_of == unit]) for unit in units]


def _answer(settled: Settled, unit: int, banned: Ints) -> _Answer:
    best = settled.without(banned)
    if best.feasible is False:
        return _NOTHING
    members = settled.pool.members
    if best.feasible and best.proven:
        column = next(int(j) for j in best.chosen if unit in members[j])
        return _Answer(column, best.cost - settled.solution.cost, "exact")
    # The search ran out of its limits: what its proof has reached still holds.
    ruled_out = np.zeros(members.shape, dtype=bool)
    ruled_out[banned] = True
    answer = _bounds(settled, ruled_out)[unit]
    least = -(-best.proof.bound // PRICES_PER_COST) - settled.solution.cost
    return replace(answer, loss=max(least, answer.loss))


def _bounds(settled: Settled, banned: npt.NDArray[np.bool_]) -> list[_Answer]:
    """Find for every unit the candidate that is cheapest to insist on, and a bound of the loss."""
    n = settled.model.graph.n
    row, place = np.nonzero((settled.pool.members >= 0) & ~banned)
    unit_of = settled.pool.members[row, place]
    order = np.lexsort((row, settled.reduced[row], unit_of))
    units, first = np.unique(unit_of[order], return_index=True)
    columns = row[order][first]
    found = [_NOTHING] * n
    losses = settled.insisting_costs(columns)
    for unit, column, loss in zip(units.tolist(), columns.tolist(), losses.tolist(), strict=True):
        found[unit] = _Answer(column, loss, "at_least")
    return found


def municipality_reasons(found: Partition, only: Sequence[str] | None = None) -> pd.DataFrame:
    """Say for every municipality its best alternative, the loss by it, and its price.

    Parameters
    ----------
    found : Partition
        The plan.
    only : sequence of str, optional
        Codes of the municipalities in scope to speak of; all of them by default.

    Returns
    -------
    DataFrame
        As `Reasons.municipalities`.
    """
    settled = found.settled
    codes = [str(code) for code in settled.model.units.codes]
    names = {
        lang: settled.model.units.territory.names(lang).loc[codes].to_list() for lang in LANGUAGES
    }
    cost = settled.solution.cost * COST_UNIT
    price = settled.solution.proof.stages[0].prices.units * PRICE_UNIT
    mean = float(price.mean())
    alliance = found.membership["alliance"].loc[codes].to_list()
    rows = []
    units = range(len(codes)) if only is None else [codes.index(code) for code in only]
    answers = zip(units, _alternatives(settled, units), _partings(settled, units), strict=True)
    for unit, other, parted in answers:
        row: dict[str, Any] = {"code": codes[unit], "alliance": alliance[unit]}
        said: dict[str, list[str]] = {lang: [] for lang in LANGUAGES}
        for prefix, answer in (("", other), ("parting_", parted)):
            there = answer.column >= 0
            members = _members(settled, answer.column) if there else []
            loss = answer.loss * COST_UNIT if there else np.nan
            row |= {
                f"{prefix or 'alternative_'}members": "|".join(codes[u] for u in members) or None,
                f"{prefix}loss": loss,
                f"{prefix}loss_share": loss / cost if cost > 0 else np.nan,
                f"{prefix}certainty": answer.certainty,
            }
            for lang in LANGUAGES:
                partners = "·".join(names[lang][u] for u in members if u != unit)
                said[lang].append(_why(answer, prefix, partners, row, lang))
        row |= {
            "price": float(price[unit]),
            "price_ratio": float(price[unit]) / mean if mean > 0 else np.nan,
        }
        for lang in LANGUAGES:
            # Where nothing is left of the partners anyway, the second answer adds nothing.
            once = other == parted
            row[f"why_{lang}"] = " ".join(said[lang][:1] if once else said[lang])
            row[f"price_{lang}"] = _price_words(row, lang)
        rows.append(row)
    texts = {"alliance": "str", "alternative_members": "str", "parting_members": "str"}
    return pd.DataFrame(rows).astype(texts).set_index("code")


def _why(answer: _Answer, prefix: str, partners: str, row: dict[str, Any], lang: str) -> str:
    if answer.certainty == "none":
        return say(f"reason.{prefix}none", lang)
    other = say("reason.with" if partners else "reason.alone", lang, names=partners)
    equal = answer.certainty == "exact" and answer.loss == 0
    key = f"reason.{prefix}{'equal' if equal else answer.certainty}"
    return say(key, lang, other=other, loss=row[f"{prefix}loss"], share=row[f"{prefix}loss_share"])


def _price_words(row: dict[str, Any], lang: str) -> str:
    ratio = row["price_ratio"]
    if row["price"] < 0:
        key = "price.negative"
    elif ratio >= _DEAR:
        key = "price.dear"
    elif ratio <= _CHEAP:
        key = "price.cheap"
    else:
        key = "price.middle"
    return say(key, lang, price=row["price"], ratio=ratio)


def constraint_prices(found: Partition) -> pd.DataFrame:
    """Say for every requirement what the whole would gain if it were dropped.

    Parameters
    ----------
    found : Partition
        The plan.

    Returns
    -------
    DataFrame
        As `Reasons.constraints`.
    """
    settled = found.settled
    cost = settled.solution.cost
    rows = []
    for number, constraint in enumerate(settled.constraints, start=1):
        rest = tuple(c for c in settled.constraints if c is not constraint)
        gain, certainty, changed = _gain(settled, rest)
        share = gain / cost if cost > 0 else 0.0
        row: dict[str, Any] = {
            "requirement": f"R{number}",
            "key": constraint.key,
            "codes": "|".join(constraint.codes),
            **{f"text_{lang}": constraint.describe(lang) for lang in LANGUAGES},
            "gain": gain * COST_UNIT,
            "gain_share": share,
            "certainty": certainty,
            "changed": changed,
        }
        key = "constraint_price.nothing" if gain == 0 else f"constraint_price.{certainty}"
        for lang in LANGUAGES:
            row[f"words_{lang}"] = say(
                key, lang, gain=gain * COST_UNIT, share=share, changed=changed
            )
        rows.append(row)
    columns = [
        "requirement", "key", "codes", *(f"text_{lang}" for lang in LANGUAGES), "gain",
        "gain_share", "certainty", "changed", *(f"words_{lang}" for lang in LANGUAGES),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns).astype({"changed": "Int64", "gain": float})
    return table.set_index("requirement")


def _gain(settled: Settled, rest: Sequence[Any]) -> tuple[int, str, int | None]:
    """Gain in `COST_UNIT` without one requirement, how sure, and how many change alliance."""
    if settled.exact:
        free = settled.under(rest)
        if free.solution.proven:
            gain = settled.solution.cost - free.solution.cost
            return gain, "exact", len(changed_units(settled, free)) if gain else 0
        bound = free.solution.proof.bound
    else:
        bound = _bound_under(settled, rest)
    return max(0, settled.solution.cost - -(-bound // PRICES_PER_COST)), "at_most", None


def _bound_under(settled: Settled, rest: Sequence[Any]) -> int:
    """Lower the prices until they bound every plan of a wider pool, too."""
    model = settled.model
    allowed, rows = model.pool_under(rest)
    cost = to_price(model.costs(settled.options.weights)[allowed])
    prices = settled.solution.proof.stages[0].prices
    if len(rows) != len(settled.rows):  # the price of a row that is gone has no meaning
        prices = replace(prices, rows=np.zeros(len(rows), dtype=np.int64))
    every = np.arange(len(allowed), dtype=np.int64)
    coefficients = np.array([row.coefficients for row in rows], dtype=np.int64)
    members = model.candidates.members[allowed]
    reduced = reduced_costs(members, every, cost, prices, coefficients.reshape(-1, len(allowed)))
    repaired, _ = repair(members, every, reduced, prices)
    return bound_of(repaired, rows)


def changed_units(one: Settled, other: Settled) -> list[int]:
    """Return the units whose alliance is not the same in two plans.

    Parameters
    ----------
    one, other : Settled
        Two questions of the same model.

    Returns
    -------
    list of int
        Units, ascending.
    """
    mine, theirs = one.allowed[one.column_of], other.allowed[other.column_of]
    return [int(u) for u in np.flatnonzero(mine != theirs)]
