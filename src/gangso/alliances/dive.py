"""Round a relaxation to a plan: fix its surest columns, price what still fits, and so on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from gangso.alliances.master import Master, Relaxation

__all__ = ["dive"]

Ints = npt.NDArray[np.int64]

# Two columns that overlap cannot both be above a half; a little more leaves room for doubt.
_SURE = 0.6
_ZERO = 1e-6  # less is rounding of the solver


def dive(
    master: Master,
    members: npt.NDArray[np.int32],
    likely: Ints,
    n: int,
    relax: Callable[[Master, Ints], Relaxation],
    wanted: npt.NDArray[np.bool_] | None = None,
) -> Ints | None:
    """Round a relaxation to a plan.

    Parameters
    ----------
    master : Master
        The relaxation; left as it was, but for columns that it has gained.
    members : ndarray of int32, shape (N, k)
        All candidates.
    likely : ndarray of int64
        Those that are priced.
    n : int
        Number of units.
    relax : callable
        Solves the relaxation to the optimum over some candidates.
    wanted : ndarray of bool, shape (n,), optional
        Only candidates that hold one of these units are fixed and returned; the relaxation of
        the others says what they leave to do well around them. By default all.

    Returns
    -------
    ndarray of int64 or None
        The chosen candidates, or None if the rounding runs into a dead end.
    """
    fixed = np.empty(0, dtype=np.int64)
    free = np.ones(n + 1, dtype=bool)  # the last for the padding
    plan: Ints | None = None
    asked = np.append(np.ones(n, dtype=bool) if wanted is None else wanted, False)
    while True:
        relaxed = relax(master, likely)
        if relaxed.artificial.max(initial=0.0) > _ZERO:
            break
        # What is smaller is rounding of the solver, and may overlap what is fixed.
        open_ = ~np.isin(relaxed.columns, fixed) & (relaxed.values > _ZERO)
        open_ &= asked[members[relaxed.columns]].any(axis=1)
        columns, values = relaxed.columns[open_], relaxed.values[open_]
        if (values > 1 - _ZERO).all():
            plan = np.concatenate([fixed, columns])
            break
        sure = columns[values > _SURE] if values.max() > _SURE else columns[[values.argmax()]]
        master.fix(sure)
        fixed = np.concatenate([fixed, sure])
        free[members[sure]] = False
        free[-1] = True
        likely = likely[free[members[likely]].all(axis=1)]
    master.release(fixed)
    return plan
