"""`gangso services`: who cannot reach what, on screen or as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gangso import opening
from gangso.cli.documents import records
from gangso.cli.screen import Screen
from gangso.cli.tables import filled_table, source_lines
from gangso.scenario import Scenario
from gangso.services import (
    Services,
    measure,
    proxies,
    standards_overview,
    thresholds_overview,
    unmeasured_lines,
)
from gangso.territory import Territory
from gangso.territory.travel import travel_network

__all__ = ["show_services"]

_NAMED = 12  # underserved municipalities that are named on screen
_CLOSURES = 5  # of each test


def show_services(
    path: Path | None, overrides: Mapping[str, Any], *, quiet: bool, as_json: bool
) -> None:
    """Measure the services and show them.

    Parameters
    ----------
    path : Path or None
        Scenario file.
    overrides : mapping
        What the command line lays over the scenario.
    quiet, as_json : bool
        How to speak.
    """
    early = Screen(str(overrides.get("language", "ko")), quiet=quiet, as_json=as_json)
    with early.progress({"territory": 1.0, "travel": 1.0, "services": 2.0}) as tell:
        tell("territory", 0.0)
        scenario, territory = opening.open_scenario(path, overrides)
        tell("travel", 0.0)
        network = travel_network(territory, scenario.travel, scenario.year)
        tell("services", 0.0)
        found = measure(territory, network, scenario.services, scenario.year)
    screen = Screen(scenario.language, quiet=quiet, as_json=as_json)
    names = territory.names(screen.lang)
    overview = standards_overview(found, scenario.services)
    population = territory.municipalities["population"]
    nobody = pd.Series(index=population.index, dtype="str")
    thresholds = thresholds_overview(population, nobody, scenario.services)
    screen.out.print(Text(territory.metadata.title.get(screen.lang, ""), style="bold"))
    if found.minutes.empty:
        screen.out.print(Text(screen.say("brief.services.nothing")))
    else:
        screen.out.print(_standards(screen, overview, names))
        screen.out.print(_tests(screen, found, scenario))
        screen.out.print(_names(screen, found, scenario, names))
        screen.out.print(_closures(screen, found, scenario, names))
    screen.out.print(_thresholds(screen, thresholds))
    published = [
        test.published.get(screen.lang, "") for test in scenario.services.underserved.values()
    ]
    notes = [
        *published,
        *proxies(found, scenario.services)[screen.lang],
        *unmeasured_lines(found, scenario.services, screen.lang),
        *found.people.basis[screen.lang],
        *found.assumptions[screen.lang],
    ]
    _list(screen, "cli.notes", dict.fromkeys(note for note in notes if note))
    sources = tuple(
        source_lines(territory, ("facilities", "settlements", "population"), screen.lang)
    )
    _list(screen, "cli.sources", sources)
    screen.document(_document(found, overview, thresholds, territory, notes, sources))


def _list(screen: Screen, key: str, lines: Iterable[str]) -> None:
    screen.out.print(Text(screen.say(key), style="bold"))
    for line in lines:
        screen.out.print(Padding(Text(f"· {line}"), (0, 0, 0, 1)))


def _share(value: Any) -> str:
    return "–" if pd.isna(value) else f"{value:.1%}"


def _standards(screen: Screen, overview: pd.DataFrame, names: pd.Series) -> Table:
    keys = ("standard", "limit", "residents", "share", "women", "worst")
    rows: list[tuple[object, ...]] = []
    for row in overview.to_dict("records"):
        level = screen.say(f"services.level.{row['level']}")
        own = screen.say("services.own") if pd.isna(row["source"]) else ""
        label = f"{row[f'label_{screen.lang}']} ({level}{'; ' if own else ''}{own})"
        worst = "–" if pd.isna(row["worst"]) else str(names.loc[row["worst"]])
        minutes = screen.say("services.minutes", minutes=row["minutes"])
        rows.append(
            (
                label, minutes, f"{row['residents_beyond']:,.0f}", _share(row["residents_share"]),
                _share(row["women_share"]), worst,
            ),
        )  # fmt: skip
    return filled_table(
        screen.say("brief.services.caption"),
        [(screen.say(f"brief.services.{key}"), key not in ("standard", "worst")) for key in keys],
        rows,
    )


def _tests(screen: Screen, found: Services, scenario: Scenario) -> Table:
    keys = ("test", "cut", "count", "without")
    rows: list[tuple[object, ...]] = []
    tests = scenario.services.underserved
    for row in found.counts.to_dict("records"):
        test = tests[row["test"]]
        rows.append(
            (
                test.label.get(screen.lang, row["test"]),
                screen.say(f"services.cut.{test.at_cut}", cut=row["cut"]),
                screen.say("services.of", count=row["underserved"], all=row["municipalities"]),
                row["without_assumed"],
            ),
        )
    return filled_table(
        screen.say("brief.services.tests_caption"),
        [(screen.say(f"brief.services.{key}"), key != "test") for key in keys],
        rows,
    )


def _names(screen: Screen, found: Services, scenario: Scenario, names: pd.Series) -> Table:
    rows: list[tuple[object, ...]] = []
    for key, test in scenario.services.underserved.items():
        all_of = found.underserved
        here = all_of[(all_of["test"] == key) & (all_of["cut"] == test.cuts[0])]
        here = here[here["underserved"].astype(bool)].sort_values(
            ["share", "municipality"], ascending=[False, True], kind="stable"
        )
        named = [
            f"{names.loc[code]} {share:.0%}"
            for code, share in zip(here["municipality"], here["share"], strict=True)
        ]
        more = f" … +{len(named) - _NAMED}" if len(named) > _NAMED else ""
        rows.append((test.label.get(screen.lang, key), ", ".join(named[:_NAMED]) + more))
    return filled_table(
        screen.say("brief.services.names_caption"),
        [(screen.say(f"brief.services.{key}"), False) for key in ("test", "names")],
        rows,
    )


def _closures(screen: Screen, found: Services, scenario: Scenario, names: pd.Series) -> Table:
    critical = found.closures[found.closures["critical"].astype(bool)]
    rows: list[tuple[object, ...]] = []
    for key, test in scenario.services.closures.items():
        label = screen.say(
            "brief.services.closure",
            label=test.label.get(screen.lang, key), minutes=test.minutes,
            group=screen.say(f"services.group.{test.group}"),
        )  # fmt: skip
        note = test.note.get(screen.lang, "")
        for row in critical[critical["test"] == key].head(_CLOSURES).to_dict("records"):
            where = str(names.loc[row["municipality"]])
            told = f"{label} — {note}" if note else label
            rows.append((told, where, f"{row['pushed']:,.0f}", f"{row['threshold']:,.0f}"))
    return filled_table(
        screen.say(
            "brief.services.closures_caption",
            critical=len(critical), sites=len(found.closures), most=_CLOSURES,
        ),
        [
            (screen.say("brief.services.test"), False),
            (screen.say("brief.services.where"), False),
            (screen.say("brief.services.pushed"), True),
            (screen.say("brief.services.threshold"), True),
        ],
        rows,
    )  # fmt: skip


def _thresholds(screen: Screen, thresholds: pd.DataFrame) -> Table:
    count = int(thresholds["municipalities"].max()) if len(thresholds) else 0
    rows: list[tuple[object, ...]] = []
    for row in thresholds.to_dict("records"):
        high = row["population_80"]
        known = pd.notna(high)
        rows.append(
            (
                row[f"label_{screen.lang}"],
                f"{row['population_50']:,.0f} / {high:,.0f}" if known
                else f"{row['population_50']:,.0f} / –",
                row["alone_50"],
                row["alone_80"] if known else "–",
            ),
        )  # fmt: skip
    return filled_table(
        screen.say("cli.services.sustain", count=count),
        [
            (screen.say("brief.services.service"), False),
            (screen.say("brief.services.population"), True),
            (screen.say("brief.services.alone"), True),
            (screen.say("brief.services.alone_80"), True),
        ],
        rows,
    )


def _document(
    found: Services,
    overview: pd.DataFrame,
    thresholds: pd.DataFrame,
    territory: Territory,
    notes: list[str],
    sources: tuple[str, ...],
) -> dict[str, Any]:
    return {
        "year": found.year,
        "estimated": found.estimated,
        "fingerprint": territory.fingerprint,
        "standards": records(overview),
        "nation": records(found.nation),
        "municipalities": records(found.municipalities),
        "underserved": records(found.underserved),
        "counts": records(found.counts),
        "closures": records(found.closures),
        "access": records(found.municipal_access.rename_axis("code").reset_index()),
        "thresholds": records(thresholds),
        "unmeasured": records(found.unmeasured),
        "assumptions": {lang: list(lines) for lang, lines in found.assumptions.items()},
        "notes": [note for note in notes if note],
        "sources": list(sources),
    }
