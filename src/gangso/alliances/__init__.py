"""Alliances: every possible one listed, the best set chosen, and the proof."""

from gangso.alliances.alternatives import Alternatives, alternatives
from gangso.alliances.answers import Answers, Grouping, answer, groupings_of
from gangso.alliances.band import Banded, banded
from gangso.alliances.comparison import Comparison, compare
from gangso.alliances.criteria import Criterion, register, registered
from gangso.alliances.crosscheck import check_data, check_tables
from gangso.alliances.maxp import MaxP, max_p
from gangso.alliances.model import AllianceModel, partition
from gangso.alliances.reasons import Reasons, reasons
from gangso.alliances.result import Partition
from gangso.alliances.robustness import Robustness, robustness
from gangso.alliances.verify import Check, verify_certificate

__all__ = [
    "AllianceModel",
    "Alternatives",
    "Answers",
    "Banded",
    "Check",
    "Comparison",
    "Criterion",
    "Grouping",
    "MaxP",
    "Partition",
    "Reasons",
    "Robustness",
    "alternatives",
    "answer",
    "banded",
    "check_data",
    "check_tables",
    "compare",
    "groupings_of",
    "max_p",
    "partition",
    "reasons",
    "register",
    "registered",
    "robustness",
    "verify_certificate",
]
