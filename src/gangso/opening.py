"""What a scenario names, opened: its territory, its files, the groupings to set beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gangso.alliances import Grouping, Partition, groupings_of
from gangso.errors import BadInputError, Fault
from gangso.scenario import Scenario, read_scenario, read_wishes, resolve
from gangso.territory import Territory, korea
from gangso.territory.load import load
from gangso.territory.read import read_csv
from gangso.texts import LANGUAGES

__all__ = ["open_groupings", "open_scenario", "open_territory"]


def open_territory(name: str) -> Territory:
    """Load the territory that a scenario names.

    Parameters
    ----------
    name : str
        ``"korea"`` for the embedded data set, or the path of a package.

    Returns
    -------
    Territory
        The territory.

    Raises
    ------
    BadInputError
        With every fault of the package.
    """
    return korea() if name == "korea" else load(Path(name))


def open_scenario(
    *layers: Mapping[str, Any] | Path | str | None, territory: Territory | None = None
) -> tuple[Scenario, Territory]:
    """Load the territory and lay the fragments over the one that it carries.

    Parameters
    ----------
    *layers : mapping, Path, str or None
        Fragments, or scenario files, from the weakest to the strongest. A path of a package
        in a file is relative to that file.
    territory : Territory, optional
        The territory, if it is already at hand.

    Returns
    -------
    scenario : Scenario
        The resolved scenario.
    territory : Territory
        Its territory.

    Raises
    ------
    BadInputError
        With every fault of the scenario or of the package.
    """
    fragments = [_fragment(layer) for layer in layers if layer is not None]
    named = [str(fragment["territory"]) for fragment in fragments if "territory" in fragment]
    name = named[-1] if named else "korea"
    if territory is None:
        territory = open_territory(name)
    else:
        name = territory.metadata.name
    language = {"language": territory.metadata.spoken}
    below = (language, territory.metadata.scenario, *fragments, {"territory": name})
    return resolve(*below), territory


def _fragment(layer: Mapping[str, Any] | Path | str) -> Mapping[str, Any]:
    if isinstance(layer, Mapping):
        return layer
    layer = Path(layer)
    fragment = read_scenario(layer)
    named = fragment.get("territory")
    if isinstance(named, str) and named != "korea":
        fragment = {**fragment, "territory": str(layer.parent / named)}
    answers = fragment.get("answers")
    if isinstance(answers, Mapping) and isinstance(answers.get("groupings"), list):
        # A grouping is a file beside the scenario, or a name of the territory's table.
        listed = [
            str(layer.parent / name) if (layer.parent / str(name)).is_file() else name
            for name in answers["groupings"]
        ]
        fragment = {**fragment, "answers": {**answers, "groupings": listed}}
    alliances = fragment.get("alliances")
    if isinstance(alliances, Mapping) and isinstance(alliances.get("wishes"), str):
        # The resolved scenario carries the table itself.
        wishes = read_wishes(layer.parent / alliances["wishes"])
        fragment = {**fragment, "alliances": {**alliances, "wishes": wishes}}
    return fragment


def open_groupings(found: Partition, named: Sequence[str] | None) -> list[Grouping]:
    """Gather the groupings to score beside a plan.

    Parameters
    ----------
    found : Partition
        The plan.
    named : sequence of str, optional
        Names of the territory's table, or CSV files with the columns ``name`` (of the
        group) and ``municipality`` (code); by default all of the table.

    Returns
    -------
    list of Grouping
        The groupings.

    Raises
    ------
    BadInputError
        If a name is neither in the table nor a file, or a file cannot be read.
    """
    own = {grouping.name: grouping for grouping in groupings_of(found)}
    if named is None:
        return list(own.values())
    faults: list[Fault] = []
    groupings = []
    for name in named:
        if name in own:
            groupings.append(own[name])
            continue
        path = Path(name)
        if not path.is_file():
            known = ", ".join(own) or "-"
            details = {"known": known}
            faults.append(Fault("no_grouping", "groupings", None, None, name, details))
            continue
        table, found_faults = read_csv(path.read_bytes(), path.name)
        faults += found_faults
        if table is None:
            continue
        meanings = {"name": "Name of the group", "municipality": "Municipality code"}
        lacking = [column for column in meanings if column not in table]
        listed = ", ".join(table.columns)
        faults += [
            Fault(
                "missing_column", path.name, 1, column, None,
                {"found": listed, "description": meanings[column]},
            )
            for column in lacking
        ]  # fmt: skip
        if not lacking:
            rows = table[["name", "municipality"]].dropna()
            groupings.append(Grouping(path.stem, dict.fromkeys(LANGUAGES, path.stem), rows))
    if faults:
        raise BadInputError(faults)
    return groupings
