"""The diagnosis in words: how each figure is defined, what is missing, what that costs."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from gangso.diagnosis.ledger import ledger_population, left_out_groups
from gangso.scenario import DiagnosisOptions
from gangso.territory.model import Territory
from gangso.texts import LANGUAGES, say

__all__ = ["class_label", "definitions", "notes"]


def _both(key: str, **values: object) -> dict[str, str]:
    return {lang: say(key, lang, **values) for lang in LANGUAGES}


def definitions(territory: Territory, options: DiagnosisOptions) -> tuple[dict[str, str], ...]:
    """Define in words every figure that the data allow.

    Parameters
    ----------
    territory : Territory
        The territory.
    options : DiagnosisOptions
        Thresholds.

    Returns
    -------
    tuple of dict of str to str
        One definition each, by language.
    """
    return tuple(_definitions(territory, options))


def _definitions(territory: Territory, options: DiagnosisOptions) -> Iterator[dict[str, str]]:
    if territory.population is not None:
        yield _both(
            "diagnosis.define.index",
            women_from=options.women_from_age,
            women_to=options.women_below_age - 1,
            old=options.old_from_age,
        )
        classes = sorted(options.classes, key=lambda item: -item.at_least)
        yield {
            lang: say(
                "diagnosis.define.classes",
                lang,
                classes=", ".join(
                    say(
                        "diagnosis.define.one_class",
                        lang,
                        label=class_label(item.key, lang),
                        at_least=item.at_least,
                    )
                    for item in classes
                ),
            )
            for lang in LANGUAGES
        }
        yield _both("diagnosis.define.change")
    if territory.indicators is not None:
        yield _both(
            "diagnosis.define.births",
            threshold=options.births_threshold,
            coverage=options.births_coverage,
        )
        yield _both("diagnosis.define.delivery")
    if territory.finance is not None:
        yield _both("diagnosis.define.finance")
    yield from _ledger_definitions(territory, options)


def class_label(key: str, lang: str) -> str:
    """Name of a class of the index, or its key if the scenario brought its own classes.

    Parameters
    ----------
    key : str
        Key of the class.
    lang : {"ko", "en"}
        Language.

    Returns
    -------
    str
        The name.
    """
    if key in ("very_low", "normal", "caution", "entering", "high"):
        return say(f"diagnosis.class.{key}", lang)
    return key


def _ledger_definitions(
    territory: Territory, options: DiagnosisOptions
) -> Iterator[dict[str, str]]:
    ledger = options.ledger
    _, year, item = ledger_population(territory, ledger)
    known = territory.metadata.items.get(item)
    out: dict[str, str] = {}
    for lang in LANGUAGES:
        label = say(f"diagnosis.{item}", lang) if item in ("registered", "residents") else item
        if known is not None:
            label = known.label.get(lang, item)
        out[lang] = say(
            "diagnosis.define.ledger",
            lang,
            threshold=ledger.threshold,
            population=label,
            year=say("diagnosis.year_unknown", lang) if year is None else year,
        )
    yield out
    groups = left_out_groups(ledger, territory.metadata.items)
    if groups:
        first = groups[0][1]
        yield {lang: say("diagnosis.define.land", lang, left_out=first[lang]) for lang in LANGUAGES}


def notes(
    territory: Territory, options: DiagnosisOptions, cohort: pd.DataFrame, born: pd.DataFrame
) -> tuple[dict[str, str], ...]:
    """Say what is missing and what that costs.

    Parameters
    ----------
    territory : Territory
        The territory.
    options : DiagnosisOptions
        Thresholds.
    cohort : DataFrame
        As returned by `ageing`.
    born : DataFrame
        As returned by `births`.

    Returns
    -------
    tuple of dict of str to str
        One note each, by language.
    """
    return tuple(_notes(territory, options, cohort, born))


def _notes(
    territory: Territory, options: DiagnosisOptions, cohort: pd.DataFrame, born: pd.DataFrame
) -> Iterator[dict[str, str]]:
    for table in ("population", "indicators", "finance"):
        if table in territory.missing:
            yield _both(f"missing.{table}")
    codes = territory.municipalities.index
    if territory.population is not None:
        nobody = cohort.index[cohort["share_65plus"] == 0]
        yield from _named(territory, _places(nobody), "diagnosis.note.nobody_old")
        partly = cohort.index[cohort["population"].isna()]
        yield from _named(territory, _places(partly), "diagnosis.note.incomplete")
        without = codes.difference(_places(cohort.index))
        yield from _named(territory, without, "diagnosis.note.no_cohorts")
    yield from _named(
        territory,
        _places(born.index[born["undercounted"]]),
        "diagnosis.note.undercounted",
        coverage=options.births_coverage,
    )
    population, _, _ = ledger_population(territory, options.ledger)
    unknown = population.index[population.isna()]
    yield from _named(territory, unknown, "diagnosis.note.ledger_unknown")


def _places(cells: pd.Index) -> pd.Index:
    return cells.get_level_values("municipality").unique().sort_values()


def _named(
    territory: Territory, codes: pd.Index, key: str, **values: object
) -> Iterator[dict[str, str]]:
    """Name the municipalities a note is about; no note when there is none."""
    if codes.empty:
        return
    out: dict[str, str] = {}
    for lang in LANGUAGES:
        names = territory.names(lang).reindex(codes).astype("str").tolist()
        shown = ", ".join(names[:_NAMED])
        if len(names) > _NAMED:
            shown = say("diagnosis.and_more", lang, names=shown, count=len(names) - _NAMED)
        out[lang] = say(key, lang, count=len(names), names=shown, **values)
    yield out


_NAMED = 12
