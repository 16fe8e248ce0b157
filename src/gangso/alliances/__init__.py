"""Alliances: every possible one listed, the best set chosen, and the proof."""

from gangso.alliances.band import Banded, banded
from gangso.alliances.criteria import Criterion, register, registered
from gangso.alliances.crosscheck import check_data, check_tables
from gangso.alliances.maxp import MaxP, max_p
from gangso.alliances.model import AllianceModel, partition
from gangso.alliances.reasons import Reasons, reasons
from gangso.alliances.result import Partition
from gangso.alliances.verify import Check, verify_certificate

__all__ = [
    "AllianceModel",
    "Banded",
    "Check",
    "Criterion",
    "MaxP",
    "Partition",
    "Reasons",
    "banded",
    "check_data",
    "check_tables",
    "max_p",
    "partition",
    "reasons",
    "register",
    "registered",
    "verify_certificate",
]
