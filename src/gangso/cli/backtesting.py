"""What `gangso project --backtest` does and shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from rich.table import Table
from rich.text import Text

from gangso.cli.screen import Screen
from gangso.cli.tables import number_text, plain_table
from gangso.errors import BadInputError, Fault
from gangso.projection import Backtest, backtest, cohorts_of, notes_of
from gangso.projection.backtest import RULES, Window
from gangso.projection.cohorts import Cohorts
from gangso.scenario import Scenario
from gangso.territory.model import Territory
from gangso.texts import say

__all__ = ["show_backtest"]

_MEASURES = ("mape", "median_ape", "bias", "age_wape", "class_right")


def show_backtest(
    scenario: Scenario, territory: Territory, windows: list[str], screen: Screen
) -> None:
    """Print how far off the projection would have been.

    Parameters
    ----------
    scenario : Scenario
        Shrinkage, classes, draws and seed.
    territory : Territory
        The data.
    windows : list of str
        ``base-target``; the longest windows to the last year if empty.
    screen : Screen
        Where to speak.
    """
    cohorts = cohorts_of(territory, scenario.diagnosis)
    found = backtest(
        cohorts,
        _windows(cohorts, windows),
        scenario.projection.rates,
        scenario.diagnosis,
        draws=max(scenario.projection.draws, 1),
        seed=scenario.seed,
    )
    for table in _tables(found, screen.lang):
        screen.out.print(table)
    screen.out.print(_coverage_table(found, screen.lang))
    for line in _lines(found, screen.lang):
        screen.out.print(Text(line))
    for note in notes_of(cohorts, territory):
        screen.out.print(Text(note[screen.lang]))
    screen.document(
        {
            "errors": _records(found.errors),
            "coverage": _records(found.coverage),
            "by_age": _records(found.by_age),
            "chosen": _records(found.chosen),
        }
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(key): None if pd.isna(value) else value for key, value in row.items()}
        for row in table.to_dict("records")
    ]


def _windows(cohorts: Cohorts, asked: list[str]) -> list[Window]:
    years = cohorts.known_years
    if not asked:
        last = years[-1]
        # Five years ahead where the data allow, then every shorter horizon to the last year.
        return [Window(base, last) for base in years[1:-1] if last - base <= 5]
    windows, faults = [], []
    for text in asked:
        base, _, target = text.partition("-")
        if base.isdecimal() and target.isdecimal():
            window = Window(int(base), int(target))
            if window.base in years[1:] and window.target in years and window.horizon > 0:
                windows.append(window)
                continue
        known = {"known": ", ".join(map(str, years))}
        faults.append(
            Fault("projection_window", "scenario", column="--window", value=text, details=known)
        )
    if faults:
        raise BadInputError(faults)
    return windows


def _size_name(key: str, lang: str) -> str:
    if key == "all":
        return say("projection.backtest.size_all", lang)
    if key.startswith("under_"):
        return say("projection.backtest.size_under", lang, high=float(key[6:]))
    low, _, high = key.partition("_")
    if high == "and_more":
        return say("projection.backtest.size_over", lang, low=float(low))
    return say("projection.backtest.size_between", lang, low=float(low), high=float(high))


def _tables(found: Backtest, lang: str) -> Iterator[Table]:
    pairs = found.errors[["base", "target"]].drop_duplicates().to_numpy(dtype=int)
    for base, target in pairs.tolist():
        here = (found.errors["base"] == base) & (found.errors["target"] == target)
        errors = found.errors[here]
        years = {"base": base, "target": target}
        head = [("size", False), ("rule", False), ("municipalities", True)]
        head += [(key, True) for key in _MEASURES]
        table = plain_table(
            say("projection.backtest.title", lang, years=target - base, **years),
            [(say(f"projection.backtest.{key}", lang), numeric) for key, numeric in head],
        )
        for size, rows in errors.groupby("size", sort=False):
            for place, row in enumerate(rows.to_dict("records")):
                table.add_row(
                    Text(_size_name(str(size), lang) if place == 0 else ""),
                    Text(say(f"projection.rule.{row['rule']}", lang)),
                    Text(f"{row['municipalities']:,}"),
                    *(Text(number_text(row[key], ".2f")) for key in _MEASURES),
                    end_section=place == len(rows) - 1,
                )
        yield table
        yield _age_table(found, base, target, lang)


def _age_table(found: Backtest, base: int, target: int, lang: str) -> Table:
    rules = ("model", RULES[-1])
    names = [say(f"projection.rule.{rule}", lang) for rule in rules]
    table = plain_table(
        say("projection.backtest.by_age", lang, base=base, target=target),
        [
            (say("projection.backtest.age", lang), True),
            *((name, True) for name in names),
            *((say("projection.backtest.small", lang, rule=name), True) for name in names),
        ],
    )
    rows = found.by_age[(found.by_age["base"] == base) & (found.by_age["target"] == target)]
    wide = rows.pivot_table(index="age", columns="rule", values=["wape", "wape_small"])
    for age, row in wide.iterrows():
        cells = [row[key, rule] for key in ("wape", "wape_small") for rule in rules]
        table.add_row(Text(f"{age}"), *(Text(number_text(cell, ".2f")) for cell in cells))
    return table


def _coverage_table(found: Backtest, lang: str) -> Table:
    keys = ("population", "population_small", "index", "width_pct")
    table = plain_table(
        say("projection.backtest.coverage", lang),
        [
            (say("projection.backtest.window", lang), False),
            *((say(f"projection.backtest.coverage_{key}", lang), True) for key in keys),
        ],
    )
    for row in found.coverage.to_dict("records"):
        cells = [number_text(row[key], ".1f") for key in keys]
        table.add_row(Text(f"{row['base']}→{row['target']}"), *(Text(cell) for cell in cells))
    return table


def _lines(found: Backtest, lang: str) -> Iterator[str]:
    yield say("projection.backtest.units", lang)
    yield say("projection.backtest.rule_text", lang)
    for row in found.chosen.to_dict("records"):
        key = "chosen" if row["windows"] else "defaults"
        values = {
            "base": row["base"],
            "memory": row["level_memory"],
            "damping": row["level_damping"],
            "trend": row["fertility_trend"],
        }
        if row["windows"]:
            values |= {"windows": row["windows"], "until": row["until"]}
        yield say(f"projection.backtest.{key}", lang, **values)
