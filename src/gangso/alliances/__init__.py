"""Alliances: every possible one listed, the best set chosen, and the proof."""

from gangso.alliances.criteria import Criterion, register, registered
from gangso.alliances.model import AllianceModel, partition
from gangso.alliances.result import Partition
from gangso.alliances.verify import Check, verify_certificate

__all__ = [
    "AllianceModel",
    "Check",
    "Criterion",
    "Partition",
    "partition",
    "register",
    "registered",
    "verify_certificate",
]
