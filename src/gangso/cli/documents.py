"""Results as JSON documents and plain files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from gangso.alliances import Partition
from gangso.diagnosis import Diagnosis
from gangso.errors import BadInputError, Fault
from gangso.planning import Plan
from gangso.scenario import Scenario, read_scenario

__all__ = [
    "of_diagnosis",
    "of_partition",
    "of_plan",
    "read_certificate",
    "read_saved_scenario",
    "read_tables",
    "records",
]


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Write rows as mappings; what is missing is null.

    Parameters
    ----------
    frame : DataFrame
        The table.

    Returns
    -------
    list of dict
        The rows.
    """
    text = frame.to_json(orient="records", force_ascii=False, double_precision=12)
    return json.loads(text)  # type: ignore[no-any-return]


def of_diagnosis(diagnosis: Diagnosis, sources: Sequence[str]) -> dict[str, Any]:
    """Describe a diagnosis.

    Parameters
    ----------
    diagnosis : Diagnosis
        The diagnosis.
    sources : sequence of str
        Its sources.

    Returns
    -------
    dict
        The document.
    """
    return {
        "year": diagnosis.year,
        "ledger": records(diagnosis.ledger),
        "counts": records(diagnosis.counts.reset_index()),
        "definitions": list(diagnosis.definitions),
        "notes": list(diagnosis.notes),
        "sources": list(sources),
    }


def of_partition(found: Partition) -> dict[str, Any]:
    """Describe a partition.

    Parameters
    ----------
    found : Partition
        The partition.

    Returns
    -------
    dict
        The document.
    """
    return {
        "status": found.status,
        "cost": found.cost,
        "bound": found.bound,
        "gap": found.gap,
        "candidates": found.candidates,
        "alliances": records(found.alliances.reset_index()),
        "membership": records(found.membership.reset_index()),
        "criteria": records(found.criteria.reset_index()),
        "seconds": dict(found.seconds),
        "notes": list(found.notes),
    }


def of_plan(plan: Plan, out: Path, seconds: Mapping[str, float]) -> dict[str, Any]:
    """Describe a plan.

    Parameters
    ----------
    plan : Plan
        The plan.
    out : Path
        Where it was written.
    seconds : mapping of str to float
        How long each step took.

    Returns
    -------
    dict
        The document.
    """
    return {
        "out": str(out),
        "seconds": dict(seconds),
        "scenario": plan.scenario.model_dump(mode="json"),
        "fingerprint": plan.territory.fingerprint,
        "versions": dict(plan.versions),
        "partition": of_partition(plan.partition),
    }


def read_certificate(folder: Path) -> Mapping[str, Any]:
    """Read the certificate of a plan.

    Parameters
    ----------
    folder : Path
        Folder of the plan.

    Returns
    -------
    mapping
        The certificate.

    Raises
    ------
    BadInputError
        If there is none, or it is no JSON object.
    """
    path = _part(folder, "certificate.json")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error)) from error
    if not isinstance(content, dict):
        raise _unreadable(path, type(content).__name__)
    return content


def read_saved_scenario(folder: Path) -> dict[str, Any]:
    """Read the resolved scenario of a plan, without what only records how it was made.

    Parameters
    ----------
    folder : Path
        Folder of the plan.

    Returns
    -------
    dict
        Fragment for `gangso.scenario.resolve`; its territory is found from here, as the file
        names it relative to itself.

    Raises
    ------
    BadInputError
        If there is none, or it cannot be read.
    """
    content = read_scenario(_part(folder, "scenario.yaml"))
    saved = {key: value for key, value in content.items() if key in Scenario.model_fields}
    package = saved.get("territory")
    if isinstance(package, str) and package != "korea" and (folder / package).exists():
        saved["territory"] = str(folder / package)
    return saved


def read_tables(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the tables of a plan that the certificate speaks of.

    Parameters
    ----------
    folder : Path
        Folder of the plan.

    Returns
    -------
    alliances : DataFrame
        Index ``alliance``.
    membership : DataFrame
        Index ``code``.

    Raises
    ------
    BadInputError
        If one is missing or cannot be read.
    """
    tables = []
    for name, key in (("alliances", "alliance"), ("membership", "code")):
        path = _part(folder, f"tables/{name}.parquet")
        try:
            table = pd.read_parquet(path)
        except (OSError, ValueError) as error:
            raise _unreadable(path, str(error)) from error
        if table.index.name != key and key not in table.columns:
            raise BadInputError([Fault("plan_lacks", f"plan/{name}", None, key)])
        tables.append(table if table.index.name == key else table.set_index(key))
    return tables[0], tables[1]


def _part(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        details = {"missing": name}
        raise BadInputError([Fault("not_a_plan", "plan", value=str(folder), details=details)])
    return path


def _unreadable(path: Path, message: str) -> BadInputError:
    details = {"message": message}
    return BadInputError([Fault("plan_unreadable", "plan", value=str(path), details=details)])
