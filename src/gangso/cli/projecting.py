"""What `gangso project` does and shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gangso import opening
from gangso.cli.backtesting import show_backtest
from gangso.cli.screen import Screen
from gangso.cli.tables import number_text, plain_table
from gangso.cli.whole import whole_folder
from gangso.diagnosis import class_label
from gangso.engine import open_engine
from gangso.errors import BadInputError, Fault
from gangso.projection import Projection
from gangso.projection import project as run_projection
from gangso.scenario import Scenario
from gangso.territory.model import Territory
from gangso.texts import say

__all__ = ["project_places", "test"]

_STEPS = {"territory": 1.0, "projection": 4.0}


def _open(
    path: Path | None, overrides: Mapping[str, Any], quiet: bool, as_json: bool
) -> tuple[Scenario, Territory, Screen]:
    scenario, territory = opening.open_scenario(path, overrides)
    return scenario, territory, Screen(scenario.language, quiet=quiet, as_json=as_json)


def test(
    path: Path | None, windows: list[str], overrides: Mapping[str, Any], *, quiet: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Print how far off the projection would have been.

    Parameters
    ----------
    path : Path or None
        Scenario file.
    windows : list of str
        ``base-target``; one to five years up to the last if empty.
    overrides : mapping
        What the command line lays over the scenario.
    quiet, as_json : bool
        How to speak.
    """
    scenario, territory, screen = _open(path, overrides, quiet, as_json)
    show_backtest(scenario, territory, windows, screen)


def project_places(
    path: Path | None,
    places: list[str],
    out: Path | None,
    engine: str,
    overrides: Mapping[str, Any],
    *,
    quiet: bool,
    as_json: bool,
) -> None:
    """Project and show the nation, or some places, or write every table.

    Parameters
    ----------
    path : Path or None
        Scenario file.
    places : list of str
        Codes or names of municipalities to show; the nation if empty.
    out : Path or None
        Folder to write the tables to.
    engine : str
        Where futures are simulated.
    overrides : mapping
        What the command line lays over the scenario.
    quiet, as_json : bool
        How to speak.

    Raises
    ------
    BadInputError
        If there is no such place, or `out` is no folder.
    """
    early = Screen(str(overrides.get("language", "ko")), quiet=quiet, as_json=as_json)
    with early.progress(_STEPS) as tell, open_engine(engine) as running:
        tell("territory", 0.0)
        scenario, territory, screen = _open(path, overrides, quiet, as_json)
        shown = _codes(territory, places)
        if out is not None and out.exists() and not out.is_dir():
            raise BadInputError([Fault("exists", "output", column="--out", value=str(out))])
        found = run_projection(
            territory,
            scenario,
            engine=running,
            progress=lambda share: tell("projection", share),
        )
    lang = screen.lang
    if shown:
        for code in shown:
            if code in found.places.index:
                screen.out.print(_place_table(found, territory, code, lang))
    else:
        for table in _nation_tables(found, scenario, territory, lang):
            screen.out.print(table)
        for line in _first_lines(found, scenario, lang):
            screen.out.print(Text(line))
    for line in _tipping_lines(found, scenario, territory, shown, lang):
        screen.out.print(Text(line))
    screen.out.print(Text(say("projection.show.basis", lang), style="bold"))
    for note in found.notes:
        screen.out.print(Padding(Text(f"· {note[lang]}"), (0, 0, 0, 1)))
    if out is not None:
        _write(found, out)
        screen.out.print(Text(say("projection.show.written", lang, out=out)))
    screen.document(_document(found, shown))


def _codes(territory: Territory, places: list[str]) -> list[str]:
    known = {str(code): str(code) for code in territory.municipalities.index}
    for lang in ("ko", "en"):
        known |= {str(name): str(code) for code, name in territory.names(lang).items()}
    faults = [
        Fault("projection_place", "scenario", column="--place", value=place)
        for place in places
        if place not in known
    ]
    if faults:
        raise BadInputError(faults)
    return [known[place] for place in places]


def _years(found: Projection) -> list[int]:
    """The base, the next five years, then every fifth."""
    last = found.base_year + found.horizon
    near = range(found.base_year, min(found.base_year + 5, last) + 1)
    far = range(found.base_year + 10, last + 1, 5)
    return sorted({*near, *far, last})


