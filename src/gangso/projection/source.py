"""From a territory to cohorts, and in words what had to be set aside."""

from __future__ import annotations

from gangso.diagnosis.decline import births
from gangso.errors import BadInputError, Fault
from gangso.projection.cohorts import WIDTH, Cohorts, read_cohorts
from gangso.scenario import DiagnosisOptions
from gangso.territory.model import Territory
from gangso.texts import LANGUAGES, say

__all__ = ["cohorts_of", "notes_of"]

_NAMED = 12


def cohorts_of(territory: Territory, diagnosis: DiagnosisOptions | None = None) -> Cohorts:
    """Take cohorts and recorded births out of a territory.

    Parameters
    ----------
    territory : Territory
        With the population table.
    diagnosis : DiagnosisOptions, optional
        Least coverage of births, and age limits of the index.

    Returns
    -------
    Cohorts
        What was observed.

    Raises
    ------
    MissingTableError
        If there is no population table.
    BadInputError
        If the table cannot be projected from, or an age limit cuts through a group.
    """
    diagnosis = diagnosis or DiagnosisOptions()
    limits = ("women_from_age", "women_below_age", "old_from_age")
    cut = [name for name in limits if getattr(diagnosis, name) % WIDTH]
    if cut:
        raise BadInputError(
            Fault(
                "age_bound",
                "scenario",
                column=f"diagnosis.{name}",
                value=str(getattr(diagnosis, name)),
                details={"known": f"0, {WIDTH}, {2 * WIDTH} ..."},
            )
            for name in cut
        )
    table = territory.require("population")
    recorded = births(territory.indicators, diagnosis)["births"]
    return read_cohorts(table, territory.municipalities["province"].astype("str"), recorded)


def notes_of(cohorts: Cohorts, territory: Territory) -> tuple[dict[str, str], ...]:
    """Name everyone whose figures are incomplete, and what was done about it.

    Parameters
    ----------
    cohorts : Cohorts
        What was observed.
    territory : Territory
        For the names.

    Returns
    -------
    tuple of dict of str to str
        One note each, by language.
    """
    found = []
    for kind, codes in cohorts.unusable.items():
        note = {}
        for lang in LANGUAGES:
            names = territory.names(lang).reindex(list(codes)).astype("str").tolist()
            shown = ", ".join(names[:_NAMED])
            if len(names) > _NAMED:
                shown = say("diagnosis.and_more", lang, names=shown, count=len(names) - _NAMED)
            note[lang] = say(f"projection.note.{kind}", lang, names=shown, count=len(names))
        found.append(note)
    return tuple(found)
