"""The population table as arrays: who is counted, in which years, and who is set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.errors import BadInputError, Fault

__all__ = ["Cohorts", "read_cohorts"]

Floats = npt.NDArray[np.float64]
WIDTH = 5  # years of an age group
SEXES = ("f", "m")
# A step in one year of which this share of the groups moves the same way by this much is a
# change of boundary or code, not people who move: nobody migrates evenly over all ages.
_STEP, _STEP_SHARE = 0.2, 0.95


@dataclass(frozen=True, eq=False)
class Cohorts:
    """Population by municipality, year, sex and five-year age group.

    Attributes
    ----------
    codes : tuple of str
        The n municipalities.
    province : ndarray of int, shape (n,)
        Number of the province of each.
    years : tuple of int
        Consecutive years, from the first to the last observed; T of them.
    persons : ndarray of float, shape (n, T, 2, A)
        Persons; women first; the last group is open. NaN where not observed.
    births : ndarray of float, shape (n, T)
        Recorded births of the year; NaN where unknown or undercounted.
    observed : ndarray of bool, shape (n, T)
        Which years of a municipality are counts of that year.
    unusable : mapping of str to tuple of str
        Codes by what is wrong with them: ``no_base`` (nothing at the last year: not
        projected), ``gap`` (lacks a year), ``carried`` (a year is a later one carried back),
        ``step`` (years before a break are not used), ``no_past`` (one year only: rates of
        its province), ``tiny`` (under 1,000 residents).
    """

    codes: tuple[str, ...]
    province: npt.NDArray[np.int64]
    years: tuple[int, ...]
    persons: Floats
    births: Floats
    observed: npt.NDArray[np.bool_]
    unusable: dict[str, tuple[str, ...]]

    @property
    def groups(self) -> int:
        """Number of age groups, the open one included."""
        return int(self.persons.shape[-1])

    @property
    def totals(self) -> Floats:
        """Population by municipality and year, shape (n, T)."""
        return np.asarray(self.persons.sum(axis=(2, 3)))

    @property
    def known_years(self) -> list[int]:
        """Years in which someone is observed."""
        seen = np.asarray(self.observed.any(axis=0))
        return [year for year, ok in zip(self.years, seen, strict=True) if ok]

    def until(self, year: int) -> Cohorts:
        """Forget everything after a year, as a backtest must, and whoever is unknown in it.

        Parameters
        ----------
        year : int
            The last year to keep.

        Returns
        -------
        Cohorts
            Without later years.
        """
        keep = self.years.index(year) + 1
        rows = self.observed[:, keep - 1]
        return replace(
            self,
            codes=tuple(code for code, row in zip(self.codes, rows, strict=True) if row),
            province=self.province[rows],
            years=self.years[:keep],
            persons=self.persons[rows, :keep],
            births=self.births[rows, :keep],
            observed=self.observed[rows, :keep],
        )


def read_cohorts(
    population: pd.DataFrame,
    province: pd.Series,
    births: pd.Series | None = None,
) -> Cohorts:
    """Turn the long population table into arrays, and name everyone it does not fit.

    Parameters
    ----------
    population : DataFrame
        ``municipality``, ``year``, ``sex`` (f, m), ``age`` (lower bound of a five-year
        group), ``persons``; optionally ``carried_back`` (1: really the figure of a later year).
    province : Series of str
        Province by code of municipality: who is to be projected.
    births : Series of float, optional
        Recorded births, index (``municipality``, ``year``); missing where undercounted.

    Returns
    -------
    Cohorts
        The arrays. Municipalities without figures for the last year are left out and named.

    Raises
    ------
    BadInputError
        If the ages are no five-year groups from 0, a sex is missing, or fewer than two
        years are known.
    """
    codes = [str(code) for code in province.index]
    ages = sorted(int(age) for age in population["age"].unique())
    known_years = sorted(int(year) for year in population["year"].unique())
    faults = _faults(ages, known_years, set(population["sex"]))
    if faults:
        raise BadInputError(faults)
    years = tuple(range(known_years[0], known_years[-1] + 1))
    persons = np.full((len(codes), len(years), 2, len(ages)), np.nan)
    rows = population[population["municipality"].isin(codes)]
    place = (
        pd.Index(codes).get_indexer(pd.Index(rows["municipality"].astype("str"))),
        rows["year"].to_numpy(dtype=int) - years[0],
        rows["sex"].map({"f": 0, "m": 1}).to_numpy(dtype=int),
        rows["age"].to_numpy(dtype=int) // WIDTH,
    )
    persons[place] = rows["persons"].to_numpy(dtype=float)
    # A group that is lacking is unknown, not zero: the whole cell is set aside.
    observed = np.isfinite(persons).all(axis=(2, 3))
    gap = [years.index(year) for year in known_years]
    lacking = ~observed[:, gap].all(axis=1)
    carried = np.zeros_like(observed)
    if "carried_back" in rows:
        carried[place[:2]] = rows["carried_back"].to_numpy(dtype=float) > 0
    observed &= ~carried
    stepped = _before_steps(persons, observed)
    observed &= ~stepped
    base = observed[:, -1]
    empty = base & (persons[:, -1].sum(axis=(1, 2)) <= 0)
    base &= ~empty
    persons = np.where(observed[:, :, None, None], persons, np.nan)[base]
    names = np.array(codes, dtype=object)
    total = persons[:, -1].sum(axis=(1, 2))

    def named(flags: npt.NDArray[np.bool_]) -> tuple[str, ...]:
        return tuple(str(code) for code in names[flags])

    unusable = {
        "no_base": named(~base),
        "gap": named(base & lacking),
        "carried": named(base & carried.any(axis=1)),
        "step": named(base & stepped.any(axis=1)),
        "no_past": named(base & (observed.sum(axis=1) < 2)),
        "tiny": tuple(str(code) for code in names[base][total < 1000]),
    }
    kept = [code for code, keep in zip(codes, base, strict=True) if keep]
    if not kept:
        raise BadInputError([Fault("projection_base", "population", value=str(years[-1]))])
    return Cohorts(
        codes=tuple(kept),
        province=pd.factorize(province[base])[0].astype(np.int64),
        years=years,
        persons=persons,
        births=_births(births, kept, years),
        observed=observed[base],
        unusable={key: found for key, found in unusable.items() if found},
    )


def _faults(ages: Sequence[int], years: Sequence[int], sexes: set[str]) -> list[Fault]:
    faults = []
    if list(ages) != list(range(0, WIDTH * len(ages), WIDTH)) or len(ages) < 14:
        shown = ", ".join(map(str, ages))
        faults.append(Fault("projection_ages", "population", column="age", value=shown))
    if not set(SEXES) <= sexes:
        shown = ", ".join(sorted(sexes))
        faults.append(Fault("projection_sexes", "population", column="sex", value=shown))
    if len(years) < 2:
        shown = ", ".join(map(str, years))
        faults.append(Fault("projection_years", "population", column="year", value=shown))
    return faults


def _before_steps(persons: Floats, observed: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Years before the last step of a municipality that no migration can explain."""
    before, after = persons[:, :-1], persons[:, 1:]
    big = before >= 20  # small cells jump by chance
    with np.errstate(divide="ignore", invalid="ignore"):
        change = after / before - 1.0
    weight = np.maximum(big.sum(axis=(2, 3)), 1)
    up = ((change > _STEP) & big).sum(axis=(2, 3)) / weight
    down = ((change < -_STEP) & big).sum(axis=(2, 3)) / weight
    step = (np.maximum(up, down) >= _STEP_SHARE) & observed[:, :-1] & observed[:, 1:]
    step &= big.sum(axis=(2, 3)) >= 10
    flags = np.zeros_like(observed)
    # A step between t and t + 1 spoils t and everything before it.
    flags[:, :-1] = np.flip(np.maximum.accumulate(np.flip(step, axis=1), axis=1), axis=1)
    return flags


def _births(births: pd.Series | None, codes: Sequence[str], years: Sequence[int]) -> Floats:
    if births is None or births.empty:
        return np.full((len(codes), len(years)), np.nan)
    cells = pd.MultiIndex.from_product([list(codes), list(years)])
    return births.reindex(cells).to_numpy(dtype=float).reshape(len(codes), len(years))
