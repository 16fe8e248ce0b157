"""The services of a nation in a few rows, for screens and briefs."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from gangso.scenario import ServicesOptions
from gangso.services.result import Services
from gangso.services.sustain import sustainable
from gangso.texts import LANGUAGES, say

__all__ = ["proxies", "standards_overview", "thresholds_overview", "unmeasured_lines"]


def standards_overview(found: Services, options: ServicesOptions) -> pd.DataFrame:
    """Gather what the nation lacks, one row a measured standard.

    Parameters
    ----------
    found : Services
        The measurement.
    options : ServicesOptions
        What was asked for.

    Returns
    -------
    DataFrame
        ``standard``, ``label_ko``, ``label_en``, ``level``, ``minutes``, ``group``,
        ``residents_beyond``, ``residents_share``, ``group_beyond``, ``group_share``,
        ``women_share`` (15–49), ``worst`` (municipality with the largest share of the group),
        ``worst_share``, ``source`` (missing: the user's own).
    """
    rows = []
    for key in found.minutes:
        standard = options.standards[str(key)]
        nation = found.nation[found.nation["standard"] == key].set_index("group")
        local = found.municipalities[
            (found.municipalities["standard"] == key)
            & (found.municipalities["group"] == standard.group)
        ].set_index("area")["share_beyond"]
        group = nation.reindex([standard.group]).iloc[0]
        rows.append(
            {
                "standard": key,
                **{f"label_{lang}": standard.label.get(lang, str(key)) for lang in LANGUAGES},
                "level": standard.level,
                "minutes": standard.minutes,
                "group": standard.group,
                "residents_beyond": nation["beyond"].get("all"),
                "residents_share": nation["share_beyond"].get("all"),
                "group_beyond": group["beyond"],
                "group_share": group["share_beyond"],
                "women_share": nation["share_beyond"].get("women_15_49"),
                "worst": local.idxmax() if local.notna().any() else None,
                "worst_share": local.max(),
                "source": standard.source,
            }
        )
    columns = [
        "standard", "label_ko", "label_en", "level", "minutes", "group", "residents_beyond",
        "residents_share", "group_beyond", "group_share", "women_share", "worst", "worst_share",
        "source",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def thresholds_overview(
    population: pd.Series, alliances: pd.Series, options: ServicesOptions
) -> pd.DataFrame:
    """Count who sustains each service alone, and who only together.

    Parameters
    ----------
    population : Series
        Residents by municipality: those to be counted.
    alliances : Series
        Alliance of each of them; missing for those without one.
    options : ServicesOptions
        Thresholds.

    Returns
    -------
    DataFrame
        ``service``, ``label_ko``, ``label_en``, ``population_50``, ``population_80``,
        ``confidence``, ``municipalities``, ``alone_50``, ``alone_80``, ``together_50``,
        ``together_80`` (of the municipalities, counting those whose alliance reaches the
        point), ``source``; from the smallest threshold to the largest.
    """
    members = alliances.reindex(population.index)
    total = population.groupby(members).sum()
    shared = members.map(total).fillna(population)
    alone = sustainable(population, options.thresholds)
    together = sustainable(shared, options.thresholds)
    rows = [
        {
            "service": key,
            **{f"label_{lang}": threshold.label.get(lang, key) for lang in LANGUAGES},
            "population_50": threshold.population_50,
            "population_80": threshold.population_80,
            "confidence": threshold.confidence,
            "municipalities": len(population),
            "alone_50": int((alone[key] != "no").sum()),
            "alone_80": int((alone[key] == "safe").sum()),
            "together_50": int((together[key] != "no").sum()),
            "together_80": int((together[key] == "safe").sum()),
            "source": threshold.source,
        }
        for key, threshold in options.thresholds.items()
    ]
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    return table.sort_values(["population_50", "service"], ignore_index=True, kind="stable")


def proxies(found: Services, options: ServicesOptions) -> Mapping[str, tuple[str, ...]]:
    """Name every proxy and every assumed facility behind the figures, each once.

    Parameters
    ----------
    found : Services
        The measurement.
    options : ServicesOptions
        What was asked for.

    Returns
    -------
    mapping of str to tuple of str
        Sentences by language.
    """
    told: dict[str, tuple[str, ...]] = {}
    for lang in LANGUAGES:
        lines = []
        for key in found.minutes:
            standard = options.standards[str(key)]
            reasons = [rule.reason.get(lang, "") for rule in standard.assumed_where]
            lines += [
                say("services.note", lang, label=standard.label.get(lang, key), note=note)
                for note in (standard.note.get(lang, ""), *reasons)
                if note
            ]
        told[lang] = tuple(dict.fromkeys(lines))
    return told


def unmeasured_lines(found: Services, options: ServicesOptions, lang: str) -> tuple[str, ...]:
    """Say which standards could not be measured, gathered by reason.

    Parameters
    ----------
    found : Services
        The measurement.
    options : ServicesOptions
        What was asked for.
    lang : {"ko", "en"}
        Language.

    Returns
    -------
    tuple of str
        One line a reason.
    """
    tables = (
        options.standards, options.underserved, options.closures, options.catchments,
    )  # fmt: skip
    labels = {key: row.label.get(lang, key) for part in tables for key, row in part.items()}
    return tuple(
        say(
            "services.unmeasured",
            lang,
            reason=say(f"services.unmeasured.{reason}", lang),
            labels=", ".join(dict.fromkeys(labels.get(key, key) for key in keys)),
        )
        for reason, keys in found.unmeasured.groupby("reason", sort=False)["standard"]
    )
