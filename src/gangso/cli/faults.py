"""The report of faults on the screen: every one of them, those that are alike in one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.table import Table
from rich.text import Text

from gangso.cli.tables import plain_table
from gangso.errors import Fault
from gangso.texts import say

__all__ = ["fault_tables"]

# Lines of one kind and column that are shown one by one, and stretches of rows in a line.
_MOST_ALIKE, _MOST_STRETCHES = 5, 3


def fault_tables(faults: Iterable[Fault], lang: str) -> Iterator[Table]:
    """Show the faults, one table of them for each table of the package.

    A fault that stands in many rows with one value is one line that names the rows. Of one
    kind in one column the first are shown one by one, and the rest in a line that names their
    rows: a column in the wrong unit is one mistake, not a thousand.

    Parameters
    ----------
    faults : iterable of Fault
        Faults in any order.
    lang : {"ko", "en"}
        Language.

    Yields
    ------
    Table
        The faults of one table, in the order of the rows.
    """
    grouped: dict[str, list[Fault]] = {}
    for fault in faults:
        grouped.setdefault(fault.table, []).append(fault)
    for name, group in grouped.items():
        headings = ("row", "column", "value", "problem", "fix")
        table = plain_table(
            say("cli.faults_of", lang, table=name, count=len(group)),
            [(say(f"cli.fault.{key}", lang), key == "row") for key in headings],
        )
        ordered = sorted(group, key=lambda f: (f.row or 0, f.column or ""))
        for cells in _lines(ordered, lang):
            table.add_row(*(Text(cell) for cell in cells))
        yield table


def _lines(faults: Sequence[Fault], lang: str) -> Iterator[tuple[str, ...]]:
    """Cells of each line, in the order of the first row that it speaks of."""
    same: dict[tuple[object, ...], list[Fault]] = {}
    for fault in faults:
        # Without a row each fault is a matter of its own.
        own = len(same) if fault.row is None else -1
        key = (fault.kind, fault.column, fault.value, fault.fix(lang), own)
        same.setdefault(key, []).append(fault)
    alike: dict[tuple[str, str | None], list[list[Fault]]] = {}
    for group in same.values():
        alike.setdefault((group[0].kind, group[0].column), []).append(group)
    lines: list[tuple[int, tuple[str, ...]]] = []
    for groups in alike.values():
        rest = groups[_MOST_ALIKE:] if len(groups) > _MOST_ALIKE + 1 else []
        for group in groups[: len(groups) - len(rest)]:
            first = group[0]
            lines.append((first.row or 0, (
                _rows(group), first.column or "", _value(first), first.problem(lang),
                first.fix(lang),
            )))  # fmt: skip
        if rest:
            more = [fault for group in rest for fault in group]
            values = ", ".join(_value(group[0]) for group in rest[:3])
            lines.append((more[0].row or 0, (
                _rows(more), more[0].column or "", f"{values} …" if len(rest) > 3 else values,
                say("cli.fault.alike", lang, count=len(more)), "",
            )))  # fmt: skip
    for _, cells in sorted(lines, key=lambda line: line[0]):
        yield cells


def _value(fault: Fault) -> str:
    return "" if fault.value is None else fault.value


def _rows(faults: Sequence[Fault]) -> str:
    """Rows as stretches: 2-45, 47."""
    rows = sorted({fault.row for fault in faults if fault.row is not None})
    stretches: list[list[int]] = []
    for row in rows:
        if stretches and row == stretches[-1][1] + 1:
            stretches[-1][1] = row
        else:
            stretches.append([row, row])
    shown = ", ".join(
        str(low) if low == high else f"{low}–{high}" for low, high in stretches[:_MOST_STRETCHES]
    )
    return f"{shown} … ({len(rows):,})" if len(stretches) > _MOST_STRETCHES else shown
