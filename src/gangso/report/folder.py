"""Write the folder of a plan: made aside, and moved into place when it is whole."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from gangso.report.content import brief
from gangso.report.geopackage import write_geopackage
from gangso.report.maps import alliances_map, diagnosis_map
from gangso.report.plan import PlanLike
from gangso.report.render import render_html, render_pdf
from gangso.report.sheet import png_bytes, svg_bytes
from gangso.report.tables import plan_tables, write_table

__all__ = ["write_plan"]


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
    """

    def tell(share: float) -> None:
        if progress is not None:
            progress(share)

    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        fresh = aside / "new"
        (fresh / "tables").mkdir(parents=True)
        for name, table in plan_tables(plan).items():
            write_table(table, fresh / "tables", name)
        (fresh / "scenario.yaml").write_text(_scenario(plan), encoding="utf-8")
        certificate = json.dumps(plan.partition.certificate, sort_keys=True, separators=(",", ":"))
        (fresh / "certificate.json").write_text(certificate + "\n", encoding="utf-8")
        tell(0.1)
        write_geopackage(plan, fresh / "plan.gpkg")
        tell(0.25)
        figures = {"alliances": alliances_map(plan.territory, plan.partition, lang)}
        tell(0.45)
        if plan.diagnosis.year is not None:
            figures["diagnosis"] = diagnosis_map(plan.territory, plan.diagnosis, lang)
        tell(0.65)
        content = brief(plan, lang)
        pngs = {name: png_bytes(figure, 160) for name, figure in figures.items()}
        (fresh / "brief.html").write_text(render_html(content, pngs), encoding="utf-8")
        tell(0.8)
        svgs = {name: svg_bytes(figure) for name, figure in figures.items()}
        (fresh / "brief.pdf").write_bytes(render_pdf(content, svgs))
        tell(1.0)
        _swap(fresh, out, aside / "old")
    finally:
        shutil.rmtree(aside, ignore_errors=True)


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


def _scenario(plan: PlanLike) -> str:
    """Write the resolved scenario, headed by what it was computed with."""
    lines = [
        "# The scenario of this plan, with every default filled in: gangso plan scenario.yaml",
        f"# data fingerprint: {plan.territory.fingerprint}",
        *(f"# {name}: {version}" for name, version in plan.versions.items()),
    ]
    return "\n".join(lines) + "\n" + plan.scenario.to_yaml()
