"""Councils of all alliances, by every method, with the power of every seat."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from gangso.compact.seats import METHODS, apportion, council
from gangso.errors import BadInputError, Fault
from gangso.scenario import SeatOptions

__all__ = ["councils"]


def councils(
    alliances: pd.DataFrame, population: pd.Series, options: SeatOptions
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Apportion the seats of all councils.

    Parameters
    ----------
    alliances : DataFrame
        As in `Partition.alliances`.
    population : Series
        Residents by code.
    options : SeatOptions
        Size, method, minimum, majority.

    Returns
    -------
    councils : DataFrame
        As in `Compact.councils`.
    seats : DataFrame
        As in `Compact.seats`.

    Raises
    ------
    BadInputError
        If a fixed size cannot give every member of an alliance the minimum.
    """
    most = int(alliances["size"].max()) if len(alliances) else 0
    if options.size is not None and options.size < max(most * options.minimum, 1):
        raise BadInputError(
            [
                Fault(
                    "council_too_small",
                    "scenario",
                    column="compact.seats.size",
                    value=str(options.size),
                    details={
                        "members": str(most),
                        "minimum": str(options.minimum),
                        "least": str(most * options.minimum),
                    },
                )
            ]
        )
    majority = Fraction(str(options.majority)).limit_denominator(1000)
    rows, chosen = [], {}
    for name, row in alliances.iterrows():
        codes = str(row["members"]).split("|")
        people = [max(0, round(float(population[code]))) for code in codes]
        size = options.size or options.per_member * len(codes)
        for method in METHODS:
            seats = apportion(
                people, size, method, minimum=options.minimum, exponent=options.exponent
            )
            made = council(seats, majority)
            for i, code in enumerate(codes):
                rows.append(
                    (
                        name, code, people[i], method, seats[i], seats[i] / size,
                        people[i] / sum(people) if sum(people) else float("nan"),
                        float(made.banzhaf[i]), float(made.shapley_shubik[i]),
                        made.powerless[i], method == options.method,
                    )
                )  # fmt: skip
            if method == options.method:
                chosen[name] = {
                    "size": size,
                    "method": method,
                    "needed": made.needed,
                    "powerless": sum(made.powerless),
                    "needed_for_all": made.needed_for_all,
                }
    seat_table = pd.DataFrame(
        rows,
        columns=[
            "alliance", "municipality", "residents", "method", "seats", "share",
            "residents_share", "banzhaf", "shapley_shubik", "powerless", "chosen",
        ],
    )  # fmt: skip
    columns = ["size", "method", "needed", "powerless", "needed_for_all"]
    council_table = pd.DataFrame.from_dict(chosen, orient="index", columns=columns)
    return council_table.rename_axis("alliance"), seat_table
