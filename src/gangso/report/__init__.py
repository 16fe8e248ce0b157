"""The plan on paper: maps, brief, tables, layers."""

from gangso.report.folder import write_plan
from gangso.report.maps import alliances_map, diagnosis_map

__all__ = ["alliances_map", "diagnosis_map", "write_plan"]
