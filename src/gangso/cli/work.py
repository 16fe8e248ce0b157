"""What each command does: calls the library, shows the result, writes the folder."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import typer
from rich.padding import Padding
from rich.text import Text

from gangso import opening, planning
from gangso.alliances import check_data, check_tables, verify_certificate
from gangso.cli import documents, tables
from gangso.cli.answers import Asked, answers
from gangso.cli.screen import Screen
from gangso.diagnosis import class_label
from gangso.diagnosis import diagnose as run_diagnosis
from gangso.engine import open_engine
from gangso.errors import BadInputError, Fault
from gangso.scenario import Scenario, resolve
from gangso.territory.load import load
from gangso.territory.travel import read_roads, travel_network

__all__ = ["add_roads", "ally", "check", "diagnose", "make_plan", "verify"]

# About how long each step takes, for the share that the bar shows; only their ratio counts.
_SECONDS = {
    "territory": 1.0,
    "diagnosis": 0.5,
    "travel": 1.0,
    "services": 2.5,
    "compact": 5.0,
    "evaluation": 3.0,
    "alliances": 3.0,
    "answers": 6.0,
    "projection": 4.0,
    "bases": 6.0,
    "report": 9.0,
}
_VERIFY = {"verify": 2.0, "territory": 1.0}


def _list(screen: Screen, key: str, lines: Iterable[str]) -> None:
    """Print a heading and its lines, if there are any."""
    lines = tuple(lines)
    if lines:
        screen.out.print(Text(screen.say(key), style="bold"))
        for line in lines:
            screen.out.print(Padding(Text(f"· {line}"), (0, 0, 0, 1)))


def _screen(scenario: Scenario, quiet: bool, as_json: bool) -> Screen:
    return Screen(scenario.language, quiet=quiet, as_json=as_json)


def _early(overrides: Mapping[str, Any], quiet: bool, as_json: bool) -> Screen:
    """A screen for the time before the scenario, which names the language, is read."""
    return Screen(str(overrides.get("language", "ko")), quiet=quiet, as_json=as_json)


def _refuse_foreign(out: Path) -> None:
    """Refuse to write over anything but an empty folder or an earlier plan."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not all((out / name).is_file() for name in ("scenario.yaml", "certificate.json")):
        raise BadInputError([Fault("out_taken", "output", column="--out", value=str(out))])


def make_plan(
    path: Path | None,
    out: Path,
    engine: str,
    overrides: Mapping[str, Any],
    *,
    quiet: bool,
    as_json: bool,
) -> None:
    """Make a plan, write its folder, show its summary.

    Parameters
    ----------
    path : Path or None
        Scenario file.
    out : Path
        Folder to write.
    engine : str
        Where independent work is done.
    overrides : mapping
        What the command line lays over the scenario.
    quiet, as_json : bool
        How to speak.
    """
    _refuse_foreign(out)
    from gangso.report import write_plan  # the maps' libraries load in seconds: refuse first

    start = time.perf_counter()
    early = _early(overrides, quiet, as_json)
    with early.progress(_SECONDS) as tell, open_engine(engine) as running:
        tell("territory", 0.0)
        scenario, territory = opening.open_scenario(path, overrides)
        loaded = time.perf_counter() - start
        made = planning.plan(scenario, territory=territory, progress=tell, engine=running)
        tell("report", 0.0)
        wrote = time.perf_counter()
        write_plan(made, out, scenario.language, progress=lambda share: tell("report", share))
    screen = _screen(scenario, quiet, as_json)
    now = time.perf_counter()
    seconds = {**made.seconds, "territory": loaded, "report": now - wrote, "all": now - start}
    _show_partition(screen, made)
    screen.out.print(Text(screen.say("cli.written", out=out, seconds=seconds["all"])))
    screen.document(documents.of_plan(made, out, seconds))


def _show_partition(screen: Screen, made: planning.Plan) -> None:
    found = made.partition
    name = made.territory.name_column(screen.lang)
    screen.out.print(tables.alliance_table(found.alliances, found.criteria, name, screen.lang))
    names = made.territory.names(screen.lang)
    screen.out.print(tables.unallied_table(found.membership, names, screen.lang))
    _list(screen, "cli.wishes", tables.wish_lines(found.wishes, names, screen.lang))
    _list(screen, "cli.notes", (note[screen.lang] for note in found.notes))
    screen.out.print(Text(made.summary(screen.lang)))


def ally(
    path: Path | None,
    engine: str,
    overrides: Mapping[str, Any],
    asked: Asked,
    *,
    quiet: bool,
    as_json: bool,
) -> None:
    """Find the alliances and show them.

    Parameters
    ----------
    path : Path or None
        Scenario file.
    engine : str
        Where independent work is done.
    overrides : mapping
        What the command line lays over the scenario.
    asked : Asked
        What is asked beyond the alliances.
    quiet, as_json : bool
        How to speak.
    """
    weights = {key: _SECONDS[key] for key in ("territory", "alliances")}
    early = _early(overrides, quiet, as_json)
    with early.progress(weights) as tell, open_engine(engine) as running:
        tell("territory", 0.0)
        scenario, territory = opening.open_scenario(path, overrides)
        tell("alliances", 0.0)
        network = travel_network(territory, scenario.travel, scenario.year)
        found = planning.find_alliances(
            scenario, territory, network, progress=planning.GapProgress(tell), engine=running
        )
    screen = _screen(scenario, quiet, as_json)
    name = territory.name_column(screen.lang)
    screen.out.print(tables.alliance_table(found.alliances, found.criteria, name, screen.lang))
    names = territory.names(screen.lang)
    screen.out.print(tables.unallied_table(found.membership, names, screen.lang))
    _list(screen, "cli.wishes", tables.wish_lines(found.wishes, names, screen.lang))
    _list(screen, "cli.notes", (note[screen.lang] for note in found.notes))
    screen.out.print(Text(found.summary(screen.lang)))
    parts = answers(found, scenario, asked, screen)
    screen.document({**documents.of_partition(found), **parts})


