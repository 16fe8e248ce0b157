"""What ``gangso compact`` does: the compact of a plan on screen, its tables and charters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pandas as pd
from rich.table import Table
from rich.text import Text

from gangso import opening, planning
from gangso.alliances import Partition
from gangso.bases import CoalitionCosts, build_needs
from gangso.cli.screen import Screen
from gangso.cli.whole import whole_folder
from gangso.compact import Compact, draft_compact
from gangso.errors import BadInputError, Fault
from gangso.scenario import Scenario
from gangso.services import measure
from gangso.territory import Territory
from gangso.territory.travel import travel_network
from gangso.texts import LANGUAGES, say

__all__ = ["compact"]

_SECONDS = {
    "territory": 1.0, "travel": 1.0, "alliances": 3.0, "bases": 3.0, "compact": 8.0, "report": 3.0,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Drafted:
    """What charters and tables of the compact are written from."""

    scenario: Scenario
    territory: Territory
    partition: Partition
    compact: Compact


def compact(
    path: Path | None,
    out: Path | None,
    overrides: Mapping[str, Any],
    *,
    quiet: bool,
    as_json: bool,
) -> None:
    """Draft the compact, show it, and write its tables and charters if asked.

    Parameters
    ----------
    path : Path or None
        Scenario file.
    out : Path or None
        Folder for ``tables/`` and ``charters/``; it must not hold anything yet.
    overrides : mapping
        What the command line lays over the scenario.
    quiet, as_json : bool
        How to speak.
    """
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInputError([Fault("out_taken", "output", column="--out", value=str(out))])
    early = Screen(str(overrides.get("language", "ko")), quiet=quiet, as_json=as_json)
    with early.progress(_SECONDS) as tell:
        tell("territory", 0.0)
        scenario, territory = opening.open_scenario(path, overrides)
        tell("travel", 0.0)
        network = travel_network(territory, scenario.travel, scenario.year)
        tell("alliances", 0.0)
        found = planning.find_alliances(
            scenario, territory, network, progress=planning.GapProgress(tell)
        )
        tell("bases", 0.0)
        services = measure(territory, network, scenario.services, scenario.year)
        needs = build_needs(network, services, dict(scenario.services.standards), scenario.bases)
        tell("compact", 0.0)
        made = draft_compact(
            territory,
            found,
            scenario.compact,
            costs=CoalitionCosts(needs, scenario.bases.nodes),
            year=scenario.year,
            max_size=scenario.alliances.max_size,
            small_below=scenario.diagnosis.ledger.threshold,
        )
        if out is not None:
            tell("report", 0.0)
            _write(_Drafted(scenario, territory, found, made), out)
    screen = Screen(scenario.language, quiet=quiet, as_json=as_json)
    screen.out.print(_alliances(made, found, territory.name_column(screen.lang), screen.lang))
    for note in made.notes:
        screen.out.print(Text(f"· {note[screen.lang]}"))
    if prices := scenario.bases.cost_note.get(screen.lang):
        screen.out.print(Text(f"· {prices}"))
    screen.document(_document(made))


def _write(drafted: _Drafted, out: Path) -> None:
    from gangso.report.blocks import Page
    from gangso.report.chapters.compact import COMPACT
    from gangso.report.charter import write_charters
    from gangso.report.plan import PlanLike
    from gangso.report.tables import write_table

    plan = cast("PlanLike", drafted)
    page = Page(plan, drafted.scenario.language)
    notes = [*drafted.compact.notes, drafted.scenario.bases.cost_note]
    said = {lang: [note.get(lang, "") for note in notes] for lang in LANGUAGES}
    with whole_folder(out) as folder:
        (folder / "tables").mkdir()
        for name, table in COMPACT.tables(plan).items():
            write_table(table, folder / "tables", name)
        write_table(pd.DataFrame(said), folder / "tables", "notes")
        write_charters(page, folder / "charters", LANGUAGES)


def _alliances(made: Compact, found: Partition, name: str, lang: str) -> Table:
    table = Table(title=Text(say("brief.compact", lang)), title_justify="left")
    keys = ["alliance", "seats", "cost", "alone", "per_head", "rule"]
    for key in keys if made.sharing is not None else keys[:2]:
        table.add_column(Text(say(f"brief.compact.{key}", lang)))
    chosen = made.seats[made.seats["chosen"]]
    for alliance, members in found.alliances[name].items():
        seats = chosen.loc[chosen["alliance"] == alliance, "seats"]
        cells = [f"{alliance} {members}", ", ".join(str(number) for number in seats)]
        if made.sharing is not None:
            game = made.sharing.alliances.loc[str(alliance)].to_dict()
            rules = made.sharing.rules
            own = rules[(rules["alliance"] == alliance) & (rules["rule"] == "population")]
            said = {"subsidy": game["subsidy"]} if game["recommended"] == "subsidised" else {}
            cells += [
                f"{game['cost']:,}",
                f"{game['alone']:,}",
                str(int(own["blocking"].sum())),
                say(f"brief.compact.rule.{game['recommended']}", lang, **said),
            ]
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _document(made: Compact) -> dict[str, Any]:
    from gangso.cli.documents import records

    document: dict[str, Any] = {
        "functions": records(made.functions),
        "councils": records(made.councils.reset_index()),
        "seats": records(made.seats),
        "stability": {
            "cost": made.national.plan_cost,
            "stakes": made.national.stakes_sum,
            "subsidy": made.national.subsidy,
            "groups": made.national.groups,
            "gaining": made.national.gaining,
        },
        "notes": list(made.notes),
        "seconds": dict(made.seconds),
    }
    if made.sharing is not None:
        document["sharing"] = records(made.sharing.alliances.reset_index())
        document["shares"] = records(made.sharing.shares)
        document["blocking"] = records(made.sharing.blocking)
        document["exits"] = records(made.sharing.exits)
    if made.decentralisation is not None:
        document["tax_shift"] = records(made.decentralisation.cases.reset_index())
    return document
