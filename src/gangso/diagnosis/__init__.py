"""What is wrong: decline by municipality and year, thresholds, the national imbalance ledger."""

from gangso.diagnosis.assess import diagnose
from gangso.diagnosis.ledger import draw_up_ledger
from gangso.diagnosis.result import Diagnosis
from gangso.diagnosis.words import class_label

__all__ = ["Diagnosis", "class_label", "diagnose", "draw_up_ledger"]
