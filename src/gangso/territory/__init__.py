"""The territory: what is known of a country, loaded, checked and described."""

from gangso.territory.check import check, inspect
from gangso.territory.datasets import korea
from gangso.territory.intake import (
    Mapping,
    NewReport,
    Proposal,
    make_package,
    propose_mapping,
    read_mapping,
)
from gangso.territory.load import build, load
from gangso.territory.metadata import Item, Metadata, Source
from gangso.territory.model import Territory
from gangso.territory.write import write_package

__all__ = [
    "Item",
    "Mapping",
    "Metadata",
    "NewReport",
    "Proposal",
    "Source",
    "Territory",
    "build",
    "check",
    "inspect",
    "korea",
    "load",
    "make_package",
    "propose_mapping",
    "read_mapping",
    "write_package",
]