def _nation_tables(
    found: Projection, scenario: Scenario, territory: Territory, lang: str
) -> Iterator[Table]:
    classes = sorted(scenario.diagnosis.classes, key=lambda item: -item.at_least)
    title = say(
        "projection.show.nation",
        lang,
        title=territory.metadata.title.get(lang, ""),
        strength=say(f"projection.strength.{found.strength}", lang),
    )
    heads = ("year", "population", "interval", "births", "deaths")
    people = plain_table(title, [(say(f"projection.show.{key}", lang), True) for key in heads])
    below = say("projection.show.births_below", lang, threshold=scenario.diagnosis.births_threshold)
    counts = plain_table(
        say("projection.show.counts", lang),
        [
            (say("projection.show.year", lang), True),
            *((class_label(item.key, lang), True) for item in classes),
            (below, True),
        ],
    )
    for year in _years(found):
        row = found.nation.loc[year]
        people.add_row(
            Text(str(year)),
            Text(number_text(row["population"], ",.0f")),
            Text(_interval(row["population_low"], row["population_high"], ",.0f")),
            Text(number_text(row["births"], ",.0f")),
            Text(number_text(row["deaths"], ",.0f")),
        )
        keys = (*(item.key for item in classes), "births_below_threshold")
        counts.add_row(Text(str(year)), *(Text(number_text(row[key], ",.0f")) for key in keys))
    yield people
    yield counts


def _interval(low: Any, high: Any, form: str) -> str:
    if pd.isna(low) or pd.isna(high):
        return number_text(None, form)
    return f"{low:{form}}–{high:{form}}"


def _place_table(found: Projection, territory: Territory, code: str, lang: str) -> Table:
    heads = ("year", "population", "interval", "off", "births", "deaths", "net_migration")
    table = plain_table(
        say(
            "projection.show.place", lang, name=territory.names(lang).loc[code],
            strength=say(f"projection.strength.{found.strength}", lang),
        ),
        [
            *((say(f"projection.show.{key}", lang), True) for key in heads),
            (say("projection.show.index", lang), True),
            (say("projection.show.class", lang), False),
        ],
    )  # fmt: skip
    rows = found.places.loc[code]
    for year in _years(found):
        row = rows.loc[year]
        key = row["extinction_class"]
        table.add_row(
            Text(str(year)),
            Text(number_text(row["population"], ",.0f")),
            Text(_interval(row["population_low"], row["population_high"], ",.0f")),
            Text(number_text(row["population_off"], ",.0f")),
            Text(number_text(row["births"], ",.0f")),
            Text(number_text(row["deaths"], ",.0f")),
            Text(number_text(row["net_migration"], "+,.0f")),
            Text(number_text(row["extinction_index"], ".2f")),
            Text("" if pd.isna(key) else class_label(str(key), lang)),
        )
    return table


def _first_lines(found: Projection, scenario: Scenario, lang: str) -> Iterator[str]:
    last = found.base_year + found.horizon
    for name in ("births", "index"):
        likely = found.first_years[f"{name}_share"] >= 0.5
        yield say(
            f"projection.show.first_{name}",
            lang,
            count=int(likely.sum()),
            year=last,
            threshold=scenario.diagnosis.births_threshold,
        )


def _tipping_lines(
    found: Projection, scenario: Scenario, territory: Territory, shown: list[str], lang: str
) -> Iterator[str]:
    if found.tipping is None:
        return
    growth = scenario.projection.feedback.return_pct
    last = found.base_year + found.horizon
    counts = {key: int(found.tipping[f"tips_{key}"].sum()) for key in ("low", "mid", "high")}
    yield say("projection.show.tipping", lang, growth=growth, year=last, **counts)
    for code in shown:
        if code not in found.tipping.index:
            continue
        row = found.tipping.loc[code]
        points = {key: number_text(row[f"tipping_{key}"], ",.0f") for key in counts}
        yield say(
            "projection.show.tipping_place",
            lang,
            name=territory.names(lang).loc[code],
            strength=number_text(row["tipping_strength"], ".1%"),
            **points,
        )


def _write(found: Projection, out: Path) -> None:
    from gangso.report.tables import spreadsheet

    tables = {"places": found.places, "nation": found.nation, "first_years": found.first_years}
    tables["ages"] = found.ages.set_index(["municipality", "year", "sex", "age"])
    if found.tipping is not None:
        tables["tipping"] = found.tipping
    with whole_folder(out) as folder:
        for name, table in tables.items():
            (folder / f"projection_{name}.csv").write_bytes(spreadsheet(table.reset_index()))


def _document(found: Projection, shown: list[str]) -> dict[str, Any]:
    def records(table: pd.DataFrame) -> list[dict[str, Any]]:
        return [
            {str(key): None if pd.isna(value) else value for key, value in row.items()}
            for row in table.to_dict("records")
        ]

    codes = found.places.index.get_level_values("municipality")
    places = found.places[codes.isin(shown)] if shown else found.places
    first = found.first_years
    first = first[first.index.isin(shown)] if shown else first
    return {
        "base_year": found.base_year,
        "horizon": found.horizon,
        "draws": found.draws,
        "feedback": found.strength,
        "nation": records(found.nation.reset_index()),
        "places": records(places.reset_index()),
        "first_years": records(first.reset_index()),
        "tipping": None if found.tipping is None else records(found.tipping.reset_index()),
        "notes": [dict(note) for note in found.notes],
    }
