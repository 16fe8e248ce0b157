"""The commands. Each one loads what it needs only when it runs, so that help is immediate."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from gangso.cli.screen import Screen, guarded, help_language
from gangso.texts import say

__all__ = ["app"]


def _help(key: str) -> str:
    return say(f"help.{key}", help_language())


class Lang(StrEnum):
    """Languages of the output."""

    ko = "ko"
    en = "en"


LangOption = Annotated[
    Lang | None, typer.Option("--lang", help=_help("lang"), envvar="GANGSO_LANG")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help=_help("quiet"))]
JsonOption = Annotated[bool, typer.Option("--json", help=_help("json"))]
SeedOption = Annotated[int | None, typer.Option("--seed", min=0, help=_help("seed"))]
EngineOption = Annotated[str, typer.Option("--engine", help=_help("engine"))]
ScenarioArgument = Annotated[
    Path | None, typer.Argument(metavar="[SCENARIO]", help=_help("scenario"))
]

_DATA = Path(typer.get_app_dir("gangso")) / "workbench"

app = typer.Typer(
    help=_help("gangso"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(version("gangso"))
        raise typer.Exit


@app.callback()
def _gangso(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help=_help("version"))
    ] = False,
) -> None:
    """Hold the options of the program itself."""


def _overrides(lang: Lang | None, seed: int | None = None) -> dict[str, Any]:
    """What the command line lays over the scenario."""
    given = {"language": lang.value if lang else None, "seed": seed}
    return {key: value for key, value in given.items() if value is not None}


@app.command(help=_help("plan"))
@guarded
def plan(
    scenario: ScenarioArgument = None,
    out: Annotated[Path, typer.Option("--out", "-o", help=_help("plan.out"))] = Path("plan"),
    engine: EngineOption = "serial",
    lang: LangOption = None,
    seed: SeedOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make a plan and write its folder."""
    from gangso.cli import work

    work.make_plan(scenario, out, engine, _overrides(lang, seed), quiet=quiet, as_json=as_json)


@app.command(help=_help("ally"))
@guarded
def ally(
    scenario: ScenarioArgument = None,
    why: Annotated[list[str] | None, typer.Option("--why", "-w", help=_help("ally.why"))] = None,
    draws: Annotated[int, typer.Option("--draws", min=0, help=_help("ally.draws"))] = 0,
    alternatives: Annotated[
        int, typer.Option("--alternatives", min=0, max=20, help=_help("ally.alternatives"))
    ] = 0,
    loss: Annotated[
        float | None, typer.Option("--loss", min=0, max=100, help=_help("ally.loss"))
    ] = None,
    engine: EngineOption = "serial",
    lang: LangOption = None,
    seed: SeedOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find the alliances only, and answer questions about them."""
    from gangso.cli import work
    from gangso.cli.answers import Asked

    asked = Asked(why or (), draws, alternatives, loss)
    work.ally(scenario, engine, _overrides(lang, seed), asked, quiet=quiet, as_json=as_json)


@app.command(help=_help("compare"))
@guarded
def compare(
    plan: Annotated[
        Path | None, typer.Argument(metavar="[PLAN|SCENARIO]", help=_help("compare.plan"))
    ] = None,
    grouping: Annotated[
        list[str] | None, typer.Option("--grouping", "-g", help=_help("compare.grouping"))
    ] = None,
    lang: LangOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Score existing groupings beside the plan."""
    from gangso.cli import answers

    answers.compare(plan, grouping or (), _overrides(lang), quiet=quiet, as_json=as_json)


@app.command(name="compact", help=_help("compact"))
@guarded
def compact_command(
    scenario: ScenarioArgument = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help=_help("compact.out"))] = None,
    lang: LangOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Draft who does what, who decides and who pays."""
    from gangso.cli import compact

    compact.compact(scenario, out, _overrides(lang), quiet=quiet, as_json=as_json)


@app.command(help=_help("bases"))
@guarded
def bases(
    scenario: ScenarioArgument = None,
    lang: LangOption = None,
    seed: SeedOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Site the shared bases only."""
    from gangso.cli.bases import site

    site(scenario, _overrides(lang, seed), quiet=quiet, as_json=as_json)


