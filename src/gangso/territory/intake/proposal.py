"""Propose a mapping from the columns of a planner's files: their names, types and values."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

import geopandas as gpd
import pandas as pd

from gangso.errors import Fault
from gangso.territory.columns import as_text
from gangso.territory.dictionary import TABLES, attributes
from gangso.territory.intake.files import GEOGRAPHIC, is_timetable, read_file
from gangso.territory.intake.finding import places_to_look
from gangso.territory.intake.mapping import (
    MAPPABLE,
    CrosswalkMapping,
    Join,
    Mapping,
    TableMapping,
    Unpivot,
)
from gangso.territory.intake.numerals import NumberFormat, detect_format, plain_numbers
from gangso.territory.intake.reshape import lower_age, meaning
from gangso.territory.metadata import Metadata

__all__ = ["ColumnSeen", "Proposal", "propose_mapping"]

# Rows whose values are looked at.
_SAMPLE = 500
# "28079 Madrid": a code and a name in one column.
_CODE_AND_NAME = r"^(?P<code>\d{2,12})[\s_:–-]+(?P<name>\D.*)$"
# Columns such as m_0_4, F85+, 남_5~9세, Frauen 20-24.
_SEX_AND_AGE = re.compile(r"^(?P<sex>[^\W\d_]+)[\W_]*(?P<age>\d+\D*\d*\D*)$")
_LEAST_WIDE = 6
# Columns such as a0, age_5_9, 85+: ages of a table that names the sex in a column of its own.
_AGE = re.compile(r"^(?P<before>[^\W\d_]*)[\W_]*(?P<age>\d{1,3}(?!\d)\D*\d{0,3}\D*)$")
# Tables that several files may make up together.
_IN_PARTS = ("facilities", "flows")


@dataclass(frozen=True)
class ColumnSeen:
    """A column as the dialogue shows it.

    Parameters
    ----------
    name : str
        As it stands in the file.
    kind : str
        ``number``, ``text`` or ``code``.
    unique : bool
        Whether no value stands twice.
    samples : tuple of str
        A few values.
    """

    name: str
    kind: str
    unique: bool
    samples: tuple[str, ...]


@dataclass(frozen=True)
class Proposal:
    """A mapping to be looked at, and what it rests on.

    Parameters
    ----------
    mapping : Mapping
        The mapping.
    seen : dict of Path to tuple of ColumnSeen
        Columns of each file.
    faults : list of Fault
        Files that cannot be read, or in which no table was recognised.
    notes : list of Fault
        How files were read where that was a guess.
    doubts : list of tuple of str
        Table and attribute of each column that was proposed by its values alone.
    """

    mapping: Mapping
    seen: dict[Path, tuple[ColumnSeen, ...]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    doubts: list[tuple[str, str]] = field(default_factory=list)


@cache
def _synonyms() -> dict[str, dict[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    path = resources.files(__package__) / "synonyms.csv"
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["table"], {})[row["attribute"]] = tuple(
                row["names"].casefold().split("|")
            )
    return found


def _plain(name: object) -> str:
    """Reduce a column name to what it says: ``Pop. 2011`` -> ``pop``."""
    spaced = re.sub(r"[\W_]+", "_", str(name).strip().casefold()).strip("_")
    return re.sub(r"_?(19|20)\d\d$", "", spaced)


def _numeric_share(column: pd.Series) -> float:
    """Share of the known values that are numbers, however they are written."""
    text = as_text(column.head(_SAMPLE))
    form = detect_format([text]) or NumberFormat(",", ".")
    plain, _, _ = plain_numbers(text, form, stated=True)
    known = plain.dropna()
    return 0.0 if known.empty else float(pd.to_numeric(known, errors="coerce").notna().mean())


def _look(frame: pd.DataFrame) -> tuple[ColumnSeen, ...]:
    seen = []
    for name in frame.columns:
        if isinstance(frame, gpd.GeoDataFrame) and name == frame.geometry.name:
            continue
        text = as_text(frame[name].head(_SAMPLE))
        known = text.dropna()
        number = _numeric_share(text) > 0.9
        coded = len(known) > 0 and known.str.fullmatch(r"[A-Z]{0,3}\d{2,14}").mean() > 0.9
        even = coded and known.str.len().nunique() <= 2
        kind = "code" if even and known.is_unique else "number" if number else "text"
        samples = tuple(known.drop_duplicates().head(4))
        seen.append(ColumnSeen(str(name), kind, bool(known.is_unique and len(known)), samples))
    return tuple(seen)


def _fits(attribute: str, table: str, column: ColumnSeen) -> bool:
    """Say whether the values of a column can be what its name says."""
    known = {a.name: a for a in attributes(table)} if table != "boundaries" else {}
    entry = known.get(attribute)
    if entry is not None and entry.numeric and attribute != "age":
        return column.kind != "text" or not column.samples
    if table == "municipalities" and attribute == "code":
        return column.unique
    if table == "municipalities" and attribute == "name":
        return column.kind == "text"
    return True


def _match(seen: Sequence[ColumnSeen], table: str) -> dict[str, str]:
    """Find the column of each attribute, better known names first, each used once."""
    free = {column.name: (_plain(column.name), column) for column in seen}
    matched: dict[str, str] = {}
    for attribute, names in _synonyms().get(table, {}).items():
        for name in (attribute, *names):
            found = next(
                (c for c, (plain, column) in free.items()
                 if (plain == name or _cut_off(c, plain, name))
                 and _fits(attribute, table, column)), None,
            )  # fmt: skip
            if found is not None:
                matched[attribute] = found
                del free[found]
                break
    return matched


def _cut_off(column: str, plain: str, name: str) -> bool:
    """Say whether a name is what a shapefile, which keeps ten bytes of it, has left of another."""
    return len(column.encode()) == 10 and len(plain) >= 8 and name.startswith(plain)


def _guess(seen: Sequence[ColumnSeen], matched: dict[str, str]) -> dict[str, str]:
    """Fill what a table of municipalities needs from the values of the columns left."""
    free = [column for column in seen if column.name not in matched.values()]
    guessed: dict[str, str] = {}
    for attribute, kinds in (("code", ("code",)), ("name", ("text",)), ("population", ("number",))):
        if attribute in matched:
            continue
        fitting = [c for c in free if c.kind in kinds and (c.unique or attribute != "code")]
        if attribute == "population":
            words = ("pop", "inhab", "einw", "abit", "hab", "인구", "人口", "ludn")
            fitting = [c for c in fitting if any(w in c.name.casefold() for w in words)]
        if attribute == "name":
            fitting = sorted(fitting, key=lambda c: not c.unique)
        if fitting:
            guessed[attribute] = fitting[0].name
            free.remove(fitting[0])
    return guessed


def _wide(seen: Sequence[ColumnSeen]) -> Unpivot | None:
    """Recognise a wide table by sex and age, or an origin-destination matrix."""
    names = [column.name for column in seen]
    aged = [m for m in map(_SEX_AND_AGE.match, names) if m and meaning("sex", m["sex"])]
    if len(aged) >= _LEAST_WIDE and all(lower_age(m["age"]) is not None for m in aged):
        sexes = "|".join(sorted({re.escape(m["sex"]) for m in aged}))
        return Unpivot(columns=rf"(?P<sex>{sexes})[\W_]*(?P<age>\d.*)", value="persons")
    by_age = _by_age(names)
    if by_age is not None and "sex" in _match(seen, "population"):
        return by_age
    rows = {sample for column in seen[:1] for sample in column.samples}
    coded = [name for name in names[1:] if re.fullmatch(r"[A-Z]{0,3}\d{2,14}", name)]
    if len(coded) >= 3 and len(coded) >= len(names) - 3 and rows & set(coded):
        return Unpivot(columns=r"(?P<destination>[A-Z]{0,3}\d{2,14})", value="amount")
    return None


def _by_age(names: Sequence[str]) -> Unpivot | None:
    """Recognise columns that are ages in rising order, whatever stands before them."""
    prefixes: dict[str, list[int]] = {}
    for name in names:
        found = _AGE.match(name)
        age = None if found is None else lower_age(found["age"])
        if found is not None and age is not None:
            prefixes.setdefault(found["before"], []).append(age)
    for before, ages in prefixes.items():
        if len(ages) >= _LEAST_WIDE and ages[0] == 0 and ages == sorted(set(ages)):
            pattern = rf"{re.escape(before)}[\W_]*(?P<age>\d{{1,3}}(?!\d)\D*\d{{0,3}}\D*)"
            return Unpivot(columns=pattern, value="persons")
    return None


def _said_by_name(kind: str, *texts: str) -> str | None:
    """Find a word of the vocabulary in the name of a column or file."""
    for text in texts:
        for word in re.split(r"[\W_\d]+", text.casefold()):
            found = meaning(kind, word) if word else None
            if found is not None:
                return found
    return None


def _constants(
    table: str, matched: dict[str, str], path: Path
) -> tuple[dict[str, str | float], list[str]]:
    """What every row of a file is, where no column says it; and which of it is a guess."""
    if table == "flows":
        found: dict[str, str | float] = {}
        guessed = []
        if "kind" not in matched:
            said = _said_by_name("flow", matched.get("amount", ""), path.stem)
            found["kind"] = said or "trips"
            guessed = [] if said else ["kind"]
        year = _year_in(path.stem)
        if "year" not in matched and year is not None:
            found["year"] = str(year)
        return found, guessed
    if table == "facilities" and "service" not in matched:
        said = _said_by_name("service", path.stem)
        return ({"service": said}, ["service"]) if said else ({}, [])
    return {}, []


def _split(seen: Sequence[ColumnSeen]) -> dict[str, str]:
    for column in seen:
        texts = column.samples
        if column.kind == "text" and texts and all(re.match(_CODE_AND_NAME, t) for t in texts):
            return {column.name: _CODE_AND_NAME}
    return {}


def _tables_of(
    frame: pd.DataFrame, seen: tuple[ColumnSeen, ...], path: Path
) -> tuple[dict[str, TableMapping], list[tuple[str, str]]]:
    """Say which tables a file holds, and which column is which attribute."""
    is_map = isinstance(frame, gpd.GeoDataFrame)
    areas = is_map and bool(set(frame.geometry.geom_type.dropna()) & {"Polygon", "MultiPolygon"})
    wide = None if is_map else _wide(seen)
    if wide is not None:
        return _wide_table(wide, seen, path), []
    split = _split(seen)
    if split:
        parts = as_text(frame[next(iter(split))]).str.extract(_CODE_AND_NAME, expand=True)
        seen = (*seen, *_look(parts))
    placed = {"lon", "lat"} if is_map else set()
    if areas:
        placed |= {"municipality"}
    scores = {}
    fixed: dict[str, tuple[dict[str, str | float], list[str]]] = {}
    for table in (name for name in TABLES if name in _synonyms()):  # roads are imported
        matched = _match(seen, table)
        required = {a.name for a in attributes(table) if a.required} - placed - {"id"}
        if table in ("settlements", "facilities") and {"lon", "lat"} <= set(matched) | placed:
            required -= {"municipality"}  # found from the map
        if table == "settlements":
            required -= {"code"}
        constants, guesses = _constants(table, matched, path)
        required -= set(constants)
        if required <= set(matched):
            named = path.stem.lower().startswith(table[:5])
            scores[table] = (named, len(required), len(matched), matched)
            fixed[table] = (constants, guesses)
    found: dict[str, TableMapping] = {}
    doubts: list[tuple[str, str]] = []
    base = TableMapping(file=path, split=split)
    if areas:
        own = scores.get("municipalities")
        code = _match(seen, "boundaries")
        if own is not None:
            found["municipalities"] = base.model_copy(update={"columns": own[3]})
            code = code or {"code": own[3]["code"]}
        if not code:
            code = {k: v for k, v in _guess(seen, {}).items() if k == "code"}
            doubts += [("boundaries", "code")] if code else []
        if code:
            found["boundaries"] = base.model_copy(update={"columns": code})
    elif scores:
        best = max(scores, key=lambda table: scores[table][:3])
        constants, guesses = fixed[best]
        found[best] = base.model_copy(update={"columns": scores[best][3], "constants": constants})
        doubts += [(best, guess) for guess in guesses]
    if not found and not is_map:
        matched = _match(seen, "municipalities")
        matched |= (guessed := _guess(seen, matched))
        if {"code", "name", "population"} <= set(matched):
            found["municipalities"] = base.model_copy(update={"columns": matched})
            doubts += [("municipalities", attribute) for attribute in guessed]
    return found, doubts


def _wide_table(wide: Unpivot, seen: Sequence[ColumnSeen], path: Path) -> dict[str, TableMapping]:
    table = "population" if wide.value == "persons" else "flows"
    rest = [c for c in seen if not re.fullmatch(wide.columns, c.name)]
    columns = _match(rest, table)
    columns = {k: v for k, v in columns.items() if k not in (*wide.groups, wide.value)}
    constants: dict[str, str | float] = {}
    if table == "flows":
        columns.setdefault("origin", rest[0].name if rest else "")
        constants["kind"] = _said_by_name("flow", path.stem) or "trips"
    elif "municipality" not in columns and rest:
        columns["municipality"] = next((c.name for c in rest if c.kind == "code"), rest[0].name)
    year = _year_in(path.stem)
    if "year" not in columns and year is not None:
        constants["year"] = str(year)
    return {table: TableMapping(file=path, unpivot=wide, columns=columns, constants=constants)}


def _by_reader(path: Path) -> dict[str, TableMapping]:
    """Files whose reader knows what they hold."""
    name = path.name.lower()
    if name.endswith((".tif", ".tiff")):
        return {"settlements": TableMapping(file=path, cell_km=1.0)}
    if name.endswith((".pbf", ".osm", ".osm.bz2", ".osm.gz")):
        return {n: TableMapping(file=path, drop_unmatched=True) for n in ("facilities", "hubs")}
    if is_timetable(path):
        return {"hubs": TableMapping(file=path, least_departures=20)}
    return {}


def _crosswalk(seen: Sequence[ColumnSeen], path: Path) -> CrosswalkMapping | None:
    found = _match(seen, "crosswalk")
    if not {"old", "new", "date"} <= set(found):
        return None
    return CrosswalkMapping(file=path, old=found["old"], new=found["new"], date=found["date"],
                            share=found.get("share"))  # fmt: skip


def propose_mapping(files: Iterable[Path]) -> Proposal:
    """Propose a mapping from the columns of a planner's files.

    Parameters
    ----------
    files : iterable of Path
        Tables, maps, spreadsheets, population grids, OpenStreetMap extracts, timetables.

    Returns
    -------
    Proposal
        To be looked at, completed and handed to `make_package`. Where two files hold the same
        table, a plain table goes before a map, and the first named before the others.
    """
    proposal = Proposal(Mapping(tables={}))
    tables: dict[str, TableMapping] = {}
    further: dict[str, list[TableMapping]] = {}
    walk: CrosswalkMapping | None = None
    left: list[tuple[Path, tuple[ColumnSeen, ...]]] = []
    # Maps last: attributes that come with polygons serve only where there is no table.
    for path in sorted(map(Path, files), key=lambda p: p.suffix.lower() in GEOGRAPHIC):
        known = _by_reader(path)
        doubts: list[tuple[str, str]] = []
        if not known:
            where = TableMapping(file=path)
            read = read_file(where, path.stem)
            if read.frame is None or not _tables_of(read.frame, _look(read.frame), path)[0]:
                where, read = next(
                    ((w, r) for w, r in places_to_look(path)
                     if r.frame is not None and _tables_of(r.frame, _look(r.frame), path)[0]),
                    (where, read),
                )  # fmt: skip
            proposal.faults.extend(f for f in read.faults if f.kind != "formula_not_calculated")
            proposal.notes.extend(read.notes)
            if read.frame is None:
                continue
            seen = _look(read.frame)
            proposal.seen[path] = seen
            walk = walk or _crosswalk(seen, path)
            if walk is not None and walk.file == path:
                continue
            known, doubts = _tables_of(read.frame, seen, path)
            encoding = next((n.details["encoding"] for n in read.notes
                             if n.kind == "encoding_guessed"), None)  # fmt: skip
            changes = {"encoding": encoding, "sheet": where.sheet, "layer": where.layer,
                       "header": where.header}  # fmt: skip
            known = {n: t.model_copy(update=changes) for n, t in known.items()}
            if not known:
                left.append((path, seen))
        for name, table in known.items():
            if name not in tables:
                tables[name] = table
            elif name in _IN_PARTS:
                further.setdefault(name, []).append(table)
            else:
                details = {"table": name, "taken": tables[name].file.name}
                proposal.notes.append(Fault("table_again", name, value=path.name, details=details))
                continue
            proposal.doubts.extend(d for d in doubts if d[0] == name)
    for path, seen in left:
        _join_or_fault(path, seen, tables, proposal)
    ranked = {name: (tables[name], *further.get(name, ())) for name in MAPPABLE if name in tables}
    metadata = Metadata(reference_year=_reference_year(tables.get("municipalities")))
    mapping = Mapping(tables=ranked, crosswalk=walk, metadata=metadata)
    return Proposal(mapping, proposal.seen, proposal.faults, proposal.notes, proposal.doubts)


def _reference_year(own: TableMapping | None) -> int | None:
    """Of when the residents are, where the name of their column or file says so."""
    if own is None:
        return None
    said = own.columns.get("population", "")
    return _year_in(said) or _year_in(own.file.stem)


def _year_in(text: str) -> int | None:
    """The one year that a name tells, also of a month (202406)."""
    found = re.findall(r"(?<!\d)((?:19|20)\d\d)(?:0[1-9]|1[0-2])?(?!\d)", text)
    return int(found[0]) if len(set(found)) == 1 else None


def _join_or_fault(
    path: Path,
    seen: tuple[ColumnSeen, ...],
    tables: dict[str, TableMapping],
    proposal: Proposal,
) -> None:
    """Use a file that is no table by itself for columns that the municipalities lack."""
    matched = _match(seen, "municipalities")
    own = tables.get("municipalities")
    extra = {a: c for a, c in matched.items() if a != "code"} if own is not None else {}
    extra = {a: c for a, c in extra.items() if own is not None and a not in own.columns}
    if own is None or "code" not in matched or not extra or "code" not in own.columns:
        listed = ", ".join(column.name for column in seen)
        proposal.faults.append(
            Fault("no_table_found", path.stem, value=path.name, details={"columns": listed})
        )
        return
    join = Join(file=path, on={own.columns["code"]: matched["code"]}, take=tuple(extra.values()))
    tables["municipalities"] = own.model_copy(
        update={"join": (*own.join, join), "columns": {**own.columns, **extra}}
    )