def diagnose(
    package: Path | None, ledger: Mapping[str, Any], overrides: Mapping[str, Any], *, as_json: bool
) -> None:
    """Print the diagnosis with its definitions and sources.

    Parameters
    ----------
    package : Path or None
        Territory package; the embedded Korea if None.
    ledger : mapping
        What the command line says of the ledger.
    overrides : mapping
        What it lays over the scenario otherwise.
    as_json : bool
        Print JSON instead.
    """
    chosen = {} if package is None else {"territory": str(package)}
    if ledger:
        overrides = {**overrides, "diagnosis": {"ledger": ledger}}
    scenario, territory = opening.open_scenario(chosen, overrides)
    screen = _screen(scenario, False, as_json)
    lang = screen.lang
    found = run_diagnosis(territory, scenario.diagnosis, scenario.year)
    classes = sorted(scenario.diagnosis.classes, key=lambda item: -item.at_least)
    labels = [(item.key, class_label(item.key, lang)) for item in classes]
    sources = tuple(
        tables.source_lines(
            territory, ("municipalities", "population", "indicators", "finance"), screen.lang
        )
    )
    screen.out.print(Text(territory.metadata.title.get(lang, ""), style="bold"))
    screen.out.print(tables.ledger_table(found, lang))
    for table in tables.counts_tables(found, lang, labels):
        screen.out.print(table)
    _list(screen, "cli.definitions", (text[lang] for text in found.definitions))
    caveats = (*found.notes, *territory.metadata.notes)
    _list(screen, "cli.notes", (text[lang] for text in caveats))
    _list(screen, "cli.sources", sources)
    screen.document(documents.of_diagnosis(found, sources))


def check(package: Path, screen: Screen) -> None:
    """Check a package; every fault is raised at once.

    Parameters
    ----------
    package : Path
        Folder or zip.
    screen : Screen
        Where to speak.
    """
    territory = load(package)
    count = len(territory.municipalities)
    screen.out.print(Text(screen.say("cli.check.good", path=package, count=count)))
    _list(screen, "cli.missing", (screen.say(f"missing.{name}") for name in territory.missing))
    screen.document(
        {
            "faults": [],
            "municipalities": count,
            "missing": list(territory.missing),
            "fingerprint": territory.fingerprint,
        }
    )


def verify(folder: Path, screen: Screen) -> None:
    """Check a plan's proof; leave with 1 if it does not hold.

    Parameters
    ----------
    folder : Path
        Folder of the plan.
    screen : Screen
        Where to speak.

    Raises
    ------
    BadInputError
        If the folder is no plan.
    """
    certificate = documents.read_certificate(folder)
    scenario = resolve(documents.read_saved_scenario(folder))
    with screen.progress(_VERIFY) as tell:
        tell("verify", 0.0)
        checks = verify_certificate(certificate)
        if all(check.passed for check in checks):  # what is around it rests on a sound certificate
            checks.append(check_tables(certificate, *documents.read_tables(folder)))
            tell("territory", 0.0)
            territory = opening.open_territory(scenario.territory)
            checks.append(check_data(certificate, territory, scenario))
    good = all(check.passed for check in checks)
    screen.out.print(tables.check_table(checks, screen.lang))
    screen.out.print(Text(screen.say("cli.verify.good" if good else "cli.verify.bad")))
    screen.document(
        {
            "holds": good,
            "checks": [
                {"key": check.key, "passed": check.passed, "detail": check.detail}
                for check in checks
            ],
        }
    )
    if not good:
        raise typer.Exit(1)


def add_roads(file: Path, into: Path, layer: str | None, screen: Screen) -> None:
    """Add the roads of a file to a package.

    Parameters
    ----------
    file : Path
        Roads.
    into : Path
        Folder of the package; roads that it has are replaced.
    layer : str or None
        Layer of a GeoPackage.
    screen : Screen
        Where to speak.

    Raises
    ------
    BadInputError
        If `into` is no package, or the file holds no usable roads.
    """
    if not (into / "datapackage.json").is_file():
        raise BadInputError([Fault("package_missing", "package", value=str(into))])
    found = read_roads(file, layer=layer)
    for name, table in (("road_nodes", found.nodes), ("road_links", found.links)):
        (into / f"{name}.csv").unlink(missing_ok=True)
        table.to_parquet(into / f"{name}.parquet", compression="zstd", index=False)
    nodes, links = len(found.nodes), len(found.links)
    screen.out.print(Text(screen.say("cli.roads.made", into=into, nodes=nodes, links=links)))
    screen.document({"package": str(into), "nodes": nodes, "links": links})
