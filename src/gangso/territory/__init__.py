"""The territory: what is known of a country, loaded, checked and described."""

from gangso.territory.check import check, inspect
from gangso.territory.datasets import korea
from gangso.territory.load import build, load
from gangso.territory.mapping import Mapping, propose_mapping, read_mapping
from gangso.territory.metadata import Item, Metadata, Source
from gangso.territory.model import Territory
from gangso.territory.new import NewReport, make_package
from gangso.territory.write import write_package

__all__ = [
    "Item",
    "Mapping",
    "Metadata",
    "NewReport",
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
