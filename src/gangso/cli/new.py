"""``gangso new``: propose a mapping, ask about it, make the package."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gangso.cli.screen import Screen
from gangso.errors import BadInputError, Fault
from gangso.territory.dictionary import attributes
from gangso.territory.intake import (
    Mapping,
    NewReport,
    Proposal,
    TableMapping,
    make_package,
    propose_mapping,
    read_mapping,
)
from gangso.territory.intake.mapping import Origin
from gangso.territory.intake.pick import stated_crs
from gangso.territory.presets import presets

__all__ = ["make", "propose"]

# Notes of one kind and table beyond this many are counted, not listed.
_MOST_ALIKE = 12


def propose(
    files: Sequence[Path],
    out: Path,
    preset: str | None,
    screen: Screen,
    *,
    ask: bool,
    drop_incomplete: bool = False,
) -> None:
    """Propose a mapping of a planner's files, ask about it if there is somebody, and write it.

    Parameters
    ----------
    files : sequence of Path
        The planner's files.
    out : Path
        Mapping file to write.
    preset : str or None
        Country whose preset to start from.
    screen : Screen
        Where to speak.
    ask : bool
        Whether to go through the proposal with the user.
    drop_incomplete : bool
        Whether the mapping is to leave out rows that lack a value or match nothing.

    Raises
    ------
    BadInputError
        If no table was recognised in any file, `out` exists, or there is no such preset.
    """
    if out.exists():
        raise BadInputError([Fault("exists", "output", column="--out", value=str(out))])
    proposal = propose_mapping([file.resolve() for file in files])
    if not proposal.mapping.tables:
        raise BadInputError(proposal.faults)
    _show(screen, "cli.new.unclear", proposal.faults)
    _show(screen, "cli.new.notes", proposal.notes)
    mapping = _with_preset(proposal.mapping, preset)
    if ask:
        mapping = _asked(proposal, mapping, screen, drop=drop_incomplete)
    elif drop_incomplete:
        mapping = _dropping(mapping)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(mapping.to_yaml(), encoding="utf-8")
    named = ", ".join(mapping.tables)
    doubts = ", ".join(dict.fromkeys(f"{table}.{name}" for table, name in proposal.doubts))
    if doubts:
        screen.out.print(Text(screen.say("cli.new.doubts", doubts=doubts)))
    screen.out.print(Text(screen.say("cli.new.proposed", out=out, tables=named)))
    screen.document(
        {
            "mapping": str(out),
            "tables": list(mapping.tables),
            "doubts": [list(doubt) for doubt in proposal.doubts],
            "notes": [fault.problem(screen.lang) for fault in proposal.notes],
            "unclear": [fault.problem(screen.lang) for fault in proposal.faults],
        }
    )


def _with_preset(mapping: Mapping, preset: str | None) -> Mapping:
    if preset is None:
        return mapping
    key = preset.upper()
    if key not in presets():
        details = {"known": ", ".join(presets())}
        raise BadInputError([Fault("no_preset", "mapping", None, "--preset", preset, details)])
    tables = {name: [part.model_dump() for part in parts] for name, parts in mapping.tables.items()}
    walk = None if mapping.crosswalk is None else mapping.crosswalk.model_dump()
    known = mapping.metadata.model_dump(exclude_defaults=True)
    return Mapping.model_validate(
        {"preset": key, "tables": tables, "crosswalk": walk, "metadata": known}
    )


def _dropping(mapping: Mapping) -> Mapping:
    """Leave out, by name, rows that lack a value or match nothing."""
    changes = {"drop_incomplete": True, "drop_unmatched": True}
    tables = {
        name: tuple(part.model_copy(update=changes) for part in parts)
        for name, parts in mapping.tables.items()
    }
    return mapping.model_copy(update={"tables": tables})


def _asked(proposal: Proposal, mapping: Mapping, screen: Screen, *, drop: bool) -> Mapping:
    """Go through a proposal: what each file holds, which column is what, where it comes from."""
    for path, columns in proposal.seen.items():
        grid = Table(title=path.name, title_justify="left")
        for key in ("column", "kind", "unique", "samples"):
            grid.add_column(screen.say(f"cli.new.col.{key}"), overflow="fold")
        for column in columns:
            unique = screen.say("cli.new.yes") if column.unique else ""
            kind = screen.say(f"cli.new.kind.{column.kind}")
            grid.add_row(Text(column.name), kind, unique, Text(", ".join(column.samples)))
        screen.err.print(grid)
    preset = mapping.preset
    if preset is None:
        mapping = _with_preset(mapping, _asked_preset(screen))
    tables: dict[str, Any] = {}
    for name, parts in mapping.tables.items():
        kept = [part for part in (_asked_table(name, p, proposal, screen) for p in parts) if part]
        if kept:
            tables[name] = tuple(kept)
    name = _prompt(screen, "cli.new.ask.name", mapping.metadata.name)
    drop = typer.confirm(screen.say("cli.new.ask.drop"), default=drop, err=True)
    metadata = mapping.metadata.model_copy(
        update={"name": name, "title": {**mapping.metadata.title, "ko": name, "en": name}}
    )
    mapping = mapping.model_copy(update={"tables": tables, "metadata": metadata})
    return _dropping(mapping) if drop else mapping


def _asked_table(
    name: str, part: TableMapping, proposal: Proposal, screen: Screen
) -> TableMapping | None:
    known = [("code", True)] if name == "boundaries" else [
        (a.name, a.required) for a in attributes(name)
    ]  # fmt: skip
    screen.err.print(Text(screen.say("cli.new.ask.table", table=name, file=part.file.name)))
    doubtful = set(proposal.doubts)
    for attribute, column in part.columns.items():
        mark = " (?)" if (name, attribute) in doubtful else ""
        screen.err.print(Text(f"  {attribute} ← {column}{mark}"))
    if part.unpivot is not None:
        screen.err.print(Text(f"  {part.unpivot.value} ← {part.unpivot.columns}"))
    if part.file in proposal.unplaced:
        part = part.model_copy(update={"crs": _asked_crs(part, screen)})
    answer = _prompt(screen, "cli.new.ask.take", "y").strip().lower()
    if answer.startswith("s"):
        return None
    if answer.startswith("e"):
        part = _edited(part, known, proposal, screen)
    title = _prompt(screen, "cli.new.ask.source", "", file=part.file.name).strip()
    if title:
        vintage = _prompt(screen, "cli.new.ask.vintage", "").strip()
        licence = _prompt(screen, "cli.new.ask.licence", "").strip()
        origin = Origin(title=title, vintage=vintage, licence=licence)
        part = part.model_copy(update={"source": origin})
    return part


def _asked_preset(screen: Screen) -> str | None:
    """Ask for the country to start from, until there is a preset of it, or none is wanted."""
    listed = ", ".join(presets())
    while True:
        said = _prompt(screen, "cli.new.ask.preset", "", listed=listed).strip().upper()
        if not said or said in presets():
            return said or None
        screen.err.print(Text(Fault("no_preset", "mapping", value=said).problem(screen.lang)))


def _asked_crs(part: TableMapping, screen: Screen) -> str | None:
    """Ask for the reference system that a file does not name, until it is one."""
    while True:
        said = _prompt(screen, "cli.new.ask.crs", "", file=part.file.name).strip()
        faults: list[Fault] = []
        if not said or stated_crs(said, "mapping", faults) is not None:
            return said or None
        screen.err.print(Text(screen.say("cli.new.ask.bad_crs", value=said)))


def _edited(
    part: TableMapping, known: Sequence[tuple[str, bool]], proposal: Proposal, screen: Screen
) -> TableMapping:
    there = [column.name for column in proposal.seen.get(part.file, ())]
    there += [column for join in part.join for column in join.take]
    there += [g for pattern in part.split.values() for g in re.compile(pattern).groupindex]
    columns: dict[str, str] = {}
    for attribute, required in known:
        key = "cli.new.ask.column" if required else "cli.new.ask.optional"
        while True:
            said = _prompt(screen, key, part.columns.get(attribute, "-"), attribute=attribute)
            if said == "-" or said in there or not there:
                break
            screen.err.print(Text(screen.say("cli.new.ask.unknown", columns=", ".join(there))))
        if said != "-":
            columns[attribute] = said
    return part.model_copy(update={"columns": columns})


def _prompt(screen: Screen, key: str, default: str, **values: str) -> str:
    said: str = typer.prompt(
        screen.say(key, **values), default=default, show_default=bool(default), err=True
    )
    return said


def make(
    mapping: Path,
    out: Path,
    screen: Screen,
    *,
    form: str,
    overwrite: bool,
    drop_incomplete: bool = False,
) -> NewReport:
    """Make a territory package from a planner's files.

    Parameters
    ----------
    mapping : Path
        Which file and column is what.
    out : Path
        Folder or zip to write.
    screen : Screen
        Where to speak.
    form : {"parquet", "csv"}
        Format of the tables.
    overwrite : bool
        Whether a package that is there may be replaced.
    drop_incomplete : bool
        Whether rows that lack a value or match nothing are left out, by name, whatever the
        mapping says.

    Returns
    -------
    NewReport
        What was made.

    Raises
    ------
    BadInputError
        With every fault of the files, or if `out` exists.
    """
    asked = read_mapping(mapping)
    if drop_incomplete:
        asked = _dropping(asked)
    if out.exists() and not overwrite:
        raise BadInputError([Fault("exists", "output", column="--out", value=str(out))])
    with screen.progress({"new": 1.0}) as tell:
        tell("new", 0.0)
        report = make_package(
            asked, out, form="csv" if form == "csv" else "parquet", overwrite=overwrite
        )
    _show(screen, "cli.new.notes", report.notes)
    _show(screen, "cli.new.dropped", report.dropped)
    _show(screen, "cli.new.mended", report.mended)
    rows = ", ".join(f"{name} {count:,}" for name, count in report.rows.items())
    screen.out.print(Text(screen.say("cli.new.made", out=report.path, rows=rows)))
    _lines(screen, "cli.missing", (screen.say(f"missing.{name}") for name in report.missing))
    screen.document(
        {
            "package": str(report.path),
            "rows": report.rows,
            "notes": [fault.problem(screen.lang) for fault in report.notes],
            "dropped": [fault.problem(screen.lang) for fault in report.dropped],
            "mended": [fault.problem(screen.lang) for fault in report.mended],
            "missing": list(report.missing),
        }
    )
    return report


def _show(screen: Screen, key: str, faults: Sequence[Fault]) -> None:
    """List what was found; what repeats itself without end is counted (JSON has all of it)."""
    alike: dict[tuple[str, str], int] = {}
    lines = []
    for fault in faults:
        kind = (fault.kind, fault.table)
        alike[kind] = alike.get(kind, 0) + 1
        if alike[kind] <= _MOST_ALIKE:
            fix = fault.fix(screen.lang)
            nothing = fix == screen.say("fix.located")
            lines.append(fault.problem(screen.lang) + ("" if nothing else f" {fix}"))
    for (_, table), count in alike.items():
        if count > _MOST_ALIKE:
            lines.append(screen.say("cli.new.more", table=table, count=count - _MOST_ALIKE))
    _lines(screen, key, lines)


def _lines(screen: Screen, key: str, lines: Iterable[str]) -> None:
    found = list(lines)
    if not found:
        return
    screen.out.print(Text(screen.say(key), style="bold"))
    for line in found:
        screen.out.print(Padding(Text(f"· {line}"), (0, 0, 0, 1)))
