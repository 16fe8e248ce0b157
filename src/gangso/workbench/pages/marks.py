"""What lies over the map: bases, hubs, flows of trips."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from gangso.alliances import Partition
from gangso.scenario import Scenario
from gangso.workbench.cards import AllianceBases
from gangso.workbench.pages.words import Words

__all__ = ["SIGNS", "base_points", "flow_lines", "hub_points", "service_signs"]

# Paul Tol's "bright" scheme, safe for all colour vision (SRON/EPS/TN/09-002); the letter in a
# mark says the same again.
SIGNS = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377", "#666666")
_MOST_FLOWS = 320
_DIGITS = 4


def service_signs(words: Words, scenario: Scenario) -> dict[str, tuple[str, str, str]]:
    """Give every planned service a letter, a colour and its label.

    Parameters
    ----------
    words : Words
        The language.
    scenario : Scenario
        The scenario.

    Returns
    -------
    dict of str to tuple of str
        Letter, colour and label by key of the service.
    """
    labels = {key: dict(item.label) for key, item in scenario.services.standards.items()}
    found: dict[str, tuple[str, str, str]] = {}
    taken: set[str] = set()
    for number, key in enumerate(scenario.bases.services):
        label = words.of(labels, key)
        letter = next((c for c in label.upper() if c.isalpha() and c not in taken), "•")
        taken.add(letter)
        found[key] = (letter, SIGNS[number % len(SIGNS)], label)
    return found


def base_points(
    words: Words, scenario: Scenario, bases: Iterable[AllianceBases]
) -> list[dict[str, Any]]:
    """Mark new bases of the national minimum where they go.

    Parameters
    ----------
    words : Words
        The language.
    scenario : Scenario
        The scenario.
    bases : iterable of AllianceBases
        Bases of every alliance.

    Returns
    -------
    list of dict
        Points for the map.
    """
    signs = service_signs(words, scenario)
    points = []
    for found in bases:
        for r in found.bases.to_dict("records"):
            letter, tone, label = signs.get(str(r["service"]), ("•", SIGNS[-1], str(r["service"])))
            place = f"{words.name(r['municipality'])} {r['name']}"
            key = "wb.base.optimum_here" if r["aim"] == "optimum" else "wb.base.here"
            points.append(
                {
                    "kind": "base" if r["aim"] != "optimum" else "base-optimum",
                    "at": [round(float(r["lat"]), _DIGITS), round(float(r["lon"]), _DIGITS)],
                    "size": 15,
                    "sign": letter,
                    "tone": tone,
                    "lines": [
                        place,
                        words.say(key, service=label),
                        words.say(
                            "wb.base.serves",
                            people=float(r["people"]),
                            cost=words.money(float(r["cost"])),
                        ),
                    ],
                }
            )
    return points


def hub_points(words: Words, scenario: Scenario) -> list[dict[str, Any]]:
    """Mark hubs: the kinds that the scenario ties alliances to, or all."""
    hubs = words.territory.hubs
    if hubs is None:
        return []
    kinds = {hub.kind: dict(hub.label) for hub in scenario.bases.hubs}
    known = [str(k) for k in dict.fromkeys(hubs["kind"]) if not kinds or str(k) in kinds]
    points = []
    for r in hubs.to_dict("records"):
        if str(r["kind"]) not in known or pd.isna(r["lon"]):
            continue
        shape = known.index(str(r["kind"])) % 2
        opened = "" if pd.isna(r.get("opened")) else f" · {int(r['opened'])}"
        points.append(
            {
                "kind": "hub" if shape == 0 else "gate",
                "at": [round(float(r["lat"]), _DIGITS), round(float(r["lon"]), _DIGITS)],
                "size": 12 if shape == 0 else 9,
                "sign": "",
                "tone": "var(--mark)",
                "lines": [str(r["name"]), words.of(kinds, str(r["kind"])) + opened],
            }
        )
    return points


def flow_lines(words: Words, plan: Partition, scenario: Scenario) -> list[dict[str, Any]]:
    """Draw the strongest flows between municipalities of the scope, inside or across.

    Parameters
    ----------
    words : Words
        The language.
    plan : Partition
        The plan.
    scenario : Scenario
        The scenario.

    Returns
    -------
    list of dict
        Lines for the map, the strongest first.
    """
    territory = words.territory
    table = territory.flows
    if table is None:
        return []
    table = table[table["kind"] == scenario.alliances.flow_kind]
    places = territory.municipalities
    zone = places["flow_zone"].astype(str)
    in_scope = plan.membership["status"] != "outside"
    # A zone that is one municipality of the scope; others are not ends that can be allied.
    single = zone[in_scope & ~zone.duplicated(keep=False)]
    home = pd.Series(single.index.astype(str), index=single.to_numpy())
    a, b = table["origin"].astype(str).map(home), table["destination"].astype(str).map(home)
    kept = table.assign(
        a=np.minimum(a.fillna(""), b.fillna("")), b=np.maximum(a.fillna(""), b.fillna(""))
    )
    kept = kept[(kept["a"] != "") & (kept["a"] != kept["b"])]
    sums = kept.groupby(["a", "b"])["amount"].sum().nlargest(_MOST_FLOWS)
    if sums.empty:
        return []
    allied = plan.membership["alliance"].dropna()
    home_of = {str(code): str(ident) for code, ident in allied.items()}
    most = float(sums.max())
    lines = []
    for one, other, amount in sums.reset_index().itertuples(index=False, name=None):
        ends = places.loc[[one, other]][["lat", "lon"]].to_numpy(dtype=float).round(_DIGITS)
        lines.append(
            {
                "from": ends[0].tolist(),
                "to": ends[1].tolist(),
                "width": round(0.6 + 9.0 * float(np.sqrt(amount / most)), 2),
                "inside": home_of.get(one) is not None and home_of[one] == home_of.get(other),
            }
        )
    return lines
