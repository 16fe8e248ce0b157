"""What a move did, what it costs, and what stands in its way: ready for the templates."""

from __future__ import annotations

from typing import Any

from gangso.alliances import Partition
from gangso.errors import BadInputError, GangsoError
from gangso.workbench.change import Change, Conflict, Price
from gangso.workbench.edits import Edit, Lock
from gangso.workbench.pages.words import Words
from gangso.workbench.session import Score

__all__ = [
    "change_view", "conflict_view", "edit_title", "fault_lines", "lock_view", "price_words",
    "score_view",
]  # fmt: skip

View = dict[str, Any]

_MOST = 8  # losers and gainers that are named
_NOTHING = 5e-7


def fault_lines(error: GangsoError, lang: str) -> list[dict[str, str]]:
    """List what is wrong, each with its fix."""
    if isinstance(error, BadInputError):
        return [{"text": f.problem(lang), "fix": f.fix(lang)} for f in error.faults]
    return [{"text": str(error), "fix": ""}]


def price_words(words: Words, price: Price) -> str:
    """Say what a lock costs the nation."""
    if abs(price.cost) < _NOTHING and price.exact:
        return words.say("wb.price.free")
    key = "wb.price.costs" if price.exact else "wb.price.about"
    return words.say(key, cost=price.cost, share=price.share, low=price.low, high=price.high)


def lock_view(words: Words, lock: Lock, price: Price | None) -> View:
    """Tell a lock and its price."""
    return {
        "kind": lock.kind,
        "members": [{"code": code, "name": words.name(code)} for code in lock.codes],
        "names": words.list(lock.codes),
        "price": None if price is None else price_words(words, price),
    }


def edit_title(words: Words, edit: Edit) -> str:
    """Say an edit in a line."""
    match edit.kind:
        case "together" | "apart" | "alone" | "fix":
            return words.say(f"wb.edit.{edit.kind}", names=words.list(edit.codes))
        case "unlock":
            return words.say(
                "wb.edit.unlock",
                kind=words.say(f"wb.lock.{edit.lock.kind}"),
                names=words.list(edit.lock.codes),
            )
        case "target":
            return words.say("wb.edit.target", value=edit.population)
        case "size":
            return words.say("wb.edit.size", low=edit.min_size, high=edit.max_size)
        case "reset":
            return words.say(f"wb.edit.reset.{edit.what}")
        case _:
            return words.say("wb.edit.weights")


def change_view(words: Words, change: Change, plan: Partition) -> View:
    """Tell what a move did to the plan."""
    title = edit_title(words, change.edit)
    if change.move != "apply":
        title = words.say(f"wb.edit.{change.move}", what=title)
    summary = (
        words.say("wb.change.none")
        if not change.moved
        else words.say(
            "wb.change.moved",
            moved=len(change.moved),
            formed=len(change.formed),
            dissolved=len(change.dissolved),
            losers=len(change.losers),
            gainers=len(change.gainers),
        )
    )
    summary += " " + words.say(f"wb.proof.{change.status}", gap=change.gap) + "."
    summary += " " + words.say("wb.change.seconds", seconds=change.seconds)
    gain = change.members["gain"]

    def listed(codes: tuple[str, ...]) -> list[View]:
        return [
            {"code": c, "name": words.name(c), "gain": float(gain.loc[c])} for c in codes[:_MOST]
        ]

    labels = plan.criteria[f"label_{words.lang}"]
    parts = [
        {"label": str(labels.get(key, key)), "value": value}
        for key, value in change.by_criterion.items()
        if abs(value) > 5e-4
    ]
    return {
        "title": title,
        "move": change.move,
        "price": "" if change.price is None else price_words(words, change.price),
        "summary": summary,
        "moved": list(change.moved),
        "formed": [words.list(group) for group in change.formed],
        "dissolved": [words.list(group) for group in change.dissolved],
        "losers": listed(change.losers),
        "gainers": listed(change.gainers),
        "parts": sorted(parts, key=lambda p: -abs(float(p["value"]))),
    }


def conflict_view(words: Words, conflict: Conflict) -> View:
    """Tell why there is no plan, where, and what would help."""
    lang = words.lang
    return {
        "culprits": list(conflict.culprits.get(lang, ())),
        "why": list(conflict.why.get(lang, ())),
        "way_out": conflict.way_out.get(lang, ""),
        "codes": "|".join(conflict.municipalities),
        "places": [{"code": c, "name": words.name(c)} for c in conflict.municipalities[:12]],
    }


def score_view(words: Words, score: Score, plan: Partition) -> View:
    """Weigh an alliance made by hand against the optimum."""
    row = score.comparison.groups.iloc[0]
    breaches = row[f"breaches_{words.lang}"]
    keeping = row["keeping"]
    if keeping != keeping:  # it could not be in any plan
        verdict = words.say("wb.score.impossible")
    elif abs(keeping) < _NOTHING:
        verdict = words.say("wb.score.optimal")
    else:
        share = keeping / plan.cost if plan.cost else 0.0
        verdict = words.say("wb.score.costs", cost=keeping, share=share)
    means = {key: 1.0 - float(plan.alliances[f"score_{key}"].mean()) for key in plan.criteria.index}
    return {
        "verdict": verdict,
        "breaches": str(breaches) if isinstance(breaches, str) else "",
        "scores": [
            {
                "label": str(criterion[f"label_{words.lang}"]),
                "good": 1.0 - float(row[f"score_{key}"]),
                "mean": means[key],
            }
            for key, criterion in plan.criteria.iterrows()
            if criterion["weight"]
        ],
    }
