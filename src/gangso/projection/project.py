"""The projection of a territory: the plain path, the cycle, chance, and what alliances change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.engine import Engine, open_engine
from gangso.projection.backtest import Choice, History, choose
from gangso.projection.chance import Noise, draw_shocks, learn_noise
from gangso.projection.cohorts import Cohorts
from gangso.projection.cycle import Bundle, bundle_of, loop_of, tipping_points
from gangso.projection.kernel import Inputs, Loop, run_draws
from gangso.projection.model import carry_on, inputs_of
from gangso.projection.moves import moves_of
from gangso.projection.source import cohorts_of, notes_of
from gangso.projection.tables import (
    age_table,
    effect_age_table,
    effect_table,
    first_years,
    nation_table,
    place_table,
)
from gangso.scenario import DiagnosisOptions, Scenario
from gangso.scenario.projection import ProjectionOptions
from gangso.territory.model import Territory
from gangso.texts import LANGUAGES, say

__all__ = ["Prepared", "Projection", "prepare", "project", "simulate"]

Floats = npt.NDArray[np.float64]
STRENGTHS = ("low", "mid", "high")
_PIECE = 25  # futures a piece of work


@dataclass(frozen=True, eq=False)
class Projection:
    """What will happen, with its uncertainty; and what a plan changes, if one was given.

    Attributes
    ----------
    base_year : int
        Last year observed.
    horizon, draws : int
        Years ahead; simulated futures behind the intervals.
    strength : str
        Feedback of the main projection: ``off``, ``low``, ``mid`` or ``high``.
    choice : Choice
        Figures chosen on past windows.
    bundle : Bundle
        Services of the cycle.
    places : DataFrame
        Index (``municipality``, ``year``), base year included: ``population``, ``births``,
        ``deaths``, ``net_migration`` (persons; population(t) = population(t - 1) + births -
        deaths + net_migration), ``extinction_index``, ``extinction_class``, bounds of 80 %
        intervals ``population_low``, ``population_high``, ``births_low`` ..., ``index_high``,
        and ``population_off``, ``population_low_feedback``, ``population_mid_feedback``,
        ``population_high_feedback``: the same without chance for every strength.
    ages : DataFrame
        ``municipality``, ``year`` (base and every fifth year), ``sex``, ``age``, ``persons``.
    nation : DataFrame
        Index ``year``; sums with their intervals, and the number of places in each class.
    first_years : DataFrame
        Index ``municipality``; first year with births and index under their thresholds:
        ``births_year``, ``index_year`` (median of the futures; 0 = already so; missing = not
        within the horizon in half of the futures), bounds ``_low`` and ``_high``, and ``_share`` of
        futures in which it happens.
    tipping : DataFrame or None
        As returned by `tipping_points`; None without thresholds.
    effect : DataFrame or None
        With the plan less without it, by municipality and year (every fifth): ``low``,
        ``mid``, ``high`` (persons, by strength of the feedback), ``mid_low`` and
        ``mid_high`` (80 % interval over the futures), ``young`` (aged 15 to 39, mid). None
        without a membership.
    effect_ages : DataFrame or None
        The same by municipality, year and age group (``low``, ``mid``, ``high``), of the
        allied municipalities.
    notes : tuple of dict
        What was set aside and what is assumed, by language.
    """

    base_year: int
    horizon: int
    draws: int
    strength: str
    choice: Choice
    bundle: Bundle
    places: pd.DataFrame
    ages: pd.DataFrame
    nation: pd.DataFrame
    first_years: pd.DataFrame
    tipping: pd.DataFrame | None
    effect: pd.DataFrame | None
    effect_ages: pd.DataFrame | None
    notes: tuple[dict[str, str], ...]


@dataclass(frozen=True, eq=False)
class Prepared:
    """Everything that does not depend on feedback, plan or chance.

    Attributes
    ----------
    cohorts : Cohorts
        What was observed.
    choice : Choice
        Figures chosen on past windows.
    inputs : Inputs
        Rates by year ahead.
    noise : Noise
        Size and shape of chance.
    """

    cohorts: Cohorts
    choice: Choice
    inputs: Inputs
    noise: Noise


def prepare(
    territory: Territory, options: ProjectionOptions, diagnosis: DiagnosisOptions
) -> Prepared:
    """Look back: ages, choice, rates, errors of the past.

    Parameters
    ----------
    territory : Territory
        The data.
    options : ProjectionOptions
        What is asked for.
    diagnosis : DiagnosisOptions
        Coverage of births, limits of the index.

    Returns
    -------
    Prepared
        For `project`; the same for every feedback and every plan.

    Raises
    ------
    BadInputError
        If the data do not allow a projection.
    """
    cohorts = cohorts_of(territory, diagnosis)
    history = History(cohorts)
    base = cohorts.years[-1]
    choice = choose(history, base, options.rates)
    rates = history.rates(base, options.rates, choice.chosen.level_memory)
    given = {year - base: persons for year, persons in options.national_total.items()}
    moves = None
    if options.migration == "multiregional":
        moves = moves_of(territory, cohorts, options.flow_kind)
    inputs = inputs_of(
        rates, options.rates, choice.chosen, options.horizon, given=given, moves=moves
    )
    noise = learn_noise(history, base, options.rates, choice.chosen, diagnosis)
    return Prepared(cohorts, choice, inputs, noise)


@dataclass(frozen=True, eq=False)
class _Job:
    """What every piece of work reads."""

    inputs: Inputs
    loops: tuple[Loop, ...]
    noise: Noise
    province: npt.NDArray[np.int64]
    order: npt.NDArray[np.int64]
    entropy: int
    bounds: npt.NDArray[np.int64]


def _futures(job: _Job, draws: range) -> list[npt.NDArray[np.float32]]:
    """Simulate some futures under every loop, with the same chance for each."""
    years = len(job.inputs.level)
    shocks, fertility = draw_shocks(job.noise, job.province, job.order, years, job.entropy, draws)
    return [
        run_draws(job.inputs, loop, shocks, job.noise.load, fertility, job.bounds).astype(
            np.float32
        )
        for loop in job.loops
    ]


def project(
    territory: Territory,
    scenario: Scenario,
    *,
    membership: pd.Series | None = None,
    prepared: Prepared | None = None,
    engine: Engine | None = None,
    progress: Callable[[float], None] | None = None,
) -> Projection:
    """Project a territory, with feedback and uncertainty, with and without a plan.

    Parameters
    ----------
    territory : Territory
        The data; needs the population table.
    scenario : Scenario
        Options of projection and diagnosis, thresholds of services, seed.
    membership : Series of str, optional
        Alliance by code of municipality, missing for those alone: the plan whose effect is
        to be measured. The main projection stays the one without it.
    prepared : Prepared, optional
        Saves looking back, if it is at hand.
    engine : Engine, optional
        Where futures are simulated; here by default. Results do not depend on it.
    progress : callable, optional
        Told the share done.

    Returns
    -------
    Projection
        Paths, intervals, thresholds, tipping points and the effect of the plan.

    Raises
    ------
    MissingTableError
        If there is no population table, or no flows for the multiregional option.
    BadInputError
        If the data do not allow a projection.
    """
    options, diagnosis = scenario.projection, scenario.diagnosis
    tell = progress or (lambda _: None)
    prepared = prepared or prepare(territory, options, diagnosis)
    cohorts, inputs = prepared.cohorts, prepared.inputs
    tell(0.4)
    bundle = bundle_of(options.feedback, scenario.services.thresholds)
    count, years = len(cohorts.codes), options.horizon
    base = cohorts.persons[:, -1]
    young = float(base[:, :, 3:8].sum() / base.sum())
    nobody = np.full(count, -1, dtype=np.int64)
    allied = nobody if membership is None else _numbers(membership, cohorts.codes)

    def loop(strength: str, alliance: npt.NDArray[np.int64]) -> Loop:
        return loop_of(options.feedback, bundle, strength, young, alliance)

    main = options.feedback.strength if len(bundle.services) else "off"
    paths = {key: carry_on(inputs, years, loop(key, nobody)) for key in ("off", *STRENGTHS)}
    with_plan = {}
    if membership is not None:
        with_plan = {key: carry_on(inputs, years, loop(key, allied)) for key in STRENGTHS}
    tell(0.5)
    # Futures with the plan are only needed for the interval of its effect.
    of_effect = main if main != "off" else "mid"
    loops = [loop(main, nobody)]
    if membership is not None and len(bundle.services):
        loops += [loop(of_effect, nobody)] if main != of_effect else []
        loops.append(loop(of_effect, allied))
    futures = simulate(prepared, scenario, tuple(loops), engine, lambda s: tell(0.5 + 0.45 * s))
    path, shown = paths[main], cohorts.years[-1]
    places = place_table(cohorts, path, paths, futures[0], diagnosis)
    effect = effect_ages = None
    if with_plan:
        # The same chance with and without: the futures differ by the plan alone.
        pair = (futures[-2], futures[-1]) if len(loops) > 1 else None
        effect = effect_table(cohorts, paths, with_plan, pair)
        effect_ages = effect_age_table(cohorts, paths, with_plan, allied)
    tipping = None
    if len(bundle.services):
        tipping = tipping_points(
            cohorts.codes,
            cohorts.totals[:, -1],
            paths["off"].totals[-1],
            base[:, :, 3:8].sum(axis=(1, 2)) / base.sum(axis=(1, 2)),
            bundle,
            options.feedback,
        )
    return Projection(
        base_year=shown,
        horizon=years,
        draws=options.draws,
        strength=main,
        choice=prepared.choice,
        bundle=bundle,
        places=places,
        ages=age_table(cohorts, path),
        nation=nation_table(places, futures[0], diagnosis),
        first_years=first_years(cohorts, path, futures[0], diagnosis),
        tipping=tipping,
        effect=effect,
        effect_ages=effect_ages,
        notes=(*notes_of(cohorts, territory), *_assumptions(scenario, prepared, bundle)),
    )


def _numbers(membership: pd.Series, codes: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Number the alliances; one member alone is none."""
    of = membership.reindex(list(codes))
    numbers = pd.factorize(of)[0].astype(np.int64)  # missing is -1
    size = np.bincount(numbers[numbers >= 0], minlength=numbers.max() + 1)
    alone = (numbers >= 0) & (size[np.maximum(numbers, 0)] < 2) if len(size) else numbers >= 0
    return np.where(alone, -1, numbers)


