"""OR-Library's p-median instances: at the known optimum, and proven."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from gangso.bases import p_centre, p_median

FOLDER = Path(__file__).resolve().parents[3] / "shared/golden/orlib"
needs_golden = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is not there")


def distances(name: str) -> tuple[npt.NDArray[np.int64], int]:
    """All-pairs shortest paths of an instance, and its p."""
    with (FOLDER / f"{name}.txt").open() as file:
        n, _, p = map(int, file.readline().split())
        edges = np.loadtxt(file, dtype=np.int64)
    cost = {(min(i, j), max(i, j)): c for i, j, c in edges.tolist()}  # the last one counts
    a, b = np.array(list(cost)).T - 1
    graph = csr_array((np.array(list(cost.values()), dtype=float), (a, b)), shape=(n, n))
    return np.rint(dijkstra(graph, directed=False)).astype(np.int64), p


def optima(problem: str) -> dict[str, int]:
    """Published optima."""
    lines = (FOLDER / f"p_{problem}_optima.txt").read_text().split()
    return dict(zip(lines[::2], map(int, lines[1::2]), strict=True))


@needs_golden
@pytest.mark.parametrize("number", range(1, 31))
def test_p_median_and_p_centre_are_proven_at_the_known_optimum(number: int) -> None:
    name = f"pmed{number}"
    matrix, p = distances(name)
    for model, key in ((p_median, "median"), (p_centre, "center")):
        found = model(matrix, p)
        assert found.status == "proven"
        assert found.objective == optima(key)[name]
        served = matrix[np.arange(len(matrix)), found.assignment]
        assert found.objective == (served.sum() if key == "median" else served.max())
