"""What the card of a municipality tells, ready for its template."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gangso.alliances import Partition
from gangso.diagnosis.words import class_label
from gangso.workbench.cards import MunicipalityCard
from gangso.workbench.pages.charts import pyramid
from gangso.workbench.pages.words import Words

__all__ = ["place_view"]

View = dict[str, Any]

# Columns of the indicators that the card shows, and how.
_FIGURES = {
    "share_65plus": "{:.1%}",
    "births": "{:,.0f}",
    "delivery_institutions": "{:,.0f}",
    "self_reliance_pct": "{:.1f}%",
}


def place_view(words: Words, card: MunicipalityCard, plan: Partition) -> View:
    """Tell what is known of a municipality at once.

    Parameters
    ----------
    words : Words
        The language.
    card : MunicipalityCard
        The card.
    plan : Partition
        The plan.

    Returns
    -------
    dict
        What the template reads.
    """
    partners: list[str] = []
    if card.alliance is not None:
        members = str(plan.alliances.loc[card.alliance, "members"]).split("|")
        partners = [code for code in members if code != card.code]
    return {
        "code": card.code,
        "name": words.name(card.code),
        "province": words.provinces.get(card.code, ""),
        "status": card.status,
        "reason": card.reason[words.lang] if card.status != "allied" else "",
        "alliance": card.alliance,
        "partners": [{"code": code, "name": words.name(code)} for code in partners],
        "neighbours": _neighbours(words, card, plan),
        "held_alone": any(lock.kind == "alone" for lock in card.locks),
        "figures": _figures(words, card),
        "pyramid": _pyramid(words, card),
    }


def _neighbours(words: Words, card: MunicipalityCard, plan: Partition) -> list[View]:
    code = card.code
    held = {(lock.kind, other) for lock in card.locks for other in lock.codes}
    links = words.territory.contiguity
    near = [*links.loc[links["a"] == code, "b"], *links.loc[links["b"] == code, "a"]]
    of, status = plan.membership["alliance"], plan.membership["status"]
    own = of.loc[code]
    found = [
        {
            "code": str(other),
            "name": words.name(other),
            "alliance": "" if pd.isna(of.loc[other]) else str(of.loc[other]),
            "same": bool(pd.notna(own) and of.loc[other] == own),
            "together": ("together", str(other)) in held,
            "apart": ("apart", str(other)) in held,
        }
        for other in dict.fromkeys(near)
        if status.loc[other] != "outside"
    ]
    return sorted(found, key=lambda n: (not n["same"], str(n["name"])))


def _figures(words: Words, card: MunicipalityCard) -> list[tuple[str, str]]:
    found = [
        (
            words.say("wb.figure.population"),
            words.say("wb.unit.people", value=card.facts["population"]),
        ),
        (words.say("wb.figure.area"), f"{card.facts['area_km2']:,.0f} km²"),
    ]
    table = card.indicators
    people = table["population"].dropna() if "population" in table else pd.Series(dtype=float)
    if len(people) > 1:
        change = people.iloc[-1] / people.iloc[0] - 1
        span = f"{people.index[0]}–{people.index[-1]}"
        found.append((words.say("wb.figure.change"), f"{change:+.1%} ({span})"))
    index = table["extinction_index"].dropna()
    if len(index):
        kind = class_label(str(table.loc[index.index[-1], "extinction_class"]), words.lang)
        said = f"{index.iloc[-1]:.2f} · {kind} ({index.index[-1]})"
        found.append((words.say("wb.figure.index"), said))
    for column, form in _FIGURES.items():
        known = table[column].dropna()
        if len(known):
            said = f"{form.format(known.iloc[-1])} ({known.index[-1]})"
            found.append((words.say(f"wb.figure.{column}"), said))
    return found


def _pyramid(words: Words, card: MunicipalityCard) -> View | None:
    if card.pyramid.empty:
        return None
    wide = card.pyramid.reset_index().pivot_table(index="age", columns="sex", values="persons")
    wide = wide.sort_index().fillna(0.0)
    sides = [
        [float(v) for v in wide[sex]] if sex in wide else [0.0] * len(wide) for sex in ("m", "f")
    ]
    label = words.say("wb.pyramid.label", name=words.name(card.code), year=card.pyramid_year)
    sexes = {key: words.say(f"wb.pyramid.{key}") for key in ("men", "women")}
    ages = [int(age) for age in wide.index]
    chart = pyramid(sides[0], sides[1], ages, label, sexes, words.lang)
    return {"chart": chart, "year": card.pyramid_year}
