"""A plan of the right shape without a solver: neighbours grouped greedily, made-up prices."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from gangso.alliances.result import Partition
from gangso.alliances.scope import scope
from gangso.diagnosis import Diagnosis, diagnose
from gangso.scenario import Scenario, resolve
from gangso.territory import Territory
from gangso.texts import say

CRITERIA = {"population": "people", "ties": "share", "span": "km", "province": "members"}


@dataclass(frozen=True, eq=False)
class StandIn:
    """What the report needs of a plan."""

    scenario: Scenario
    territory: Territory
    diagnosis: Diagnosis
    partition: Partition
    versions: dict[str, str]


def stand_in_partition(territory: Territory, scenario: Scenario) -> Partition:
    """Group neighbours of the same province greedily until 300,000 people or four members."""
    table = territory.municipalities
    codes, outside, _ = scope(territory, scenario.leave_out, scenario.alliances.links)
    population = table["population"].astype("float64")
    province = table["province"] if "province" in table else pd.Series("", index=table.index)
    links = territory.contiguity
    near: dict[str, list[str]] = {str(code): [] for code in codes}
    for a, b in zip(links["a"], links["b"], strict=True):
        if a in near and b in near:
            near[a].append(b)
            near[b].append(a)
    left = set(near)
    groups: list[list[str]] = []
    for code in near:
        if code not in left:
            continue
        left.remove(code)
        group = [code]
        while len(group) < 4 and population[group].sum() < 300_000:
            options = [c for g in group for c in sorted(near[g]) if c in left]
            options = [c for c in options if province[c] == province[code]] or options
            if not options:
                break
            left.remove(options[0])
            group.append(options[0])
        groups.append(sorted(group, key=lambda c: (-population[c], c)))
    rows = []
    place = {code: number for number, code in enumerate(table.index)}
    names = {lang: territory.names(lang) for lang in (territory.metadata.languages[0], "en")}
    for number, group in enumerate([g for g in groups if len(g) > 1], start=1):
        at = territory.xy_km[[place[c] for c in group]]
        span = float(np.max(np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))))
        total = float(population[group].sum())
        away = int(len(group) - province[group].value_counts().iloc[0])
        ties = 0.15 + (number * 37 % 50) / 100
        scores = (
            min(1.0, abs(np.log(total / 300_000)) / np.log(4)),
            1 - ties,
            min(1.0, span / 100),
            away / (len(group) - 1),
        )
        row = {
            "alliance": f"A{number:02d}",
            "name": "·".join(names[territory.metadata.languages[0]].loc[group]),
            "name_en": "·".join(names["en"].loc[group]),
            "centre": group[0],
            "members": "|".join(group),
            "size": len(group),
            "population": total,
            "cost": len(group) * float(np.mean(scores)),
            "ties": ties,
            "span": span,
            "province": float(away),
        }
        row |= {f"score_{key}": score for key, score in zip(CRITERIA, scores, strict=True)}
        rows.append(row)
    alliances = pd.DataFrame(rows).set_index("alliance")
    member = pd.DataFrame(
        {
            "alliance": pd.Series(None, index=table.index, dtype="str"),
            "status": "outside",
            "reason_ko": "",
            "reason_en": "",
            "price": np.nan,
        },
        index=table.index,
    )
    member.index.name = "code"
    for code, reason in outside.items():
        member.loc[code, ["reason_ko", "reason_en"]] = [reason["ko"], reason["en"]]
    for number, code in enumerate(codes):
        member.loc[code, "status"] = "alone"
        member.loc[code, "price"] = 0.2 + number % 7 / 20
        for lang in ("ko", "en"):
            member.loc[code, f"reason_{lang}"] = say("alone.best", lang, loss=0.0123)
    for ident, members in alliances["members"].items():
        group = members.split("|")
        member.loc[group, "alliance"] = ident
        member.loc[group, "status"] = "allied"
        member.loc[group, ["reason_ko", "reason_en"]] = ""
    criteria = pd.DataFrame(
        [
            {
                "key": key,
                "weight": scenario.alliances.weights[key],
                "unit": unit,
                **{
                    f"{what}_{lang}": say(f"criterion.{key}.{what}", lang)
                    for what in ("label", "meaning")
                    for lang in ("ko", "en")
                },
            }
            for key, unit in CRITERIA.items()
        ]
    ).set_index("key")
    return Partition(
        alliances=alliances,
        membership=member,
        criteria=criteria,
        status="proven",
        cost=41.5,
        bound=41.5,
        gap=0.0,
        candidates=17_407,
        seconds={"solve": 0.2},
        certificate={"format": "stand-in", "units": [str(c) for c in codes], "cost": 41.5},
        notes=(),
    )


def stand_in_plan(territory: Territory) -> StandIn:
    """Make a plan of the right shape for a territory."""
    scenario = resolve(territory.metadata.scenario)
    return StandIn(
        scenario,
        territory,
        diagnose(territory, scenario.diagnosis, scenario.year),
        stand_in_partition(territory, scenario),
        {"python": "3.11.7", "gangso": "0.1.0", "numpy": "2.3.0"},
    )


def renamed(plan: StandIn, names: dict[str, str]) -> StandIn:
    """Give municipalities other names, in both languages."""
    table = plan.territory.municipalities.copy()
    for code, name in names.items():
        table.loc[code, ["name", "name_en"]] = name
    return replace(plan, territory=replace(plan.territory, municipalities=table))
