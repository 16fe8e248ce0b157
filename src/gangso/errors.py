"""What can go wrong, in one family: every error of the program is a `GangsoError`.

Each child is also a child of the closest built-in exception, so that it can be
caught either way. The command line turns `exit_code` into the process's exit code:
1 for a question without a solution, 2 for bad input.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gangso.texts import say

__all__ = ["BadInputError", "Fault", "GangsoError", "InfeasibleError", "MissingTableError"]


class GangsoError(Exception):
    """Parent of every error that the program raises on purpose."""

    exit_code = 1


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with the input, and what would mend it.

    Parameters
    ----------
    kind : str
        Key of the fault; the texts ``fault.<kind>`` (what is wrong) and
        ``fix.<kind>`` (what to do) are looked up under it.
    table : str
        Table, or ``"scenario"`` or ``"datapackage"``.
    row : int or None
        Line in the file as a spreadsheet counts it (the header is row 1).
    column : str or None
        Column or, in a scenario, the dotted path of the key.
    value : str or None
        The offending value as it stands in the input.
    details : mapping of str to str
        What else the texts name (the nearest known code, the allowed range ...).
    """

    kind: str
    table: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    details: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def _say(self, prefix: str, lang: str) -> str:
        known = {
            "table": self.table,
            "row": "" if self.row is None else str(self.row),
            "column": self.column or "",
            "value": "" if self.value is None else self.value,
        }
        return say(f"{prefix}.{self.kind}", lang, **{**known, **self.details})

    def problem(self, lang: str = "en") -> str:
        """Say what is wrong, in ``lang``."""
        return self._say("fault", lang)

    def fix(self, lang: str = "en") -> str:
        """Say what would mend it, in ``lang``."""
        return self._say("fix", lang)


class BadInputError(GangsoError, ValueError):
    """The input has faults; **all** that were found are in `faults`.

    Parameters
    ----------
    faults : iterable of Fault
        At least one fault.
    """

    exit_code = 2

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        lines = []
        for fault in self.faults:
            row = "" if fault.row is None else f" row {fault.row}"
            column = "" if fault.column is None else f" {fault.column}"
            lines.append(f"{fault.table}{row}{column}: {fault.problem()} {fault.fix()}")
        super().__init__("\n".join(lines))


class MissingTableError(BadInputError, LookupError):
    """A command needs a table that the territory package does not have."""


class InfeasibleError(GangsoError, ArithmeticError):
    """No plan satisfies every requirement.

    Parameters
    ----------
    culprits : mapping of str to sequence of str
        The smallest set of requirements found to conflict, in words, by language.
    municipalities : iterable of str
        Codes of the municipalities concerned.
    way_out : mapping of str to str
        What would make the question solvable, by language.
    why : mapping of str to sequence of str, optional
        Why they conflict, by language.
    """

    exit_code = 1

    def __init__(
        self,
        culprits: Mapping[str, Iterable[str]],
        municipalities: Iterable[str],
        way_out: Mapping[str, str],
        why: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        self.culprits = {lang: tuple(lines) for lang, lines in culprits.items()}
        self.municipalities = tuple(municipalities)
        self.way_out = dict(way_out)
        self.why = {lang: tuple((why or {}).get(lang, ())) for lang in self.culprits}
        super().__init__("; ".join(self.culprits["en"]) + f" — {self.way_out['en']}")
