"""Write the folder of a plan: made aside, and moved into place when it is whole."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from gangso.errors import BadInputError, Fault
from gangso.report.blocks import Page
from gangso.report.chapters import CHAPTERS
from gangso.report.charter import write_charters
from gangso.report.content import brief
from gangso.report.geopackage import write_geopackage
from gangso.report.plan import PlanLike
from gangso.report.render import render_html, render_pdf
from gangso.report.sheet import png_bytes, svg_bytes
from gangso.report.tables import plan_tables, write_table

__all__ = ["write_plan"]

_PAGE_IN = 6.85  # between the margins of A4
_PHONE_IN = 3.7


def write_plan(
    plan: PlanLike, out: Path, lang: str = "ko", progress: Callable[[float], None] | None = None
) -> None:
    """Write brief, GeoPackage, tables, certificate and scenario of a plan.

    Everything is made in a temporary folder beside `out`, which takes its place only when
    it is whole; an earlier plan there is replaced. After an error or an interrupt nothing
    of the attempt is left.

    Parameters
    ----------
    plan : PlanLike
        The plan.
    out : Path
        Folder to write.
    lang : {"ko", "en"}
        Language of the brief.
    progress : callable, optional
        Told the share of the work that is done.

    Raises
    ------
    BadInputError
        If `out` is there and holds anything but an earlier plan.
    """

    def tell(share: float) -> None:
        if progress is not None:
            progress(share)

    out = out.absolute()
    _refuse_foreign(out)
    made_folders = [folder for folder in out.parents if not folder.exists()]
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        fresh = aside / "new"
        (fresh / "tables").mkdir(parents=True)
        for name, table in plan_tables(plan).items():
            write_table(table, fresh / "tables", name)
        (fresh / "scenario.yaml").write_text(_scenario(plan, out), encoding="utf-8")
        certificate = json.dumps(plan.partition.certificate, sort_keys=True, separators=(",", ":"))
        (fresh / "certificate.json").write_text(certificate + "\n", encoding="utf-8")
        tell(0.1)
        write_geopackage(plan, fresh / "plan.gpkg")
        tell(0.25)
        page = Page(plan, lang)
        figures = _figures(page, _PAGE_IN)
        tell(0.5)
        small = _figures(page, _PHONE_IN)
        tell(0.7)
        content = brief(page)
        pngs = {name: png_bytes(figure, 200) for name, figure in figures.items()}
        pngs |= {f"{name}_small": png_bytes(figure, 240) for name, figure in small.items()}
        (fresh / "brief.html").write_text(render_html(content, pngs), encoding="utf-8")
        tell(0.85)
        svgs = {name: svg_bytes(figure) for name, figure in figures.items()}
        (fresh / "brief.pdf").write_bytes(render_pdf(content, svgs))
        if len(plan.partition.alliances):
            write_charters(page, fresh / "charters")
        tell(1.0)
        _swap(fresh, out, aside / "old")
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        if not out.exists():
            for folder in made_folders:  # the innermost first
                folder.rmdir()


def _figures(page: Page, width_in: float) -> dict[str, Figure]:
    drawn: dict[str, Figure] = {}
    for chapter in CHAPTERS:
        drawn |= chapter.figures(page, width_in)
    return drawn


def _refuse_foreign(out: Path) -> None:
    """Refuse to replace anything but an empty folder or an earlier plan."""
    if not out.exists():
        return
    entries = {entry.name for entry in out.iterdir()} if out.is_dir() else {out.name}
    marked = {"scenario.yaml", "certificate.json"} <= entries
    if not out.is_dir() or (entries and not marked):
        raise BadInputError([Fault("out_taken", "output", column="--out", value=str(out))])


def _swap(fresh: Path, out: Path, old: Path) -> None:
    """Put the new folder in the place of the old one, or leave the old one there."""
    if not out.exists():
        fresh.rename(out)
        return
    out.rename(old)
    try:
        fresh.rename(out)
    except BaseException:
        old.rename(out)
        raise


def _scenario(plan: PlanLike, out: Path) -> str:
    """Write the resolved scenario, headed by what it was computed with."""
    scenario = plan.scenario
    package = Path(scenario.territory)
    if package.exists():
        # Scenario files name packages relative to themselves.
        named = os.path.relpath(package.absolute(), out)
        scenario = scenario.model_copy(update={"territory": Path(named).as_posix()})
    if scenario.answers.groupings:
        listed = tuple(
            Path(os.path.relpath(Path(name).absolute(), out)).as_posix()
            if Path(name).is_file()
            else name
            for name in scenario.answers.groupings
        )
        answers = scenario.answers.model_copy(update={"groupings": listed})
        scenario = scenario.model_copy(update={"answers": answers})
    lines = [
        "# The scenario of this plan, with every default filled in: gangso plan scenario.yaml",
        f"# data fingerprint: {plan.territory.fingerprint}",
        *(f"# {name}: {version}" for name, version in plan.versions.items()),
    ]
    return "\n".join(lines) + "\n" + scenario.to_yaml()
