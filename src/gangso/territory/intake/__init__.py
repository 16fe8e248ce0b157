"""From a planner's own files to a territory package: the logic of ``gangso new``."""

from gangso.territory.intake.mapping import Mapping, TableMapping, read_mapping
from gangso.territory.intake.new import NewReport, make_package, open_crosswalk
from gangso.territory.intake.proposal import Proposal, propose_mapping

__all__ = [
    "Mapping",
    "NewReport",
    "Proposal",
    "TableMapping",
    "make_package",
    "open_crosswalk",
    "propose_mapping",
    "read_mapping",
]
