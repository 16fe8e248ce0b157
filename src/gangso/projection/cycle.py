r"""The vicious cycle: fewer people, fewer services, fewer young people; and where it tips.

A service is there with the chance :math:`A_v(P) = 1 / (1 + e^{-\beta_v (\ln P - \ln P_{50})})`,
:math:`\beta_v = \ln 4 / \ln (P_{80} / P_{50})`, of a population served P (published points at which
half and four fifths of places have it). With :math:`A` the mean over the bundle, the young (15-39)
leave by a factor :math:`e^{-\gamma \max(A(P_0) - A(P), 0)}` a year more, after a lag. Only losses
against the start count: what earlier losses did is in the rates already, and services gained
bring nobody back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.errors import BadInputError, Fault
from gangso.projection.kernel import Loop
from gangso.scenario.projection import FeedbackOptions
from gangso.scenario.services import Threshold

__all__ = ["Bundle", "bundle_of", "loop_of", "tipping_points"]

Floats = npt.NDArray[np.float64]

_LOG4 = float(np.log(4.0))  # logit of 0.8
YEARS = 10  # the evidence is over ten years


@dataclass(frozen=True, eq=False)
class Bundle:
    """The services of one vintage.

    Attributes
    ----------
    vintage : str
        Key of the bundle; empty if the scenario names none.
    services : tuple of str
        Keys of the thresholds.
    middle, slope : ndarray, shape (v,)
        Log population of the 50 % point, and steepness.
    """

    vintage: str
    services: tuple[str, ...]
    middle: Floats
    slope: Floats

    def presence(self, people: Floats) -> Floats:
        """Mean chance of a service.

        Parameters
        ----------
        people : ndarray
            Population served.

        Returns
        -------
        ndarray
            In [0, 1], of the same shape.
        """
        log = np.log(np.maximum(people, 1e-9))[..., None]
        return np.asarray((1.0 / (1.0 + np.exp(-self.slope * (log - self.middle)))).mean(axis=-1))


def bundle_of(options: FeedbackOptions, thresholds: Mapping[str, Threshold]) -> Bundle:
    """Take the services of the vintage asked for.

    Parameters
    ----------
    options : FeedbackOptions
        Vintage and bundles.
    thresholds : mapping of str to Threshold
        Population at which half and four fifths of places have a service.

    Returns
    -------
    Bundle
        Services with both points; empty if the territory has no thresholds.

    Raises
    ------
    BadInputError
        If the vintage, a service or one of its points is unknown.
    """
    vintage = options.vintage or next(iter(options.bundles), "")
    faults = []
    if vintage and vintage not in options.bundles:
        known = ", ".join(options.bundles) or "–"
        faults.append(_fault("projection_vintage", "vintage", vintage, known))
    both = {k: t for k, t in thresholds.items() if t.population_80 is not None}
    # A threshold without width would be a step, not a logistic curve.
    both = {k: t for k, t in both.items() if (t.population_80 or 0) > t.population_50}
    asked = options.bundles.get(vintage, tuple(both))
    for service in asked:
        if service not in both:
            faults.append(_fault("projection_service", "bundles", service, ", ".join(both)))
    if faults:
        raise BadInputError(faults)
    half = np.array([both[key].population_50 for key in asked], dtype=float)
    most = np.array([both[key].population_80 for key in asked], dtype=float)
    return Bundle(vintage, asked, np.log(half), _LOG4 / np.log(most / half))


def _fault(kind: str, column: str, value: str, known: str) -> Fault:
    name = f"projection.feedback.{column}"
    return Fault(kind, "scenario", column=name, value=value, details={"known": known})


def yearly(loss: float, young: float) -> float:
    r"""Turn a loss over ten years into a log rate of the young.

    Parameters
    ----------
    loss : float
        Share of the population lost over ten years, in [0, 1).
    young : float
        Share of the young among all.

    Returns
    -------
    float
        :math:`\gamma = -\ln(1 - \text{loss} / \text{young}) / 10`.
    """
    return float(-np.log1p(-min(loss / young, 0.99)) / YEARS)


def loop_of(
    options: FeedbackOptions,
    bundle: Bundle,
    strength: str,
    young: float,
    alliance: npt.NDArray[np.int64],
) -> Loop:
    """Make the loop that the kernel runs.

    Parameters
    ----------
    options : FeedbackOptions
        Strengths and lag.
    bundle : Bundle
        Services.
    strength : {"off", "low", "mid", "high"}
        Which strength.
    young : float
        Share of the nation that is young at the start.
    alliance : ndarray of int, shape (n,)
        Number of the alliance; -1 for none.

    Returns
    -------
    Loop
        The loop; with strength 0 when off.
    """
    losses = {str(key): value for key, value in options.loss_in_ten_years.items()}
    loss = losses.get(strength, 0.0)  # off is in no range: nothing is lost
    return Loop(
        strength=yearly(loss, young) if loss else 0.0,
        lag=options.lag,
        middle=bundle.middle,
        slope=bundle.slope,
        alliance=alliance,
        start=options.alliance_from,
    )


def tipping_points(
    codes: Sequence[str],
    people: Floats,
    later: Floats,
    young: Floats,
    bundle: Bundle,
    options: FeedbackOptions,
) -> pd.DataFrame:
    r"""Below which population, and from which strength on, a place does not recover.

    Suppose that at some later time a turnaround brought r per cent of growth a year. The
    services lost by then still drive out :math:`g(P) = w\,\gamma\,(A(P_0) - A(P))` a year, w
    being the share of the young. Where :math:`g(P) > r` the place shrinks on: P falls, g
    rises, and only a larger turnaround ends it. The *tipping population* P* is where both are
    equal; the *tipping strength* is the loss over ten years at which the place, as projected,
    would already be there.

    Parameters
    ----------
    codes : sequence of str
        Municipalities.
    people, later : ndarray, shape (n,)
        Population at the start, and at the end of the projection without feedback.
    young : ndarray, shape (n,)
        Share of the young at the start.
    bundle : Bundle
        Services.
    options : FeedbackOptions
        Strengths, and r.

    Returns
    -------
    DataFrame
        Index ``municipality``; ``presence`` and ``presence_later`` (mean chance of a service),
        ``tipping_strength`` (loss over ten years; missing where no strength under 25 % does
        it), and for every strength ``tipping_<strength>`` (persons; missing where even
        without any service the turnaround wins) and ``tips_<strength>`` (whether the place is
        below it at the end of the projection).
    """
    rate = options.return_pct / 100.0
    start, end = bundle.presence(people), bundle.presence(later)
    lost = np.maximum(start - end, 0.0)
    frame: dict[str, npt.NDArray[Any]] = {"presence": start, "presence_later": end}
    # w gamma lost = r, gamma = -ln(1 - loss / w) / 10, solved for the loss.
    with np.errstate(divide="ignore", over="ignore"):
        needed = young * (1.0 - np.exp(-YEARS * rate / (young * np.maximum(lost, 1e-12))))
    frame["tipping_strength"] = np.where(needed < 0.25, needed, np.nan)
    for key, loss in options.loss_in_ten_years.items():
        gamma = np.array([yearly(loss, share) for share in young])
        target = start - rate / np.maximum(young * gamma, 1e-12)
        point = np.where(target > 0, _inverse(bundle, target, people), np.nan)
        frame[f"tipping_{key}"] = point
        frame[f"tips_{key}"] = later < point
    return pd.DataFrame(frame, index=pd.Index(list(codes), name="municipality", dtype="str"))


def _inverse(bundle: Bundle, presence: Floats, people: Floats) -> Floats:
    """Population at which the mean chance is so much, by bisection in its logarithm."""
    low, high = np.zeros(len(presence)), np.log(np.maximum(people, 2.0))
    for _ in range(60):
        middle = 0.5 * (low + high)
        less = bundle.presence(np.exp(middle)) < presence
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return np.asarray(np.exp(0.5 * (low + high)))
