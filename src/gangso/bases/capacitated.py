"""The capacitated p-median problem: every demand point whole at one site, none overfull."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gangso.bases.inputs import Matrix, impossible, read, shape_and_faults, site_status
from gangso.bases.linear import Programme, run
from gangso.bases.problem import Effort
from gangso.bases.result import Location
from gangso.errors import BadInputError, Fault

__all__ = ["capacitated_p_median"]


def capacitated_p_median(
    cost: Matrix,
    p: int,
    capacity: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    fixed_open: Sequence[int] = (),
    unit: float | None = None,
    effort: Effort = Effort(),  # noqa: B008
) -> Location:
    r"""Open p sites of limited capacity so that the weighted sum of costs is least.

    .. math::

        \min \sum_{ij} w_i c_{ij} x_{ij}, \quad \sum_j x_{ij} = 1, \quad x_{ij} \le y_j, \quad
        \sum_i w_i x_{ij} \le Q_j y_j, \quad \sum_j y_j = p, \quad x, y \in \{0, 1\}

    Solved as an integer programme by HiGHS; status and bound are the solver's own.

    Parameters
    ----------
    cost : array_like or scipy.sparse, shape (n, m)
        Cost of serving one unit of demand. Infinite, or absent from a sparse matrix: not allowed.
    p : int
        Number of open sites, those in `fixed_open` included.
    capacity : array_like, shape (m,)
        Most demand that each site can serve.
    weights : array_like, shape (n,), optional
        Demand at each point; 1 by default.
    fixed_open : sequence of int
        Sites that are open already and stay.
    unit : float, optional
        Weighted costs are rounded to whole multiples of it, as in `p_median`.
    effort : Effort
        ``nodes``: when to stop without a proof.

    Returns
    -------
    Location
        Open sites, assignment, objective and bound.

    Raises
    ------
    BadInputError
        With every fault of the input.
    InfeasibleError
        If capacity or reach does not suffice; the culprit is named where one can be.

    References
    ----------
    Mulvey, J. M., and Beck, M. P. (1984). Solving capacitated clustering problems. European
    Journal of Operational Research 18 (3). https://doi.org/10.1016/0377-2217(84)90155-3

    Examples
    --------
    >>> import numpy as np
    >>> from gangso.bases import capacitated_p_median
    >>> places = np.array([0, 1, 2, 10])
    >>> found = capacitated_p_median(abs(places[:, None] - places[None, :]), 2, [2, 2, 2, 2])
    >>> found.status, found.objective
    ('proven', 9.0)
    """
    started = time.perf_counter()
    n, m, w, faults = shape_and_faults(cost, weights, p, fixed_open)
    room = np.asarray(capacity, dtype=float)
    if room.shape != (m,):
        details = {"n": str(m)}
        faults.append(Fault("location.weights", "capacity", value=str(room.shape), details=details))
    elif not (np.isfinite(room) & (room >= 0)).all():
        faults.append(Fault("location.negative", "capacity"))
    if faults:
        raise BadInputError(faults)
    reading = read(cost, w, unit, 1)
    arcs = reading.arcs
    if (reading.beyond >= 0).any():
        raise BadInputError([Fault("location.large", "cost", value=str(cost.shape))])
    point = np.repeat(np.arange(n), np.diff(arcs.start))
    fits = w[point] <= room[arcs.site]
    point, site, value = point[fits], arcs.site[fits], arcs.cost[fits]
    _check_room(point, w, room, p, n)
    a = len(point)
    at = np.arange(a)
    one, zero = np.ones(a), sp.csr_array((n, m))
    served = sp.csr_array((one, (point, at)), shape=(n, a))
    load = sp.csr_array((w[point], (site, at)), shape=(m, a))
    link = sp.csr_array((-one, (at, site)), shape=(a, m))
    count = sp.hstack([sp.csr_array(np.ones((1, m))), sp.csr_array((1, a))])
    found = run(
        Programme(
            cost=np.concatenate([np.zeros(m), value]).astype(float),
            lower=np.concatenate([site_status(m, fixed_open), np.zeros(a)]).astype(float),
            upper=np.ones(m + a),
            rows=sp.vstack(
                [
                    sp.hstack([zero, served]),
                    sp.hstack([sp.diags_array(-room), load]),
                    sp.hstack([link, sp.eye_array(a)]),
                    count,
                ]
            ),
            low=np.concatenate([np.ones(n), np.full(m + a, -highspy.kHighsInf), [p]]),
            high=np.concatenate([np.ones(n), np.zeros(m + a), [p]]),
            whole=np.ones(m + a, dtype=bool),
        ),
        effort.nodes,
    )
    if found.status in ("infeasible", "none"):
        raise impossible("room" if found.status == "infeasible" else "undecided", p=p)
    chosen = found.value[m:] > 0.5
    assignment = np.full(n, -1, dtype=np.int64)
    assignment[point[chosen]] = site[chosen]
    total = int(value[chosen].sum())
    bound = min(total, math.ceil(found.bound - 1e-6 * max(1.0, abs(found.bound))))
    return Location(
        model="capacitated p-median",
        status="proven" if bound == total else "gap",
        objective=total * reading.unit,
        bound=bound * reading.unit,
        gap=(total - bound) / total if total else 0.0,
        sites=np.flatnonzero(found.value[:m] > 0.5),
        assignment=assignment,
        unit=reading.unit,
        nodes=0,
        seconds=time.perf_counter() - started,
    )


def _check_room(
    point: npt.NDArray[np.int64],
    weights: npt.NDArray[np.float64],
    room: npt.NDArray[np.float64],
    p: int,
    n: int,
) -> None:
    """Name the plain reasons for which nothing can work."""
    lost = np.flatnonzero(np.bincount(point, minlength=n) == 0)
    if len(lost):
        raise impossible("no_room", points=", ".join(map(str, lost[:10])), count=len(lost))
    largest = float(np.sort(room)[::-1][:p].sum())
    if largest < weights.sum():
        raise impossible("too_small", p=p, room=largest, need=float(weights.sum()))
