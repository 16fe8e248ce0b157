"""How hard to try: sizes and rounds of everything the solver does."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True)
class Limits:
    """How hard to try. Counts, not seconds, so that the same input gives the same answer.

    Attributes
    ----------
    cut_rounds : int
        Rounds of cuts at a node.
    nodes : int
        Nodes of the tree; beyond it the remaining gap is reported.
    window : int
        Units in the windows that improve a plan of many units.
    patches : tuple of (int, int)
        Round by round how far patches reach around undecided places, and up to how many
        units patches that touch are merged.
    patch_nodes : int
        Nodes of the tree of a patch.
    branch_on, wide_nodes : int
        A territory of many windows gets a tree of so many nodes, but only once no more than so
        many candidates a unit are left.
    component : int
        Once no remaining candidate connects more units than this, each component is solved.
    step : int
        Number that the costs of all plans are known to be multiples of.
    whole : int
        Most units whose relaxation is solved as one; beyond, bound and plan are found block
        by block.
    block, price_rounds : int
        Units of a block, and how often the territory is cut into blocks to raise prices.
    round_block, halo : int
        Units of a block whose first plan is rounded, and how many steps it looks beyond them.
    rounded, near : int
        Candidates a unit, those of least reduced cost, from which the first plan of a very
        large territory is made, and from which it is improved.
    sweeps : tuple of int
        Round by round the units of the windows that are searched through.
    sweep_steps, region : int
        Candidates placed in such a window before it is left, and units that are swept by
        one worker.
    wide_windows : tuple of int
        Round by round the units of the windows of a very large territory that are solved
        anew; a sweep of windows as small as the last of `sweeps` follows each.
    """

    cut_rounds: int = 40
    nodes: int = 2_000
    window: int = 120
    patches: tuple[tuple[int, int], ...] = ((1, 0), (1, 60), (2, 120), (3, 250), (4, 250))
    patch_nodes: int = 200
    branch_on: int = 4
    wide_nodes: int = 200
    component: int = 250
    step: int = 1
    whole: int = 10_000
    block: int = 250
    price_rounds: int = 6
    round_block: int = 150
    halo: int = 6
    rounded: int = 20
    near: int = 60
    sweeps: tuple[int, ...] = (24, 32, 40)
    sweep_steps: int = 20_000
    region: int = 2_000
    wide_windows: tuple[int, ...] = (150,)
