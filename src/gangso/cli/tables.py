"""Tables and lines for the screen: results in, rich renderables out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from gangso.errors import InfeasibleError
from gangso.texts import say

if TYPE_CHECKING:  # pandas costs half a second, which a fault report should not
    import pandas as pd

    from gangso.alliances import Check
    from gangso.diagnosis import Diagnosis
    from gangso.territory import Territory

__all__ = [
    "alliance_table",
    "check_table",
    "counts_tables",
    "filled_table",
    "infeasible_lines",
    "ledger_table",
    "number_text",
    "plain_table",
    "source_lines",
    "unallied_table",
    "unit_of",
    "wish_lines",
]

_DASH = "–"

# A screen of more alliances is read by nobody; the plan's tables have all of them.
_MOST_ALLIANCES = 100


def plain_table(title: str, columns: Sequence[tuple[str, bool]]) -> Table:
    """Make an empty table.

    Parameters
    ----------
    title : str
        Title.
    columns : sequence of (str, bool)
        Heading of each column, and whether it holds numbers.

    Returns
    -------
    Table
        The table.
    """
    table = Table(title=Text(title, style="bold"), title_justify="left", header_style="bold")
    for heading, numeric in columns:
        table.add_column(
            Text(heading),
            justify="right" if numeric else "left",
            no_wrap=numeric,
            overflow="fold",
        )
    return table


def filled_table(
    title: str, columns: Sequence[tuple[str, bool]], rows: Iterable[Sequence[object]]
) -> Table:
    """Make a table of texts.

    Parameters
    ----------
    title : str
        What stands above.
    columns : sequence of (str, bool)
        Heading, and whether it holds numbers.
    rows : iterable of sequence
        The cells.

    Returns
    -------
    Table
        The table.
    """
    table = plain_table(title, columns)
    for row in rows:
        _add(table, row)
    return table


def _add(table: Table, values: Iterable[object]) -> None:
    # Text objects, so that a bracket in a name is never read as markup.
    table.add_row(*(Text("" if value is None else str(value)) for value in values))


def number_text(value: Any, form: str) -> str:
    """Format a number; a dash where it is missing.

    Parameters
    ----------
    value : float or None
        The number.
    form : str
        Format specification.

    Returns
    -------
    str
        The text.
    """
    import pandas as pd

    return _DASH if pd.isna(value) else format(value, form)


def infeasible_lines(error: InfeasibleError, lang: str) -> Iterator[str]:
    """Say which requirements conflict, and the way out.

    Parameters
    ----------
    error : InfeasibleError
        The error.
    lang : {"ko", "en"}
        Language.

    Yields
    ------
    str
        A line.
    """
    yield say("cli.infeasible", lang)
    for culprit in error.culprits[lang]:
        yield f"  · {culprit}"
    yield from error.why[lang]
    yield error.way_out[lang]


def ledger_table(diagnosis: Diagnosis, lang: str) -> Table:
    """Show the national imbalance ledger.

    Parameters
    ----------
    diagnosis : Diagnosis
        The diagnosis.
    lang : {"ko", "en"}
        Language.

    Returns
    -------
    Table
        The ledger.
    """
    headings = ("group", "municipalities", "population", "population_pct", "land_pct",
                "land_pct_cities", "jobs_pct")  # fmt: skip
    table = plain_table(
        say("cli.ledger", lang),
        [(say(f"cli.ledger.{key}", lang), key != "group") for key in headings],
    )
    for row in diagnosis.ledger.to_dict("records"):
        _add(
            table,
            (
                row[f"label_{lang}"],
                number_text(row["municipalities"], ",d"),
                number_text(row["population"], ",.0f"),
                *(number_text(row[key], ".2f") for key in headings[3:]),
            ),
        )
    return table


def counts_tables(
    diagnosis: Diagnosis, lang: str, class_labels: Sequence[tuple[str, str]]
) -> Iterator[Table]:
    """Show how many municipalities are in each class, by year.

    Parameters
    ----------
    diagnosis : Diagnosis
        The diagnosis.
    lang : {"ko", "en"}
        Language.
    class_labels : sequence of (str, str)
        Key and name of each class, best first.

    Yields
    ------
    Table
        Counts in rows, years in columns; as many tables as the years need.
    """
    counts = diagnosis.counts
    rows = [(key, label, "index_known") for key, label in class_labels]
    rows += [(key, say(f"cli.counts.{key}", lang), known) for key, known in _COUNTS.items()]
    # Nothing is said of a figure that is known in no year.
    rows = [row for row in rows if counts[row[2]].gt(0).any()]
    if not rows:
        return
    for start in range(0, len(counts), _YEARS):
        part = counts.iloc[start : start + _YEARS]
        table = plain_table(
            say("cli.counts", lang), [("", False), *((str(year), True) for year in part.index)]
        )
        for key, label, _ in rows:
            _add(table, (label, *(number_text(value, "d") for value in part[key])))
        yield table


_COUNTS = {  # counts below the classes, and by which count it is known that they are known
    "index_below_0.5": "index_known",
    "index_below_0.2": "index_known",
    "births_known": "births_known",
    "births_below_threshold": "births_known",
    "delivery_known": "delivery_known",
    "delivery_0": "delivery_known",
    "delivery_1_or_2": "delivery_known",
}
_YEARS = 10  # columns that fit beside the labels


def source_lines(territory: Territory, tables: Iterable[str], lang: str) -> Iterator[str]:
    """Name the sources of some tables.

    Parameters
    ----------
    territory : Territory
        The territory.
    tables : iterable of str
        Tables whose sources are wanted.
    lang : {"ko", "en"}
        Language.

    Yields
    ------
    str
        A source and its vintage.
    """
    wanted = set(tables)
    lines = (source.cited(lang) for source in territory.metadata.sources if source.table in wanted)
    yield from dict.fromkeys(lines)


def unit_of(criteria: pd.DataFrame, key: str, lang: str) -> str:
    """Unit of a criterion's raw value, in words.

    Parameters
    ----------
    criteria : DataFrame
        As in `Partition.criteria`.
    key : str
        The criterion.
    lang : {"ko", "en"}
        Language.

    Returns
    -------
    str
        The unit.
    """
    unit = str(criteria.loc[key, "unit"])
    return say("unit.minutes", lang) if unit == "min" else unit


def wish_lines(wishes: pd.DataFrame, names: pd.Series, lang: str) -> Iterator[str]:
    """Say which wishes are kept, and what keeping the others would cost the whole.

    Parameters
    ----------
    wishes : DataFrame
        As in `Partition.wishes`.
    names : Series of str
        Name by code.
    lang : {"ko", "en"}
        Language.

    Yields
    ------
    str
        A line a wish.
    """
    for row in wishes.to_dict("records"):
        status = row["status"] if row["exact"] else f"{row['status']}_bound"
        kind = "wants" if row["strength"] > 0 else "refuses"
        yield say(
            f"wish.{kind}", lang,
            who=names.loc[row["who"]], whom=names.loc[row["whom"]], strength=abs(row["strength"]),
            outcome=say(f"wish.{status}", lang, loss=row["loss"]),
        )  # fmt: skip


def alliance_table(alliances: pd.DataFrame, criteria: pd.DataFrame, name: str, lang: str) -> Table:
    """Show the alliances.

    Parameters
    ----------
    alliances : DataFrame
        As in `Partition.alliances`.
    criteria : DataFrame
        As in `Partition.criteria`.
    name : str
        Column of the names, see `Territory.name_column`.
    lang : {"ko", "en"}
        Language.

    Returns
    -------
    Table
        One row an alliance.
    """
    whole = len(alliances)
    if whole > _MOST_ALLIANCES:
        largest = alliances["population"].nlargest(_MOST_ALLIANCES).index
        alliances = alliances[alliances.index.isin(largest)]
    formats = {"ties": ".0%", "span": ",.0f", "province": ",.0f"}
    shown = [key for key in formats if key in alliances]
    table = plain_table(
        say("cli.alliances", lang),
        [
            (say("cli.alliances.id", lang), True),
            (say("cli.alliances.name", lang), False),
            (say("cli.alliances.size", lang), True),
            (say("cli.alliances.population", lang), True),
            *(
                (say(f"cli.alliances.{key}", lang, unit=unit_of(criteria, key, lang)), True)
                for key in shown
            ),
        ],
    )
    if whole > len(alliances):
        table.caption = say("cli.alliances.largest", lang, shown=len(alliances), count=whole)
    for key, row in alliances.iterrows():
        _add(
            table,
            (
                key,
                str(row[name]).replace("·", " · "),  # may then break between two names
                number_text(row["size"], "d"),
                number_text(row["population"], ",.0f"),
                *(number_text(row[column], formats[column]) for column in shown),
            ),
        )
    return table


def unallied_table(membership: pd.DataFrame, names: pd.Series, lang: str) -> Table:
    """Show who is in no alliance, gathered by reason.

    Parameters
    ----------
    membership : DataFrame
        As in `Partition.membership`.
    names : Series of str
        Name by code.
    lang : {"ko", "en"}
        Language.

    Returns
    -------
    Table
        One row a reason.
    """
    table = plain_table(
        say("cli.unallied", lang),
        [
            (say("cli.unallied.reason", lang), False),
            (say("cli.unallied.count", lang), True),
            (say("cli.unallied.names", lang), False),
        ],
    )
    # Those in scope first: for them the reason is a finding, not a rule.
    left = membership[membership["alliance"].isna()].sort_values("status", kind="stable")
    reason = left[f"reason_{lang}"].fillna(_DASH)
    for text, codes in left.groupby(reason, sort=False).groups.items():
        listed = ", ".join(names.loc[codes].astype("str")[:8])
        more = f" … +{len(codes) - 8}" if len(codes) > 8 else ""
        _add(table, (text, len(codes), listed + more))
    return table


def check_table(checks: Iterable[Check], lang: str) -> Table:
    """Show what was checked and how it came out.

    Parameters
    ----------
    checks : iterable of Check
        The checks in order.
    lang : {"ko", "en"}
        Language.

    Returns
    -------
    Table
        One row a check.
    """
    headings = ("check", "outcome", "detail")
    table = plain_table(
        say("cli.verify.title", lang), [(say(f"cli.verify.{key}", lang), False) for key in headings]
    )
    for check in checks:
        outcome = say("cli.verify.passed" if check.passed else "cli.verify.failed", lang)
        _add(table, (check.describe(lang), outcome, check.detail))
    return table
