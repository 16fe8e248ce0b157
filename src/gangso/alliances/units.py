"""Read units and links from tables, and name everything that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.alliances.graph import Graph, graph_from_edges
from gangso.errors import BadInputError, Fault

__all__ = ["Units", "read_units"]

Floats = npt.NDArray[np.float64]
# Sums of whole numbers are exact up to here.
_LARGEST = 2.0**53


@dataclass(frozen=True, eq=False)
class Units:
    """Units of a regionalisation.

    Attributes
    ----------
    ids : Index
        Identifiers, in the order of the table.
    graph : Graph
        Neighbourhood.
    population : ndarray of float, shape (n,)
        Residents, whole numbers.
    traits : ndarray of float, shape (n, a)
        Attributes.
    """

    ids: pd.Index
    graph: Graph
    population: Floats
    traits: Floats

    def names(self, which: npt.NDArray[np.bool_]) -> tuple[object, ...]:
        """Return the identifiers of some units (mask)."""
        return tuple(self.ids[which].tolist())

    def series(self, labels: npt.NDArray[np.int64]) -> pd.Series:
        """Name regions -1 as missing, and numbers by their first unit."""
        number: dict[int, int] = {-1: -1}
        ordered = [number.setdefault(region, len(number) - 1) for region in labels.tolist()]
        named = pd.Series(ordered, index=self.ids, name="region", dtype="Int64")
        return named.mask(named < 0)


def read_units(
    units: pd.DataFrame,
    links: pd.DataFrame,
    population: str,
    attributes: Sequence[str] = (),
    faults: Sequence[Fault] = (),
) -> Units:
    """Check and read the tables.

    Parameters
    ----------
    units : DataFrame
        One row a unit, indexed by identifier.
    links : DataFrame
        Columns ``a`` and ``b``: pairs of neighbours, in any direction.
    population : str
        Column of the residents.
    attributes : sequence of str
        Further columns of numbers.
    faults : sequence of Fault
        What is already known to be wrong; told together with the rest.

    Returns
    -------
    Units
        The units.

    Raises
    ------
    BadInputError
        With everything that is wrong.
    """
    found = list(faults)
    columns = [population, *attributes]
    for table, there, wanted in (("units", units, columns), ("links", links, ["a", "b"])):
        known = ", ".join(map(str, there.columns))
        for column in dict.fromkeys(wanted):
            if column not in there.columns:
                found.append(Fault("no_column", table, None, column, None, {"known": known}))
    repeated = np.flatnonzero(units.index.duplicated())
    for row in repeated.tolist():
        found.append(Fault("unit_twice", "units", row + 2, None, str(units.index[row])))
    numbers = {
        column: pd.to_numeric(units[column], errors="coerce").to_numpy(dtype=np.float64)
        for column in dict.fromkeys(columns)
        if column in units.columns
    }
    for column, values in numbers.items():
        kinds = {"not_a_number": ~np.isfinite(values)}
        if column == population:
            kinds["negative"] = values < 0
            kinds["not_whole"] = (values >= 0) & (values != np.floor(values))
        for kind, wrong in kinds.items():
            for row in np.flatnonzero(wrong).tolist():
                value = str(units[column].iloc[row])
                found.append(Fault(kind, "units", row + 2, column, value))
    if population in numbers and float(np.nansum(np.abs(numbers[population]))) > _LARGEST:
        found.append(Fault("sum_too_large", "units", None, population))
    edges = np.empty((0, 2), dtype=np.int64)
    if {"a", "b"} <= set(links.columns) and not len(repeated):
        ends = [units.index.get_indexer(pd.Index(links[end])) for end in ("a", "b")]
        for end, position in zip(("a", "b"), ends, strict=True):
            for row in np.flatnonzero(position < 0).tolist():
                value = str(links[end].iloc[row])
                found.append(Fault("unknown_unit", "links", row + 2, end, value))
        edges = np.column_stack(ends)
    if found:
        raise BadInputError(found)
    return Units(
        ids=units.index,
        graph=graph_from_edges(len(units), edges),
        population=numbers[population],
        traits=np.column_stack(
            [np.empty((len(units), 0)), *(numbers[column] for column in attributes)]
        ),
    )