def simulate(
    prepared: Prepared,
    scenario: Scenario,
    loops: tuple[Loop, ...],
    engine: Engine | None,
    tell: Callable[[float], None],
) -> list[npt.NDArray[np.float32]]:
    """Simulate futures: residents, index, births and the young of every place and year.

    Parameters
    ----------
    prepared : Prepared
        Rates and chance.
    scenario : Scenario
        Number of futures, horizon, seed, limits of the index.
    loops : tuple of Loop
        Feedbacks; the chance is the same under each.
    engine : Engine or None
        Where futures are simulated; here if None.
    tell : callable
        Told the share done.

    Returns
    -------
    list of ndarray of float32, shape (D, 4, H, n)
        One a loop.
    """
    options, cohorts = scenario.projection, prepared.cohorts
    limits = scenario.diagnosis
    job = _Job(
        inputs=prepared.inputs,
        loops=loops,
        noise=prepared.noise,
        province=cohorts.province,
        order=np.argsort(np.argsort(np.array(cohorts.codes))),
        entropy=scenario.seed,
        bounds=np.array([limits.women_from_age, limits.women_below_age, limits.old_from_age]),
    )
    pieces = [
        range(start, min(start + _PIECE, options.draws))
        for start in range(0, options.draws, _PIECE)
    ]
    running = engine or open_engine()
    done = running.map(
        _futures, pieces, shared=job, progress=lambda now, all_: tell(now / max(all_, 1))
    )
    shape = (0, 4, options.horizon, len(cohorts.codes))
    none = np.empty(shape, dtype=np.float32)
    return [
        np.concatenate([none, *(piece[number] for piece in done)]) for number in range(len(loops))
    ]


