"""Enhanced two-step floating catchment area (E2SFCA) and its decays, on sparse matrices."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gangso.scenario import Decay

__all__ = ["decay_weights", "e2sfca"]

Floats = npt.NDArray[np.float64]


def decay_weights(minutes: Floats, limit_min: float, decay: Decay) -> Floats:
    """Weigh travel times: 1 at the door, 0 beyond the limit.

    Parameters
    ----------
    minutes : ndarray of float, shape (k,)
        Travel times.
    limit_min : float
        Size of the catchment.
    decay : Decay
        How the weight falls.

    Returns
    -------
    ndarray of float, shape (k,)
        Weights in [0, 1].

    References
    ----------
    Luo and Wang (2003), DOI 10.1068/b29120 (binary); Luo and Qi (2009), DOI
    10.1016/j.healthplace.2009.06.002 (steps); Dai (2010), DOI
    10.1016/j.healthplace.2010.06.012 (gaussian); Kwan (1998), DOI
    10.1111/j.1538-4632.1998.tb00396.x (inverse power, exponential).
    """
    match decay.kind:
        case "binary":
            weights = np.ones_like(minutes)
        case "steps":
            steps = np.asarray(decay.weights, dtype=float)
            # A time on the edge of two zones belongs to the nearer one.
            zone = np.ceil(minutes / (limit_min / len(steps))).astype(np.int64) - 1
            weights = steps[np.clip(zone, 0, len(steps) - 1)]
        case "gaussian":
            floor = np.exp(-0.5)
            weights = (np.exp(-0.5 * (minutes / limit_min) ** 2) - floor) / (1.0 - floor)
        case "inverse_power":
            weights = np.maximum(minutes, 1.0) ** -decay.beta
        case "exponential":
            weights = np.exp(-decay.beta * minutes)
        case "linear":
            weights = 1.0 - minutes / limit_min
    return np.where(minutes <= limit_min, np.maximum(weights, 0.0), 0.0)


def e2sfca(weights: sp.csr_array, demand: Floats, capacity: Floats) -> tuple[Floats, Floats]:
    """Share the capacity of each facility among all who can reach it.

    Parameters
    ----------
    weights : csr_array, shape (n, k)
        Weight of facility j for settlement i (`decay_weights` of the travel times).
    demand : ndarray of float, shape (n,)
        People.
    capacity : ndarray of float, shape (k,)
        Capacity of the facilities.

    Returns
    -------
    access : ndarray of float, shape (n,)
        Capacity per person that each settlement can reach.
    ratio : ndarray of float, shape (k,)
        Capacity per weighted person of each facility; 0 where nobody reaches it.

    Raises
    ------
    ValueError
        If people or capacities are negative or missing.

    Notes
    -----
    R_j = S_j / Σ_i P_i w_ij, then A_i = Σ_j R_j w_ij. Nothing is lost: the sum of P_i A_i is
    the capacity of all facilities that somebody reaches.

    References
    ----------
    Luo and Qi (2009), DOI 10.1016/j.healthplace.2009.06.002
    """
    if not (demand >= 0).all() or not (capacity >= 0).all():
        raise ValueError("people and capacities must be 0 or more")
    people = weights.T @ demand
    ratio = np.divide(capacity, people, out=np.zeros_like(people), where=people > 0)
    return weights @ ratio, ratio
