"""Bases: where shared services go, by location models solved to proof."""

from gangso.bases.capacitated import capacitated_p_median
from gangso.bases.centre import p_centre
from gangso.bases.coalitions import CoalitionCosts
from gangso.bases.cover import lscp
from gangso.bases.maximal import mclp
from gangso.bases.median import p_median
from gangso.bases.needs import Needs, build_needs
from gangso.bases.plan import Bases, plan_bases
from gangso.bases.problem import Effort
from gangso.bases.result import Location

__all__ = [
    "Bases",
    "CoalitionCosts",
    "Effort",
    "Location",
    "Needs",
    "build_needs",
    "capacitated_p_median",
    "lscp",
    "mclp",
    "p_centre",
    "p_median",
    "plan_bases",
]
