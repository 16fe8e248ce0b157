"""What comes from outside: territory packages and scenarios, looked at before they are used."""

from __future__ import annotations

import logging
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from gangso.errors import BadInputError, Fault
from gangso.scenario import Scenario
from gangso.territory import Territory
from gangso.territory.load import load

__all__ = ["read_fragment", "refuse_costly", "refuse_files", "take_package"]

_LOG = logging.getLogger("gangso.workbench")

# Less than the command line takes: other people are waiting.
MOST_UNPACKED = 1 << 30
MOST_FILES = 200
MOST_SCENARIO = 1 << 20
# What a scenario may ask of a server that others wait for; the command line takes more.
MOST_ASKED = {
    "projection.draws": 500, "answers.robustness.draws": 1_000, "answers.alternatives.count": 10,
    "evaluation.draws": 2_000, "bases.nodes": 100_000, "alliances.priced_wishes": 100,
}  # fmt: skip
# A file must be what its name says before a library is let loose on it.
_BEGINS = {".gpkg": b"SQLite format 3\x00", ".parquet": b"PAR1", ".fgb": b"fgb"}


class _Plain(yaml.SafeLoader):
    """YAML without anchors, by which a few lines can unfold into gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse references to what was said before."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("references (*) are not taken")
        return super().compose_node(parent, index)


def _bad_scenario(message: str) -> BadInputError:
    return BadInputError([Fault("scenario", "scenario", details={"message": message})])


def read_fragment(text: str) -> dict[str, Any]:
    """Read a scenario file that somebody has sent.

    Parameters
    ----------
    text : str
        YAML.

    Returns
    -------
    dict
        The keys it names.

    Raises
    ------
    BadInputError
        If it is too large, or no YAML mapping.
    """
    if len(text) > MOST_SCENARIO:
        raise _bad_scenario(f"more than {MOST_SCENARIO:,} characters")
    try:
        content = yaml.load(text, _Plain)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _bad_scenario(str(error)[:300] or type(error).__name__) from error
    if content is None:
        return {}
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise _bad_scenario("a mapping is expected")
    return content


def refuse_files(fragment: Mapping[str, Any], territory: Territory) -> None:
    """Refuse a scenario that names files: it would have the server's own read.

    Parameters
    ----------
    fragment : mapping
        The scenario, as it was sent.
    territory : Territory
        Its territory, whose own groupings may be named.

    Raises
    ------
    BadInputError
        With every name that is none of the territory's.
    """
    answers = fragment.get("answers")
    named = answers.get("groupings") if isinstance(answers, Mapping) else None
    own: set[str] = set()
    if territory.groupings is not None:
        own = set(territory.groupings["grouping"].astype(str))
    faults = [
        Fault("no_grouping", "groupings", None, None, str(name)[:80],
              {"known": ", ".join(sorted(own)) or "-"})
        for name in (named if isinstance(named, list | tuple) else ())
        if str(name) not in own
    ]  # fmt: skip
    if faults:
        raise BadInputError(faults)


def refuse_costly(scenario: Scenario) -> None:
    """Refuse a scenario that would keep the server busy for hours, or fill its memory.

    Parameters
    ----------
    scenario : Scenario
        The scenario, resolved.

    Raises
    ------
    BadInputError
        With every option that asks for more than `MOST_ASKED`.
    """
    faults = []
    for name, most in MOST_ASKED.items():
        value: Any = scenario
        for part in name.split("."):
            value = getattr(value, part)
        if value > most:
            details = {"most": f"{most:,}"}
            faults.append(Fault("too_costly", "scenario", None, name, f"{value:,}", details))
    if faults:
        raise BadInputError(faults)


def take_package(path: Path) -> Territory:
    """Check an uploaded package and load it.

    Parameters
    ----------
    path : Path
        The zip, as it was sent.

    Returns
    -------
    Territory
        The territory.

    Raises
    ------
    BadInputError
        With every fault; nothing that it holds was written anywhere if it is a bomb or
        reaches out of its folder.
    """
    faults = _look_inside(path)
    if faults:
        raise BadInputError(faults)
    try:
        territory = load(path)
        refuse_files(territory.metadata.scenario, territory)
    except BadInputError:
        raise
    except Exception as error:
        # Whatever a broken file does to the libraries that read it, the sender is told; the
        # operator finds the rest in the log.
        _LOG.exception("an uploaded package could not be read")
        details = {"message": type(error).__name__}
        raise BadInputError(
            [Fault("unreadable_file", "package", None, None, "zip", details)]
        ) from error
    return territory


def _look_inside(path: Path) -> list[Fault]:
    faults: list[Fault] = []
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            total = sum(entry.file_size for entry in entries)
            if total > MOST_UNPACKED or len(entries) > MOST_FILES:
                return [Fault("archive_bomb", "package", value=f"{total:,}")]
            for entry in entries:
                begins = _BEGINS.get(os.path.splitext(entry.filename)[1].lower())  # noqa: PTH122
                if begins is None or entry.is_dir():
                    continue
                with archive.open(entry) as file:
                    head = file.read(len(begins))
                if head != begins:
                    faults.append(Fault("not_what_it_says", "package", value=entry.filename[:80]))
    except zipfile.BadZipFile:
        return [Fault("no_zip", "package")]
    except Exception as error:  # locked, cut off, of an unknown method: many kinds of error
        _LOG.exception("an uploaded archive could not be looked into")
        return [
            Fault("unreadable_file", "package", None, None, "zip",
                  {"message": type(error).__name__})
        ]  # fmt: skip
    return faults
