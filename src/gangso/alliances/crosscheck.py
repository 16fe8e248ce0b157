"""Does a saved plan say what its certificate proves, about the data it claims to be about?

`verify_certificate` shows that a certificate is sound in itself. A plan can still be wrong
around it: a table may name other members or another population, or the certificate may
rest on figures that are not the territory's. Both are checked here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from gangso.alliances.model import AllianceModel
from gangso.alliances.verify import Check
from gangso.scenario import Scenario
from gangso.territory.model import Territory
from gangso.territory.travel import travel_network

__all__ = ["check_data", "check_tables"]


def check_tables(
    certificate: Mapping[str, Any], alliances: pd.DataFrame, membership: pd.DataFrame
) -> Check:
    """Compare the tables of a plan with its certificate.

    Parameters
    ----------
    certificate : mapping
        The certificate, verified.
    alliances : DataFrame
        Table of alliances, index ``alliance``.
    membership : DataFrame
        Table of municipalities, index ``code``.

    Returns
    -------
    Check
        Passed, or naming the first alliance or municipality that differs.
    """
    codes = certificate["units"]
    population = certificate["measures"].get("population", {}).get("values")
    proven = {frozenset(codes[u] for u in group): group for group in certificate["plan"]}
    rows = {frozenset(str(row["members"]).split("|")): row for _, row in alliances.iterrows()}
    for members in proven.keys() ^ rows.keys():
        if len(members) > 1 or members in rows:
            return Check("tables", False, "|".join(sorted(members)))
    for alliance, row in alliances.iterrows():
        members = frozenset(str(row["members"]).split("|"))
        listed = set(membership.index[membership["alliance"] == alliance].astype("str"))
        if listed != members or row["size"] != len(members):
            return Check("tables", False, f"{alliance}: {sorted(listed ^ members)}")
        if population is not None:
            total = sum(population[u] for u in proven[members])
            if abs(total - float(row["population"])) > 0.5:
                return Check("tables", False, f"{alliance}: {row['population']} ≠ {total}")
    allied = set(membership.index[membership["alliance"].notna()].astype("str"))
    for code in allied - {code for members in rows for code in members}:
        return Check("tables", False, code)
    return Check("tables", True)


def check_data(certificate: Mapping[str, Any], territory: Territory, scenario: Scenario) -> Check:
    """Compare the figures in a certificate with the territory they are said to come from.

    Parameters
    ----------
    certificate : mapping
        The certificate.
    territory : Territory
        The territory the scenario names.
    scenario : Scenario
        The resolved scenario of the plan.

    Returns
    -------
    Check
        Passed, or naming what differs.
    """
    if certificate["data_fingerprint"] != territory.fingerprint:
        return Check("data", False, f"fingerprint {territory.fingerprint[:16]}")
    model = AllianceModel(
        territory, scenario.alliances, scenario.leave_out, scenario.year,
        network=travel_network(territory, scenario.travel, scenario.year),
        thresholds=scenario.services.thresholds,
    )  # fmt: skip
    expected = {
        "units": [str(code) for code in model.units.codes],
        "links": model.graph.edges().tolist(),
        "max_size": scenario.alliances.max_size,
        "weights": model.weights(scenario.alliances),
        "requirements": model.requirements(scenario.alliances),
        "measures": {key: measure.record() for key, measure in model.measures.items()},
    }
    for key, value in json.loads(json.dumps(expected)).items():
        if certificate[key] != value:
            return Check("data", False, key)
    return Check("data", True)
