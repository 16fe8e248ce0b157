"""What `gangso ally` answers beyond the alliances, and `gangso compare`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.text import Text

from gangso import opening, planning
from gangso.alliances import (
    Alternatives,
    Comparison,
    Partition,
    Robustness,
    alternatives,
    robustness,
)
from gangso.alliances import compare as beside
from gangso.alliances.reasons import constraint_prices, municipality_reasons
from gangso.cli import documents
from gangso.cli.screen import Screen
from gangso.cli.tables import filled_table
from gangso.errors import BadInputError, Fault
from gangso.scenario import Scenario
from gangso.territory.travel import travel_network

__all__ = ["Asked", "answers", "compare"]

_LEAST_SURE = 20


class Asked:
    """What is asked beyond the alliances.

    Parameters
    ----------
    why : sequence of str
        Municipalities (code or name) to explain.
    draws : int
        Weightings to draw; 0: none.
    alternatives : int
        Different plans to find; 0: none.
    loss : float, optional
        What they may cost more, in per cent; by default as the scenario says.
    """

    def __init__(
        self, why: Sequence[str], draws: int, alternatives: int, loss: float | None
    ) -> None:
        self.why, self.draws, self.alternatives, self.loss = tuple(why), draws, alternatives, loss

    def codes(self, found: Partition) -> list[str]:
        """Codes of the municipalities to explain; every one that is not in scope is a fault."""
        units = found.settled.model.units
        table = units.territory.municipalities.loc[units.codes]
        chosen: list[str] = []
        faults: list[Fault] = []
        for asked in self.why:
            named = [str(c) for c in table.index[(table["name"] == asked).to_numpy(bool)]]
            if asked in table.index:
                chosen.append(asked)
            elif named:
                chosen += named
            else:
                known = asked in units.territory.municipalities.index
                kind = "code_out_of_scope" if known else "code_unknown"
                faults.append(Fault(kind, "scenario", column="--why", value=asked))
        if faults:
            raise BadInputError(faults)
        return list(dict.fromkeys(chosen))


def answers(found: Partition, scenario: Scenario, asked: Asked, screen: Screen) -> dict[str, Any]:
    """Answer what is asked, on the screen and as a document.

    Parameters
    ----------
    found : Partition
        The plan.
    scenario : Scenario
        What was asked for.
    asked : Asked
        What is asked beyond.
    screen : Screen
        Where to speak.

    Returns
    -------
    dict
        Parts of the document, none of them if nothing was asked.
    """
    names = found.settled.model.units.territory.names(screen.lang)
    parts: dict[str, Any] = {}
    codes = asked.codes(found)
    if codes:
        why = municipality_reasons(found)
        prices = constraint_prices(found)
        for code in codes:
            row = why.loc[code]
            screen.out.print(Text(f"{names.loc[code]} ({code})", style="bold"))
            screen.out.print(Text(f"  {row[f'why_{screen.lang}']}"))
            screen.out.print(Text(f"  {row[f'price_{screen.lang}']}"))
            concerned = prices[[code in str(c).split("|") for c in prices["codes"]]]
            for _, price in concerned.iterrows():
                text = f"  {price[f'text_{screen.lang}']}: {price[f'words_{screen.lang}']}"
                screen.out.print(Text(text))
        parts["why"] = documents.records(why.loc[codes].reset_index())
        parts["requirements"] = documents.records(prices.reset_index())
    if asked.draws:
        options = scenario.answers.robustness.model_copy(update={"draws": asked.draws})
        sure = robustness(found, options, np.random.default_rng(scenario.seed))
        _show_robustness(sure, names, screen)
        parts["robustness"] = documents.records(sure.municipalities.reset_index())
        parts["pairs"] = documents.records(sure.pairs)
    if asked.alternatives:
        update: dict[str, Any] = {"count": asked.alternatives}
        if asked.loss is not None:
            update["loss"] = asked.loss / 100
        other = alternatives(found, scenario.answers.alternatives.model_copy(update=update))
        _show_alternatives(other, names, screen)
        parts["alternatives"] = documents.records(other.plans.reset_index())
        parts["alternatives_alliances"] = documents.records(other.alliances)
    return parts


def _show_robustness(sure: Robustness, names: pd.Series, screen: Screen) -> None:
    say = screen.say
    rows = []
    for code, row in sure.municipalities.sort_values("sureness", kind="stable").iterrows():
        rival = "–"
        if pd.notna(row["rival"]):
            rival = f"{names.loc[str(row['rival'])]} {row['rival_share']:.0%}"
        rows.append([str(names.loc[str(code)]), f"{row['sureness']:.0%}", rival])
    columns = [
        (say("brief.sureness.name"), False),
        (say("brief.sureness.share"), True),
        (say("brief.sureness.rival"), False),
    ]
    title = say("cli.answers.least_sure", draws=len(sure.draws))
    screen.out.print(filled_table(title, columns, rows[:_LEAST_SURE]))
    for note in sure.notes:
        screen.out.print(Text(note[screen.lang]))


def _show_alternatives(other: Alternatives, names: pd.Series, screen: Screen) -> None:
    for ident, row in other.plans.iterrows():
        key = "brief.alternatives.proven" if row["proven"] else "brief.alternatives.heuristic"
        screen.out.print(
            Text(
                screen.say(
                    key, ident=ident, loss=row["loss_share"], changed=int(row["changed"]),
                    parted=int(row["parted"]), share=row["share"], distance=int(row["distance"]),
                    at_most=int(row["distance_at_most"]),
                )
            )
        )  # fmt: skip
        listed = other.alliances[other.alliances["alternative"] == ident]
        rows = [
            [
                " · ".join(str(names.loc[code]) for code in str(alliance["members"]).split("|")),
                f"{alliance['population']:,.0f}",
            ]
            for _, alliance in listed[~listed["in_plan"].astype(bool)].iterrows()
        ]
        columns = [
            (screen.say("brief.alternatives.new"), False),
            (screen.say("brief.alliances.population"), True),
        ]
        caption = screen.say("brief.alternatives.caption", ident=ident, count=len(rows))
        screen.out.print(filled_table(caption, columns, rows))
    for note in other.notes:
        screen.out.print(Text(note[screen.lang]))


def compare(
    path: Path | None,
    groupings: Sequence[str],
    overrides: Mapping[str, Any],
    *,
    quiet: bool,
    as_json: bool,
) -> None:
    """Score existing groupings beside the plan.

    Parameters
    ----------
    path : Path or None
        Scenario file, or folder of a plan.
    groupings : sequence of str
        Names of the table of groupings, or files; all of the table if empty.
    overrides : mapping
        What the command line lays over the scenario.
    quiet, as_json : bool
        How to speak.
    """
    if path is not None and path.is_dir():
        path = path / "scenario.yaml"
    early = Screen(str(overrides.get("language", "ko")), quiet=quiet, as_json=as_json)
    with early.progress({"territory": 1.0, "alliances": 3.0}) as tell:
        tell("territory", 0.0)
        scenario, territory = opening.open_scenario(path, overrides)
        tell("alliances", 0.0)
        network = travel_network(territory, scenario.travel, scenario.year)
        found = planning.find_alliances(
            scenario, territory, network, progress=planning.GapProgress(tell)
        )
    named = list(groupings) or scenario.answers.groupings
    opened = opening.open_groupings(found, named)
    if not opened:
        raise BadInputError([Fault("no_grouping", "groupings", value="-", details={"known": "-"})])
    screen = Screen(scenario.language, quiet=quiet, as_json=as_json)
    scored = [beside(found, g.name, g.label, g.table) for g in opened]
    for comparison in scored:
        _show_comparison(comparison, screen)
    screen.document(
        {
            "groupings": [
                {
                    "grouping": c.grouping, "covered": c.covered, "in_scope": c.in_scope,
                    "cost_there": c.cost_there, "cost_in_plan": c.cost_in_plan,
                    "groups": documents.records(c.groups.reset_index()),
                    "members": documents.records(c.members),
                }
                for c in scored
            ]
        }
    )  # fmt: skip


def _show_comparison(comparison: Comparison, screen: Screen) -> None:
    say, groups = screen.say, comparison.groups
    here = comparison.members.groupby("group", sort=False)["cost_in_plan"].mean()
    rows = []
    for group, row in groups.assign(here=here).iterrows():
        same = say("brief.comparison.same")
        kept = same if row["in_plan"] else _figure(row["keeping"], ".4f")
        rows.append([
            str(group), f"{row['population']:,.0f}", _figure(row["cost_per_member"], ".3f"),
            _figure(row["here"], ".3f"), kept, str(row[f"breaches_{screen.lang}"]),
        ])  # fmt: skip
    keys = ("group", "there", "here", "keeping", "breaches")
    heads = {key: say(f"brief.comparison.{key}") for key in keys}
    columns = [
        (heads["group"], False), (say("brief.alliances.population"), True),
        (heads["there"], True), (heads["here"], True), (heads["keeping"], True),
        (heads["breaches"], False),
    ]  # fmt: skip
    label = comparison.label[screen.lang]
    screen.out.print(filled_table(say("brief.comparison.caption", label=label), columns, rows))
    better = comparison.members.dropna(subset=["gain"])["gain"]
    screen.out.print(
        Text(
            say(
                "brief.comparison.beside", label=label, groups=len(groups),
                same=int(groups["in_plan"].sum()), impossible=int((~groups["admissible"]).sum()),
                there=comparison.cost_there, here=comparison.cost_in_plan,
                better=int((better > 1e-9).sum()), worse=int((better < -1e-9).sum()),
            )
        )
    )  # fmt: skip
    for note in comparison.notes:
        screen.out.print(Text(note[screen.lang]))


def _figure(value: Any, form: str) -> str:
    return "–" if pd.isna(value) else format(float(value), form)
