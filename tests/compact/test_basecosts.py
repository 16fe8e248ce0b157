"""Costs of coalitions: brute force on a row of villages, and what is missing."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from gangso.compact.basecosts import BaseCosts, base_costs
from gangso.scenario import BasePrice, Standard
from gangso.territory.model import Territory
from gangso.territory.travel import Network, estimate_network, minutes_matrix

STANDARDS = {
    "clinic": Standard(label={"ko": "의원", "en": "Clinic"}, services=("clinic",), minutes=20)
}
PRICES = {"clinic": BasePrice(running=5, opening=2)}


@pytest.fixture(scope="module")
def villages() -> Territory:
    """Three municipalities of three villages each in a row, five kilometres apart."""
    homes = ["a", "a", "a", "b", "b", "b", "c", "c", "c"]
    lon = 127.0 + 0.055 * np.arange(9)
    return Territory.from_tables(
        {
            "municipalities": pd.DataFrame(
                {"code": list("abc"), "name": list("ABC"), "population": [3000.0] * 3}
            ),
            "settlements": pd.DataFrame(
                {
                    "code": [f"s{i}" for i in range(9)], "municipality": homes,
                    "name": [f"S{i}" for i in range(9)], "lon": lon, "lat": 36.0,
                    "population": 1000.0, "area_km2": 20.0,
                }
            ),
            "facilities": pd.DataFrame(
                {"id": ["f"], "service": ["clinic"], "municipality": ["b"], "lon": [lon[4]],
                 "lat": [36.0], "capacity": [1.0]}
            ),
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def network(villages: Territory) -> Network:
    return estimate_network(villages)


def brute_force(network: Network, inside: list[int], has_facility: bool) -> int:
    minutes = np.full((9, 9), np.inf)
    near = minutes_matrix(network, network.settlements, network.settlements, 20.0).tocoo()
    minutes[near.row, near.col] = near.data
    # The facility stands in the fifth village.
    sites = [(i, 7) for i in inside] + ([(4, 5)] if has_facility else [])
    costs = []
    for size in range(1, len(sites) + 1):
        for chosen in combinations(sites, size):
            if all(any(minutes[i, j] <= 20 for j, _ in chosen) for i in inside):
                costs.append(sum(cost for _, cost in chosen))
    return min(costs)


def test_every_coalition_costs_what_brute_force_says(villages: Territory, network: Network) -> None:
    costs, notes = base_costs(villages, network, STANDARDS, PRICES)
    assert isinstance(costs, BaseCosts)
    order = {code: i for i, code in enumerate(network.codes)}
    own = {m: [order[f"s{i}"] for i in range(9) if "abc"[i // 3] == m] for m in "abc"}
    assert [order[f"s{i}"] for i in range(9)] == list(range(9))
    for size in (1, 2, 3):
        for members in combinations("abc", size):
            inside = [i for m in members for i in own[m]]
            assert costs(members) == brute_force(network, inside, "b" in members)
    assert not costs.unproven
    assert costs(("b",)) == 5  # its clinic is there
    assert costs(("a",)) == 7  # a new one
    assert costs.use.sum() == 9000
    assert any("not savings" in note["en"] for note in notes)


def test_no_standard_or_no_facilities_is_said(villages: Territory, network: Network) -> None:
    for prices in ({"hospital": PRICES["clinic"]}, {}):
        costs, notes = base_costs(villages, network, STANDARDS, prices)
        assert costs is None
        assert all("hospital" in note["en"] for note in notes)
