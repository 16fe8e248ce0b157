"""What coalitions pay: the siting model's own cost, and people served."""

import numpy as np
import pytest
from hypothesis import given, settings

from gangso.bases import CoalitionCosts, Needs
from gangso.bases.siting import site_group
from tests.bases.test_siting import Brute, needs, one_town


@pytest.mark.parametrize("members", [("a",), ("a", "a")])
def test_a_coalition_pays_what_its_own_siting_costs(members: tuple[str, ...]) -> None:
    costs = CoalitionCosts(one_town())
    assert costs(members) == 10
    assert costs.sited(members).proven
    assert costs.unproven == 0


@given(needs())
@settings(max_examples=60)
def test_everybody_together_pays_the_least_and_serves_whom_it_can(asked: Needs) -> None:
    costs = CoalitionCosts(asked)
    brute = Brute(asked)
    together = costs.sited(("b", "a"))
    assert together.proven
    assert together.cost == min(cost for cost, _ in brute.sitings)
    found = site_group(asked, ("a", "b"), 1000, None)
    unmet = sum(asked.offers[u.offer].people[u.settlement] for u in found.unmet)
    lacking = sum(o.people[o.minutes > o.standard.minutes].sum() for o in asked.offers)
    assert together.served == pytest.approx(lacking - unmet)
    assert costs.lacking.sum() == pytest.approx(lacking)
    # The two apart can serve nobody whom they cannot serve together.
    apart = [costs.sited((town,)) for town in np.unique(asked.home)]
    assert sum(one.served for one in apart) <= together.served + 1e-9
