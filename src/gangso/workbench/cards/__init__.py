"""What the panels show: one alliance, one municipality, the nation.

Every function answers for the one place that is asked about.
"""

from gangso.workbench.cards.alliance import (
    AllianceBases,
    AllianceCard,
    AllianceCompact,
    alliance_bases,
    alliance_card,
    alliance_compact,
    alliance_fan,
    every_base,
)
from gangso.workbench.cards.place import (
    MunicipalityCard,
    NationalLedger,
    best_alternative,
    municipality_card,
    municipality_fan,
    national_ledger,
)

__all__ = [
    "AllianceBases",
    "AllianceCard",
    "AllianceCompact",
    "MunicipalityCard",
    "NationalLedger",
    "alliance_bases",
    "alliance_card",
    "alliance_compact",
    "alliance_fan",
    "best_alternative",
    "every_base",
    "municipality_card",
    "municipality_fan",
    "national_ledger",
]
