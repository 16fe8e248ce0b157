"""Requirements in terms of units, as the certificate states them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gangso.alliances.constraints import Constraint, labels_of
from gangso.alliances.measures import Span
from gangso.alliances.scaled import PairMax
from gangso.alliances.surroundings import Units
from gangso.scenario import AllianceOptions

__all__ = ["requirements_record"]


def requirements_record(
    units: Units, options: AllianceOptions, constraints: Sequence[Constraint], distance: Span
) -> dict[str, Any]:
    """Write down what is required, with the figures needed to check it.

    Parameters
    ----------
    units : Units
        The municipalities in scope.
    options : AllianceOptions
        What the planner asks for.
    constraints : sequence of Constraint
        The requirements made of it.
    distance : Span
        Points of the units, in km.

    Returns
    -------
    dict
        Ready for JSON.
    """
    position = {str(code): number for number, code in enumerate(units.codes)}
    locks: dict[str, Any] = {"must_link": [], "cannot_link": [], "stand_alone": [], "fixed": []}
    for constraint in constraints:
        if constraint.key in locks:
            locks[constraint.key].append(sorted(position[code] for code in constraint.codes))
    bounds = {
        "min_size": options.min_size,
        "min_population": options.min_population,
        "max_population": options.max_population,
        "max_span_km": options.max_span_km,
        "min_alliances": options.min_alliances,
        "max_alliances": options.max_alliances,
    }
    record: dict[str, Any] = {key: value for key, value in bounds.items() if value is not None}
    if {"min_population", "max_population"} & record.keys():
        record["population"] = units.population.tolist()
    if "max_span_km" in record:
        record["xy_km"] = distance.xy.tolist()
    if options.max_span_min is not None:
        pairs = units.minutes(max(options.worst_span_min, options.max_span_min))
        assert pairs is not None
        record["max_span_min"] = options.max_span_min
        record["minutes"] = PairMax(pairs, 1.0).entries()
    if options.hub_required:
        record["hubs"] = [
            {
                "minutes": [None if np.isinf(m) else m for m in found.tolist()],
                "within": required.within_min or 0.0,
            }
            for required in options.hub_required
            for found in [units.hub_minutes(required)]
        ]
    if options.do_not_cross is not None:
        labels = labels_of(units, options.do_not_cross)
        assert labels is not None
        record["do_not_cross"] = labels.tolist()
    return record | {key: value for key, value in locks.items() if value}
