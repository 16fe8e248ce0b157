"""``gangso monitor``: a plan against a newer vintage of the data."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
from rich.padding import Padding
from rich.text import Text

from gangso.cli import documents
from gangso.cli.screen import Screen
from gangso.diagnosis import class_label, diagnose
from gangso.errors import BadInputError, Fault
from gangso.monitor import Monitoring, Record, carry_over, monitor
from gangso.opening import open_territory
from gangso.planning import find_alliances
from gangso.report.tables import write_table
from gangso.scenario import Scenario, resolve
from gangso.services import measure
from gangso.territory import Territory
from gangso.territory.intake import open_crosswalk
from gangso.territory.travel import travel_network

__all__ = ["watch"]

_SECONDS = {"territory": 1.0, "diagnosis": 0.5, "travel": 1.0, "services": 2.5, "alliances": 3.0}
_TABLES = ("indicators", "projection", "service_nation", "service_sustain",
           "service_sustain_alliances")  # fmt: skip
_KEYS = {
    "indicators": ["municipality", "year"],
    "projection": ["municipality", "year"],
    "service_sustain_alliances": ["alliance"],
}
# Lines of a kind on screen; the tables have all.
_MOST = 15


def watch(
    folder: Path,
    package: str,
    out: Path | None,
    lang: str | None,
    *,
    crosswalk: Path | None = None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Hold a plan against newer data, show what came of it, and write the tables if asked.

    Parameters
    ----------
    folder : Path
        Folder of the plan.
    package : str
        Package of the newer data, or ``korea``.
    out : Path or None
        New folder for the report and its tables.
    lang : str or None
        Language; the plan's by default.
    crosswalk : Path or None
        Table of units that merged, split or were renamed since.
    quiet, as_json : bool
        How to speak.

    Raises
    ------
    BadInputError
        If `folder` is no plan or one of another territory or version, the package or the
        crosswalk has faults, or `out` exists.
    """
    saved = documents.read_saved_scenario(folder)
    alliances, membership = documents.read_tables(folder)
    record = Record(alliances, membership, _tables(folder))
    if out is not None and out.exists():
        raise BadInputError([Fault("exists", "output", column="--out", value=str(out))])
    walk = None if crosswalk is None else open_crosswalk(crosswalk)
    # The newer data has a latest year of its own; the plan's package is not asked again.
    now = {"territory": package, "year": None, **_language(lang)}
    screen = Screen(resolve(saved, now).language, quiet=quiet, as_json=as_json)
    with screen.progress(_SECONDS) as tell:
        tell("territory", 0.0)
        territory = open_territory(package)
        carried = carry_over(record, saved, territory.municipalities.index, walk)
        record, scenario = carried.record, resolve(carried.scenario, now)
        tell("diagnosis", 0.0)
        diagnosis = diagnose(territory, scenario.diagnosis, None)
        tell("travel", 0.0)
        network = travel_network(territory, scenario.travel, None)
        tell("services", 0.0)
        services = measure(territory, network, scenario.services, None)
        tell("alliances", 0.0)
        best = find_alliances(scenario, territory, network)
        found = monitor(record, territory, scenario, best, diagnosis, services)
        found = replace(found, notes=(*carried.notes, *found.notes))
    lines = list(_lines(found, record, territory, scenario, screen))
    for heading, texts in lines:
        screen.out.print(Text(heading, style="bold"))
        for text in texts:
            screen.out.print(Padding(Text(f"· {text}"), (0, 0, 0, 1)))
    if out is not None:
        _write(found, lines, out, screen)
        screen.out.print(Text(screen.say("monitor.written", out=out)))
    tables = {name: documents.records(table) for name, table in _named(found).items()}
    screen.document(
        {
            "best": found.best,
            "cost_plan": None if pd.isna(found.cost_plan) else found.cost_plan,
            "cost_best": found.cost_best,
            "gone": list(found.gone),
            "added": list(found.added),
            "notes": list(found.notes),
            **tables,
        }
    )


def _language(lang: str | None) -> dict[str, str]:
    return {} if lang is None else {"language": lang}


def _tables(folder: Path) -> dict[str, pd.DataFrame]:
    tables = {}
    for name in _TABLES:
        path = folder / "tables" / f"{name}.parquet"
        if not path.is_file():
            continue
        try:
            table = pd.read_parquet(path)
        except (OSError, ValueError) as error:
            details = {"message": str(error)}
            raise BadInputError(
                [Fault("plan_unreadable", "plan", value=str(path), details=details)]
            ) from error
        key = _KEYS.get(name)
        if key is not None and list(table.index.names) != key and set(key) <= set(table.columns):
            table = table.set_index(key)
        tables[name] = table
    return tables


def _named(found: Monitoring) -> dict[str, pd.DataFrame]:
    return {
        "alliances": found.alliances.reset_index(),
        "criteria": found.criteria,
        "crossings": found.crossings,
        "projected": found.projected,
        "projected_nation": found.projected_nation.reset_index(),
        "services": found.services,
        "moves": found.moves,
    }