def _assumptions(
    scenario: Scenario, prepared: Prepared, bundle: Bundle
) -> tuple[dict[str, str], ...]:
    """Say what is data, what is evidence and what is assumption."""
    options = scenario.projection
    chosen = prepared.choice.chosen
    loss = options.feedback.loss_in_ten_years
    notes = [
        {lang: say("projection.note.data", lang, base=prepared.cohorts.years[-1],
                   first=prepared.cohorts.known_years[0]) for lang in LANGUAGES},
        {lang: say("projection.note.deaths", lang) for lang in LANGUAGES},
        {lang: say(
            "projection.note.chosen", lang, memory=chosen.level_memory,
            damping=chosen.level_damping, trend=chosen.fertility_trend,
            windows=len(prepared.choice.windows),
        ) for lang in LANGUAGES},
        {lang: say("projection.note.chance", lang, errors=prepared.noise.errors,
                   share=prepared.noise.province_share) for lang in LANGUAGES},
    ]  # fmt: skip
    notes.append({lang: say("projection.note.nation", lang) for lang in LANGUAGES})
    if bundle.services:
        names = {
            lang: ", ".join(
                scenario.services.thresholds[key].label.get(lang, key) for key in bundle.services
            )
            for lang in LANGUAGES
        }
        notes.append({lang: say(
            "projection.note.evidence", lang, services=names[lang], source=options.feedback.source,
        ) for lang in LANGUAGES})  # fmt: skip
        notes.append({lang: say(
            "projection.note.assumption", lang, low=loss.get("low", 0), mid=loss.get("mid", 0),
            high=loss.get("high", 0), lag=options.feedback.lag,
        ) for lang in LANGUAGES})  # fmt: skip
    else:
        notes.append({lang: say("projection.note.no_thresholds", lang) for lang in LANGUAGES})
    if options.migration == "multiregional":
        notes.append({lang: say("projection.note.multiregional", lang) for lang in LANGUAGES})
    return tuple(notes)
