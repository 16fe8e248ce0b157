"""Who may ally: the municipalities in scope, and who touches whom among them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gangso.alliances.graph import Graph, graph_from_edges
from gangso.diagnosis.rules import rule_matches
from gangso.scenario import Rule
from gangso.territory.model import Territory

__all__ = ["scope"]


def scope(
    territory: Territory, leave_out: Sequence[Rule], links: Sequence[str]
) -> tuple[pd.Index, dict[str, dict[str, str]], Graph]:
    """Decide who may ally, and who touches whom among them.

    Parameters
    ----------
    territory : Territory
        The territory.
    leave_out : sequence of Rule
        Who stands alone by rule; the first rule that matches gives the reason.
    links : sequence of str
        Kinds of link that count as neighbourhood.

    Returns
    -------
    codes : Index of str
        Municipalities in scope, in the territory's order.
    outside : dict of str to dict of str to str
        Reason by language for each municipality left out.
    graph : Graph
        Neighbourhood of those in scope.
    """
    table = territory.municipalities
    outside: dict[str, dict[str, str]] = {}
    for rule in leave_out:
        for code in table.index[rule_matches(rule, table).to_numpy(dtype=bool)]:
            outside.setdefault(str(code), dict(rule.reason))
    codes = table.index[~table.index.isin(list(outside))]
    listed = territory.contiguity
    listed = listed[listed["link"].isin(list(links))]
    a = codes.get_indexer(pd.Index(listed["a"]))
    b = codes.get_indexer(pd.Index(listed["b"]))
    inside = (a >= 0) & (b >= 0)
    return codes, outside, graph_from_edges(len(codes), np.column_stack([a, b])[inside])
