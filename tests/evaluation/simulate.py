"""A world in which the truth is known: the real map of Korea, made-up outcomes.

Used by the tests and by ``benchmarks/evaluation.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gangso.evaluation import Exposure, expose
from gangso.evaluation.design import Design, overall
from gangso.evaluation.spatial import Space, Spread, working_model
from gangso.scenario import Outcome, Study
from gangso.territory import Territory

Floats = npt.NDArray[np.float64]

YEARS = np.arange(2008, 2019)
TRUTH = {0: 0.04, 1: -0.015, 2: 0.0}
STUDY = Study(
    label={}, kind="innovation_city", opened=(2013, 2014), outcomes={"any": Outcome(label={})}
)


@dataclass(frozen=True)
class World:
    """How errors behave: shocks add up over the years, and neighbours share them.

    Attributes
    ----------
    share, km : float
        Share of a shock that neighbours have in common; km over which that fades.
    uneven : bool
        Small places are shaken more.
    tails : float or None
        Degrees of freedom of the shocks (Student); None: normal.
    """

    share: float = 0.5
    km: float = 60.0
    uneven: bool = False
    tails: float | None = None

    def panels(self, korea: Territory, exposure: Exposure, draws: int, seed: int) -> Floats:
        """Outcomes, shape (places, years, draws); a shock of 1 % a year."""
        rng = np.random.default_rng(seed)
        n = len(exposure.table)
        away = np.hypot(*(korea.xy_km[:, None] - korea.xy_km[None]).transpose(2, 0, 1))
        low = np.linalg.cholesky(
            (1 - self.share) * np.eye(n) + self.share * np.exp(-away / self.km)
        )
        shape = (n, len(YEARS) * draws)
        if self.tails is None:
            normal = rng.standard_normal(shape)
        else:
            normal = rng.standard_t(self.tails, shape) / np.sqrt(self.tails / (self.tails - 2))
        shocks = 0.01 * (low @ normal)
        if self.uneven:
            people = korea.municipalities["population"].to_numpy(dtype=float)
            shocks *= ((people / np.exp(np.log(people).mean())) ** -0.25)[:, None]
        panel = np.cumsum(shocks.reshape(n, len(YEARS), draws), axis=1)
        table = exposure.table
        cohort, ring = table["cohort"].to_numpy(), table["ring"].to_numpy()
        moved = (table["role"] == "exposed").to_numpy()
        after = moved[:, None] & (YEARS[None] >= cohort[:, None])
        size = np.array([TRUTH.get(int(r), 0.0) for r in ring])
        return panel + (after * size[:, None])[:, :, None]


@dataclass(frozen=True)
class Outcomes:
    """What came of a simulation, by ring (and placebo)."""

    bias: dict[int, float]
    covered: dict[int, float]
    placebo_ring: float
    placebo_date: float
    ignoring: float
    normal_covered: dict[int, float]


def run(korea: Territory, world: World, draws: int, seed: int = 1, behind: int = 999) -> Outcomes:
    """Estimate every ring in every draw, and count."""
    exposure = expose(korea, STUDY, int(YEARS[0]), int(YEARS[-1]))
    panels = world.panels(korea, exposure, draws, seed)
    table = exposure.table
    normals = np.random.default_rng(seed + 1).standard_normal((len(table), behind))
    space = Space(korea.xy_km, 100.0, normals)
    moved = (table["role"] == "exposed").to_numpy()
    ring, cohort = table["ring"].to_numpy(np.int64), table["cohort"].to_numpy(np.int64)
    far = np.flatnonzero((table["role"] == "unexposed").to_numpy())
    bias, covered, normal = {}, {}, {}
    rings = {
        number: overall(places, cohort[places], far, YEARS)
        for number in TRUTH
        for places in [np.flatnonzero(moved & (ring == number))]
    }
    cells = working_model(space, list(rings.values()), panels)
    for number, truth in TRUTH.items():
        places, design = rings[number].places, rings[number]
        off, half, raw = _infer(space, design, panels, cells)
        bias[number] = float((off - truth).mean())
        covered[number] = float((np.abs(off - truth) <= half).mean())
        normal[number] = float((np.abs(off - truth) <= 1.96 * raw).mean())
        if number == 0:
            everyone = np.setdiff1d(np.arange(len(table)), places)
            naive = Design(design.place, design.year, design.base, everyone)
            ignoring = float(naive.estimate(panels).mean() - truth)
    away = table["distance"].to_numpy()
    band = far[(away[far] > 60) & (away[far] <= 90)]
    opened = exposure.hubs["opened"].to_numpy(dtype=np.int64)[table["nearest"].to_numpy()]
    outer = overall(band, opened[band], np.setdiff1d(far, band), YEARS)
    off, half, _ = _infer(space, outer, panels, cells)
    placebo_ring = float((np.abs(off) > half).mean())
    hosts = np.flatnonzero(moved & (ring == 0))
    early = overall(hosts, cohort[hosts] - 2, far, YEARS)
    keep = YEARS[early.year] < cohort[early.place]
    pretended = Design(early.place[keep], early.year[keep], early.base[keep], far)
    off, half, _ = _infer(space, pretended, panels, cells)
    return Outcomes(
        bias, covered, placebo_ring, float((np.abs(off) > half).mean()), ignoring, normal
    )


def _infer(
    space: Space, design: Design, panels: Floats, cells: npt.NDArray[np.int64]
) -> tuple[Floats, Floats, Floats]:
    value = design.contrasts(panels)[2]
    off, half, raw = (np.zeros(panels.shape[2]) for _ in range(3))
    for cell in np.unique(cells):
        at = cells == cell
        spread = Spread(space, design, int(cell))
        off[at], _, half[at], _ = spread.infer(panels[:, :, at], 0.95)
        raw[at] = np.sqrt(spread.raw(value[:, at]))
    return off, half, raw
