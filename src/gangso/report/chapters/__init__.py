"""The chapters of a report, in the order of reading; one file a domain.

To add a domain, write a `Chapter` and name it here: its sentences, figures, tables and
layers then appear in the brief, the tables and the GeoPackage.
"""

from gangso.report.chapters.alliances import ALLIANCES, UNALLIED
from gangso.report.chapters.answers import ALTERNATIVES, COMPARISON, REQUIREMENTS, SURENESS
from gangso.report.chapters.bases import BASES
from gangso.report.chapters.chapter import Chapter
from gangso.report.chapters.compact import COMPACT
from gangso.report.chapters.diagnosis import DECLINE, LEDGER
from gangso.report.chapters.evaluation import EVALUATION
from gangso.report.chapters.projection import PROJECTION
from gangso.report.chapters.proof import PROOF
from gangso.report.chapters.services import SERVICES
from gangso.report.chapters.sources import SOURCES

__all__ = ["CHAPTERS", "Chapter"]

CHAPTERS: tuple[Chapter, ...] = (
    LEDGER, DECLINE, SERVICES, ALLIANCES, UNALLIED, BASES, COMPACT, PROJECTION, SURENESS,
    ALTERNATIVES, REQUIREMENTS, COMPARISON, EVALUATION, PROOF, SOURCES,
)  # fmt: skip
