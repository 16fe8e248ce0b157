"""What a location model returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = ["Location"]


@dataclass(frozen=True, eq=False)
class Location:
    """A set of sites, how good it is, and how good any could be.

    Attributes
    ----------
    model : str
        ``p-median``, ``p-centre``, ``LSCP``, ``MCLP`` or ``capacitated p-median``.
    status : str
        ``proven``: no set is better. ``gap``: the search ended before the proof.
    objective : float
        Value of the set, in the units of the input (summed in whole multiples of ``unit``).
    bound : float
        What no set can surpass: below the objective, or above it for MCLP.
    gap : float
        ``|objective - bound| / |objective|``; 0 when proven.
    sites : ndarray of int64
        Open sites, ascending.
    assignment : ndarray of int64, shape (n,)
        Site that serves each demand point; -1 where none does (MCLP).
    unit : float
        Costs were rounded to whole multiples of it; 1 if they were whole numbers.
    nodes : int
        Nodes of the search tree (0: settled at the root).
    seconds : float
        Wall-clock time, input included.
    """

    model: str
    status: Literal["proven", "gap"]
    objective: float
    bound: float
    gap: float
    sites: npt.NDArray[np.int64]
    assignment: npt.NDArray[np.int64]
    unit: float
    nodes: int
    seconds: float