@app.command(help=_help("diagnose"))
@guarded
def diagnose(
    package: Annotated[Path | None, typer.Option("--package", "-p", help=_help("package"))] = None,
    threshold: Annotated[
        float | None, typer.Option("--threshold", help=_help("diagnose.threshold"))
    ] = None,
    item: Annotated[str | None, typer.Option("--item", help=_help("diagnose.item"))] = None,
    year: Annotated[int | None, typer.Option("--year", help=_help("diagnose.year"))] = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the diagnosis."""
    from gangso.cli import work

    ledger: dict[str, Any] = {}
    if threshold is not None:
        ledger["threshold"] = threshold
    if item is not None or year is not None:
        # Asked for one of the two, the scenario's own pair would no longer fit together.
        ledger |= {"item": item, "year": year}
    work.diagnose(package, ledger, _overrides(lang), as_json=as_json)


class Feedback(StrEnum):
    """Strength of the vicious cycle."""

    off = "off"
    low = "low"
    mid = "mid"
    high = "high"


@app.command(help=_help("project"))
@guarded
def project(
    scenario: ScenarioArgument = None,
    horizon: Annotated[
        int | None, typer.Option("--horizon", min=1, max=100, help=_help("project.horizon"))
    ] = None,
    draws: Annotated[
        int | None, typer.Option("--draws", min=0, max=5000, help=_help("project.draws"))
    ] = None,
    feedback: Annotated[
        Feedback | None, typer.Option("--feedback", help=_help("project.feedback"))
    ] = None,
    migration: Annotated[
        str | None, typer.Option("--migration", help=_help("project.migration"))
    ] = None,
    place: Annotated[list[str] | None, typer.Option("--place", help=_help("project.place"))] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help=_help("project.out"))] = None,
    engine: EngineOption = "serial",
    backtest: Annotated[bool, typer.Option("--backtest", help=_help("project.backtest"))] = False,
    window: Annotated[
        list[str] | None, typer.Option("--window", help=_help("project.window"))
    ] = None,
    lang: LangOption = None,
    seed: SeedOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Project the population, or test how well that would have worked."""
    from gangso.cli import projecting

    given = {
        "horizon": horizon,
        "draws": draws,
        "migration": migration,
        "feedback": {"strength": feedback.value} if feedback else None,
    }
    overrides = _overrides(lang, seed)
    chosen = {key: value for key, value in given.items() if value is not None}
    if chosen:
        overrides["projection"] = chosen
    if backtest or window:
        projecting.test(scenario, window or [], overrides, quiet=quiet, as_json=as_json)
        return
    projecting.project_places(
        scenario, place or [], out, engine, overrides, quiet=quiet, as_json=as_json
    )


@app.command(help=_help("grid"))
@guarded
def grid(
    cells: Annotated[Path, typer.Argument(metavar="CELLS", help=_help("grid.cells"))],
    scenario: ScenarioArgument = None,
    service: Annotated[
        list[str] | None, typer.Option("--service", "-s", help=_help("grid.service"))
    ] = None,
    catchment: Annotated[
        str | None, typer.Option("--catchment", "-c", help=_help("grid.catchment"))
    ] = None,
    minutes: Annotated[
        float, typer.Option("--minutes", min=0.0, help=_help("grid.minutes"))
    ] = 30.0,
    out: Annotated[Path, typer.Option("--out", "-o", help=_help("grid.out"))] = Path("grid"),
    tile: Annotated[float, typer.Option("--tile", min=0.1, help=_help("grid.tile"))] = 25.0,
    engine: EngineOption = "serial",
    lang: LangOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Measure nearest facility and shared capacity on a fine population grid."""
    from gangso.cli import gridding

    gridding.measure_grid(
        cells, scenario, service or [], catchment, minutes, out, tile, engine, _overrides(lang),
        quiet=quiet, as_json=as_json,
    )  # fmt: skip


@app.command(help=_help("services"))
@guarded
def services(
    scenario: ScenarioArgument = None,
    lang: LangOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Measure who cannot reach which service."""
    from gangso.cli.services import show_services

    show_services(scenario, _overrides(lang), quiet=quiet, as_json=as_json)


@app.command(help=_help("evaluate"))
@guarded
def evaluate(
    scenario: ScenarioArgument = None,
    study: Annotated[
        list[str] | None, typer.Option("--study", "-s", help=_help("evaluate.study"))
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help=_help("evaluate.fast"))] = False,
    lang: LangOption = None,
    seed: SeedOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Test whether past policy reached the neighbours."""
    from gangso.cli.evaluating import show_evaluation

    show_evaluation(
        scenario, study or (), _overrides(lang, seed), fast=fast, quiet=quiet, as_json=as_json
    )


@app.command(help=_help("roads"))
@guarded
def roads(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_help("roads.file"))],
    into: Annotated[Path, typer.Option("--into", help=_help("roads.into"))],
    layer: Annotated[str | None, typer.Option("--layer", help=_help("roads.layer"))] = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add roads to a package."""
    from gangso.cli import work

    screen = Screen(lang.value if lang else help_language(), as_json=as_json)
    work.add_roads(file, into, layer, screen)


@app.command(help=_help("check"))
@guarded
def check(
    package: Annotated[Path, typer.Argument(metavar="PATH", help=_help("package"))],
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a package and report all its faults."""
    from gangso.cli import work

    work.check(package, Screen(lang.value if lang else help_language(), as_json=as_json))


@app.command(help=_help("verify"))
@guarded
def verify(
    folder: Annotated[Path, typer.Argument(metavar="PLAN", help=_help("verify.plan"))],
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a plan's proof without a solver."""
    from gangso.cli import work

    work.verify(folder, Screen(lang.value if lang else help_language(), as_json=as_json))


@app.command(name="monitor", help=_help("monitor"))
@guarded
def monitor_command(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help=_help("monitor.plan"))],
    package: Annotated[str, typer.Argument(metavar="TERRITORY", help=_help("monitor.package"))],
    crosswalk: Annotated[
        Path | None, typer.Option("--crosswalk", "-c", help=_help("monitor.crosswalk"))
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help=_help("monitor.out"))] = None,
    lang: LangOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Hold a plan against newer data."""
    from gangso.cli.monitor import watch

    spoken = lang.value if lang else None
    watch(plan, package, out, spoken, crosswalk=crosswalk, quiet=quiet, as_json=as_json)


class Form(StrEnum):
    """Formats of the tables of a package."""

    parquet = "parquet"
    csv = "csv"


@app.command(help=_help("new"))
@guarded
def new(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help=_help("new.files"))
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", "-m", help=_help("new.mapping"))
    ] = None,
    preset: Annotated[str | None, typer.Option("--preset", help=_help("new.preset"))] = None,
    ask: Annotated[bool | None, typer.Option("--ask/--no-ask", help=_help("new.ask"))] = None,
    drop: Annotated[bool, typer.Option("--drop-incomplete", help=_help("new.drop"))] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help=_help("new.out"))] = None,
    form: Annotated[Form, typer.Option("--format", help=_help("new.format"))] = Form.parquet,
    overwrite: Annotated[bool, typer.Option("--overwrite", help=_help("new.overwrite"))] = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a territory package, or propose the mapping for one."""
    if (mapping is None) == (not files):
        raise typer.BadParameter(_help("new.either"))
    from gangso.cli import new as work

    screen = Screen(lang.value if lang else help_language(), as_json=as_json)
    if mapping is None:
        asked = sys.stdin.isatty() and not as_json if ask is None else ask
        proposed = out or Path("mapping.yaml")
        work.propose(files or [], proposed, preset, screen, ask=asked, drop_incomplete=drop)
    else:
        made = out or Path("territory")
        work.make(mapping, made, screen, form=form.value, overwrite=overwrite, drop_incomplete=drop)


@app.command(help=_help("serve"))
@guarded
def serve(
    host: Annotated[str, typer.Option("--host", help=_help("serve.host"))] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", "-p", min=1, max=65535, help=_help("serve.port"))
    ] = 8080,
    data: Annotated[
        Path, typer.Option("--data", envvar="GANGSO_DATA", help=_help("serve.data"))
    ] = _DATA,
    database: Annotated[
        str | None,
        typer.Option("--database", envvar="GANGSO_DATABASE", help=_help("serve.database")),
    ] = None,
    token: Annotated[
        str | None, typer.Option("--token", envvar="GANGSO_TOKEN", help=_help("serve.token"))
    ] = None,
    lang: LangOption = None,
) -> None:
    """Open the workbench."""
    from gangso.cli.serve import serve as run

    run(host, port, data, database, token, Screen(lang.value if lang else help_language()))
