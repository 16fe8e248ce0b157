"""What a solve returns, and what it leaves to the next one."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gangso.alliances.cuts import NO_CUTS
from gangso.alliances.pricing import COST_UNIT, PRICES_PER_COST
from gangso.alliances.proof import Node, closes

__all__ = ["Solution", "Start"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Start:
    """What an earlier solve leaves to a later one.

    Attributes
    ----------
    columns : ndarray of int64
        Candidates that were worth a look.
    cuts : ndarray of int32, shape (m, w)
        Cuts that had a price; cuts hold whatever the costs and requirements.
    plan : ndarray of int64, optional
        A plan known to exist.
    """

    columns: Ints
    cuts: npt.NDArray[np.int32] = field(default_factory=lambda: NO_CUTS)
    plan: Ints | None = None


@dataclass(frozen=True, eq=False)
class Solution:
    """Best plan and its proof.

    Attributes
    ----------
    chosen : ndarray of int64
        Candidates of the plan, ascending; empty if there is none.
    cost : int
        Cost in `COST_UNIT`.
    proof : Node
        The proof.
    stuck : ndarray of int64
        Without a plan: units that cannot all be covered; empty otherwise.
    left : Start
        What a later solve may start from.
    """

    chosen: Ints
    cost: int
    proof: Node
    stuck: Ints
    left: Start

    @property
    def feasible(self) -> bool | None:
        """Whether there is a plan; None if the limits ran out before that was known."""
        if len(self.chosen):
            return True
        return False if len(self.stuck) else None

    @property
    def proven(self) -> bool:
        """Whether no plan is cheaper (without a plan: whether there is none)."""
        return closes(self.proof.bound, self.cost)

    @property
    def bound(self) -> float:
        """What no plan goes below; the plan's own cost once proven."""
        if self.proven:
            return self.cost * COST_UNIT
        return -(-self.proof.bound // PRICES_PER_COST) * COST_UNIT

    @property
    def gap(self) -> float:
        """Return (cost - bound) / cost, 0 once proven."""
        cost = self.cost * COST_UNIT
        return (cost - self.bound) / cost if cost > 0 else 0.0
