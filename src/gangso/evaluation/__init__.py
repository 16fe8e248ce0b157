"""Did past policy reach the small neighbours? Differences by distance, and their limits.

`evaluate` answers the studies of a scenario; `exposure` says who came within which ring,
`outcomes` what is followed, `design` and `spatial` estimate and tell how sure that is,
`judge` checks and decides, `library` asks for second opinions, `words` says it.
"""

from gangso.evaluation.evaluate import evaluate
from gangso.evaluation.exposure import Exposure, expose
from gangso.evaluation.result import Evaluation, Finding, Refusal
from gangso.evaluation.tables import evaluation_tables
from gangso.evaluation.words import finding_lines, ring_name, verdict_sentence
from gangso.evaluation.zones import zones_beside

__all__ = [
    "Evaluation",
    "Exposure",
    "Finding",
    "Refusal",
    "evaluate",
    "evaluation_tables",
    "expose",
    "finding_lines",
    "ring_name",
    "verdict_sentence",
    "zones_beside",
]
