"""The report of faults: nothing is lost, and what is alike is one line."""

from __future__ import annotations

import io

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from gangso.cli.faults import fault_tables
from gangso.errors import Fault

ONE = st.builds(
    Fault, st.just("missing_value"), st.sampled_from(["flows", "hubs"]),
    st.none() | st.integers(2, 60), st.sampled_from(["origin", "amount"]),
    st.sampled_from(["a", "b", "c", "d", "e", "f", "g", "h", "i"]),
)  # fmt: skip


def cells(faults: list[Fault]) -> list[list[str]]:
    return [
        [str(cell) for cell in column.cells]
        for table in fault_tables(faults, "en")
        for column in table.columns
    ]


@settings(max_examples=60)
@given(st.lists(ONE, max_size=80))
def test_every_row_is_named(faults: list[Fault]) -> None:
    for table, name in zip(
        fault_tables(faults, "en"), dict.fromkeys(f.table for f in faults), strict=True
    ):
        told = [str(cell) for cell in table.columns[0].cells]
        wanted = {f.row for f in faults if f.table == name and f.row is not None}
        found: set[int] = set()
        hidden = False
        for text in told:
            stretches, _, more = text.partition(" … ")
            hidden |= bool(more)
            for stretch in filter(None, stretches.split(", ")):
                low, _, high = stretch.partition("–")
                found |= set(range(int(low), int(high or low) + 1))
        assert found <= wanted
        assert hidden or found == wanted


def test_a_column_in_the_wrong_unit_is_a_few_lines() -> None:
    faults = [Fault("bad_longitude", "municipalities", n, "lon", f"{n}000") for n in range(2, 502)]
    (table,) = fault_tables(faults, "en")
    text = io.StringIO()
    Console(file=text, width=100).print(table)
    assert table.row_count == 6
    assert "495 more of the kind" in text.getvalue()
    assert "7–501" in text.getvalue()
