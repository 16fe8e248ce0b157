"""Criteria that a scenario declares in terms of the measures the program knows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from gangso.alliances.criteria import Criterion
from gangso.alliances.measures import Measure
from gangso.alliances.scaled import AtLargest, Extreme, Ratio, Spread, Steps
from gangso.alliances.surroundings import Units
from gangso.scenario import AllianceOptions, CriterionOptions
from gangso.texts import LANGUAGES, say

__all__ = ["declared"]

Floats = npt.NDArray[np.float64]

_UNITS = {"centre": "share", "reach": "min", "thresholds": "thresholds"}


def declared(options: AllianceOptions) -> dict[str, Criterion]:
    """Make the criteria that the options declare.

    Parameters
    ----------
    options : AllianceOptions
        The options.

    Returns
    -------
    dict of str to Criterion
        By key.
    """
    found = {}
    for key, spec in options.criteria.items():
        text = {
            f"{what}_{lang}": said
            for what, texts in (("label", spec.label), ("meaning", spec.meaning))
            for lang, said in texts.items()
        }
        unit = _UNITS.get(spec.measure, spec.unit)
        measure = partial(_measure, key, spec)
        # It reads no option but its own declaration.
        found[key] = Criterion(key, unit, measure, text, frozenset())
    return found


def _measure(
    key: str,
    spec: CriterionOptions,
    units: Units,
    options: AllianceOptions,  # noqa: ARG001
) -> Measure | None:
    makers: dict[str, Callable[[str, CriterionOptions, Units], Measure | None]] = {
        "mean": _mean,
        "ratio": _ratio,
        "spread": _spread,
        "greatest": _greatest,
        "centre": _centre,
        "reach": _reach,
        "thresholds": _thresholds,
    }
    return makers[spec.measure](key, spec, units)


def _figure(key: str, spec: CriterionOptions, units: Units, which: str) -> Floats | None:
    source = spec.values if which == "values" else spec.weights
    if source is None:
        return units.population
    found = units.figure(source, f"alliances.criteria.{key}.{which}")
    if found is None or np.isnan(found).all():
        _lacking(spec, units)
        return None
    units.note_units("note.units_without_figure", np.isnan(found), label=spec.label)
    return found


def _lacking(spec: CriterionOptions, units: Units) -> None:
    units.notes.append(
        {lang: say("note.no_figures", lang, label=spec.label[lang]) for lang in LANGUAGES}
    )


def _both(key: str, spec: CriterionOptions, units: Units) -> tuple[Floats, Floats] | None:
    """Values and weights; a unit that lacks either counts in neither."""
    values = _figure(key, spec, units, "values")
    weights = _figure(key, spec, units, "weights")
    if values is None or weights is None:
        return None
    known = ~(np.isnan(values) | np.isnan(weights))
    return np.where(known, values, 0.0), np.where(known, weights, 0.0)


def _mean(key: str, spec: CriterionOptions, units: Units) -> Measure | None:
    both = _both(key, spec, units)
    return None if both is None else Ratio(both[0] * both[1], both[1], spec.best, spec.worst)


def _ratio(key: str, spec: CriterionOptions, units: Units) -> Measure | None:
    both = _both(key, spec, units)
    return None if both is None else Ratio(*both, spec.best, spec.worst)


def _spread(key: str, spec: CriterionOptions, units: Units) -> Measure | None:
    both = _both(key, spec, units)
    return None if both is None else Spread(*both, spec.worst)


def _greatest(key: str, spec: CriterionOptions, units: Units) -> Measure | None:
    values = _figure(key, spec, units, "values")
    if values is None:
        return None
    return Extreme(np.where(np.isnan(values), 0.0, values), spec.best, spec.worst)


def _centre(key: str, spec: CriterionOptions, units: Units) -> Measure | None:  # noqa: ARG001
    parts = []
    if spec.residents is not None:
        parts.append(np.minimum(units.population / spec.residents, 1.0))
    if spec.services:
        facilities = units.territory.facilities
        if facilities is None:
            _lacking(spec, units)
        else:
            held = facilities[facilities["service"].isin(spec.services)]
            count = held.groupby("municipality", observed=True)["service"].nunique()
            share = count.reindex(units.codes).fillna(0.0) / len(spec.services)
            parts.append(share.to_numpy(dtype=np.float64))
    if not parts:
        return None
    return Extreme(np.mean(parts, axis=0), 1.0, 0.0)


def _reach(key: str, spec: CriterionOptions, units: Units) -> Measure | None:  # noqa: ARG001
    assert spec.hub is not None
    minutes = None if units.territory.hubs is None else units.to_hub(spec.hub)
    if minutes is None:
        _lacking(spec, units)
        return None
    units.note_units("note.units_out_of_reach", np.isinf(minutes), label=spec.label)
    # Out of reach is as bad as the worst that counts.
    minutes = np.where(np.isinf(minutes), max(spec.worst, spec.best), minutes)
    if spec.at == "centre":
        return AtLargest(minutes, units.population, spec.best, spec.worst)
    return Ratio(minutes * units.population, units.population, spec.best, spec.worst)


def _thresholds(key: str, spec: CriterionOptions, units: Units) -> Measure | None:  # noqa: ARG001
    points = [
        point
        for name, threshold in units.thresholds.items()
        if name not in spec.leave_out
        for point in (threshold.population_50, threshold.population_80)
        if point is not None
    ]
    if not points:
        _lacking(spec, units)
        return None
    return Steps(units.population, np.sort(np.array(points, dtype=np.float64)))
