"""The plan on paper: maps, brief, tables, layers."""

from gangso.report.folder import write_plan
from gangso.report.maps import alliances_map, class_map, diagnosis_map
from gangso.report.sheet import save_png

__all__ = ["alliances_map", "class_map", "diagnosis_map", "save_png", "write_plan"]
