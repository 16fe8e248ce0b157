"""Every location model by listing every set of sites: slow, obvious, and right."""

from collections.abc import Callable, Iterator
from itertools import combinations

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

Matrix = npt.NDArray[np.float64]


def sets(m: int, sizes: range, fixed: tuple[int, ...] = ()) -> Iterator[list[int]]:
    """All sets of sites of the given sizes that hold the fixed ones."""
    for size in sizes:
        for chosen in combinations(range(m), size):
            if set(fixed) <= set(chosen):
                yield list(chosen)


def least(options: Iterator[list[int]], value: Callable[[list[int]], float]) -> float:
    """Least finite value over the sets; infinity if there is none."""
    return min((value(chosen) for chosen in options), default=np.inf)


@st.composite
def matrices(draw: st.DrawFn, holes: bool = True) -> Matrix:
    """Small whole-number costs, many of them equal, some of them missing (infinite)."""
    n, m = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    most = draw(st.sampled_from([3, 20, 1000]))
    seed = draw(st.integers(0, 2**32))
    rng = np.random.default_rng(seed)
    cost = rng.integers(0, most, (n, m)).astype(float)
    if holes:
        cost[rng.random((n, m)) < draw(st.sampled_from([0.0, 0.2, 0.5]))] = np.inf
    return cost
