"""Services: who cannot reach what, and which services a population sustains."""

from gangso.services.closures import close_each
from gangso.services.deserts import desert_areas, unmet_minimums
from gangso.services.floating import decay_weights, e2sfca
from gangso.services.measure import measure
from gangso.services.overview import (
    proxies,
    standards_overview,
    thresholds_overview,
    unmeasured_lines,
)
from gangso.services.people import GROUPS, People, count_people
from gangso.services.result import Services
from gangso.services.shares import beyond_by_area
from gangso.services.supply import Supply, capacity_per_thousand, facilities_of
from gangso.services.sustain import sustainable, sustained_together

__all__ = [
    "GROUPS",
    "People",
    "Services",
    "Supply",
    "beyond_by_area",
    "capacity_per_thousand",
    "close_each",
    "count_people",
    "decay_weights",
    "desert_areas",
    "e2sfca",
    "facilities_of",
    "measure",
    "proxies",
    "standards_overview",
    "sustainable",
    "sustained_together",
    "thresholds_overview",
    "unmeasured_lines",
    "unmet_minimums",
]