def _write(
    found: Monitoring, lines: Iterable[tuple[str, list[str]]], out: Path, screen: Screen
) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as scratch:
        fresh = Path(scratch) / "new"
        (fresh / "tables").mkdir(parents=True)
        for name, table in _named(found).items():
            write_table(table, fresh / "tables", name)
        text = [f"# {screen.say('monitor.title')}"]
        for heading, texts in lines:
            text += ["", f"## {heading}", "", *(f"- {line}" for line in texts)]
        (fresh / "monitor.md").write_text("\n".join(text) + "\n", encoding="utf-8")
        fresh.rename(out)


def _lines(
    found: Monitoring, record: Record, territory: Territory, scenario: Scenario, screen: Screen
) -> Iterator[tuple[str, list[str]]]:
    """The report, section by section."""
    say, lang = screen.say, screen.lang
    names = territory.names(lang)

    def named(codes: object) -> str:
        if not isinstance(codes, str):
            return say("monitor.alone")
        return " · ".join(str(names.get(code, code)) for code in codes.split("|"))

    titles = record.alliances.get(territory.name_column(lang), record.alliances["name"]).to_dict()
    kept = int(found.alliances["in_best"].sum())
    first = [say(f"monitor.best.{found.best}", loss=found.loss, cost=found.cost_plan,
                 best=found.cost_best)]  # fmt: skip
    first.append(say("monitor.kept", kept=kept, count=len(found.alliances)))
    first.append(say("monitor.moves", count=len(found.moves)))
    first += [
        say("monitor.move", name=names.get(row.municipality, row.municipality),
            then=named(row.then), now=named(row.now))
        for row in found.moves.head(_MOST).itertuples()
    ] + _more(len(found.moves), screen)  # fmt: skip
    yield say("monitor.section.best"), first

    broken = found.alliances[~found.alliances["holds"]]
    promises = [say("monitor.holds", count=int(found.alliances["holds"].sum()),
                    all=len(found.alliances))]  # fmt: skip
    promises += [
        say("monitor.broken", alliance=ident, name=titles[ident], why=row[f"breaches_{lang}"])
        for ident, row in broken.head(_MOST).iterrows()
    ] + _more(len(broken), screen)
    lost = found.alliances[found.alliances["services_lost"] != ""]
    promises += [
        say("monitor.lost", alliance=ident, name=titles[ident],
            services=", ".join(scenario.services.thresholds[k].label.get(lang, k)
                               for k in row["services_lost"].split("|")))
        for ident, row in lost.head(_MOST).iterrows()
    ] + _more(len(lost), screen)  # fmt: skip
    yield say("monitor.section.promises"), promises

    crossed = [say("monitor.crossings", count=len(found.crossings))]
    for (what, which), rows in found.crossings.groupby(["what", "which"], sort=False):
        for (then, now), some in rows.groupby(["then", "now"], sort=False):
            shown = ", ".join(str(names.get(c, c)) for c in some["municipality"].head(8))
            if len(some) > 8:
                shown += " …"
            crossed.append(
                say(f"monitor.crossed.{what}", which=_which(str(which), scenario, lang),
                    then=_state(str(then), str(what), lang), now=_state(str(now), str(what), lang),
                    count=len(some), names=shown)
            )  # fmt: skip
    yield say("monitor.section.crossings"), crossed

    if len(found.projected_nation):
        yield say("monitor.section.projected"), [
            say("monitor.projected", year=year, projected=row["projected"], actual=row["actual"],
                error=row["error_pct"], median=row["median_error_pct"], inside=int(row["inside"]),
                count=int(row["municipalities"]))
            for year, row in found.projected_nation.iterrows()
        ]  # fmt: skip
    changed = found.services[(found.services["then"] - found.services["now"]).abs() >= 0.0005]
    if len(changed):
        yield say("monitor.section.services"), [
            say("monitor.service", standard=_standard(str(row.standard), scenario, lang),
                then=row.then, now=row.now)
            for row in changed.head(_MOST).itertuples()
        ] + _more(len(changed), screen)  # fmt: skip
    notes = [note[lang] for note in found.notes]
    if found.gone or found.added:
        notes.append(say("monitor.units", gone=", ".join(found.gone) or "–",
                         added=", ".join(named(code) for code in found.added) or "–"))  # fmt: skip
    if notes:
        yield screen.say("cli.notes"), notes


def _more(count: int, screen: Screen) -> list[str]:
    if count <= _MOST:
        return []
    return [screen.say("monitor.more", count=count - _MOST)]


def _which(key: str, scenario: Scenario, lang: str) -> str:
    threshold = scenario.services.thresholds.get(key)
    return key if threshold is None else threshold.label.get(lang, key)


def _standard(key: str, scenario: Scenario, lang: str) -> str:
    standard = scenario.services.standards.get(key)
    return key if standard is None else standard.label.get(lang, key)


def _state(value: str, what: str, lang: str) -> str:
    from gangso.texts import say

    return class_label(value, lang) if what == "extinction_class" else say(
        f"monitor.state.{value.lower()}", lang
    )  # fmt: skip
