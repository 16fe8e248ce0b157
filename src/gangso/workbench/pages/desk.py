"""One open page: a session, what is shown of it, and how it is told to the browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import pandas as pd
from nicegui import background_tasks

from gangso.alliances import Partition
from gangso.engine import CancelledError
from gangso.scenario import Scenario
from gangso.workbench.cards import (
    AllianceBases,
    alliance_bases,
    alliance_compact,
    alliance_fan,
    best_alternative,
    every_base,
    municipality_fan,
    national_ledger,
)
from gangso.workbench.change import Change, Price
from gangso.workbench.jobs import Job
from gangso.workbench.office import EMBEDDED, Office
from gangso.workbench.pages.known import Answered, Known
from gangso.workbench.pages.layers import NEEDS, Layer, Seen, group_tints, layer_of
from gangso.workbench.pages.parts import Live, PlanMap
from gangso.workbench.pages.regions import REGIONS
from gangso.workbench.pages.render import render
from gangso.workbench.pages.state import map_state
from gangso.workbench.pages.view_change import fault_lines
from gangso.workbench.pages.words import Words
from gangso.workbench.session import Score, Session

__all__ = ["PROGRESS", "Desk"]

# What takes so long that the page says how far it is.
PROGRESS = ("sureness", "all_bases")


class Desk:
    """The state of one page, and the regions in which it is shown.

    Parameters
    ----------
    session : Session
        The scenario.
    words : Words
        The language.
    office : Office
        What all pages share.
    """

    def __init__(self, session: Session, words: Words, office: Office) -> None:
        self.session, self.words, self.office = session, words, office
        self.known = Known(self._answered)
        self.left_tab, self.right_tab = "find", "nation"
        self.layer_key = "alliances"
        self.overlays = {"outlines", "names"}
        self.code: str | None = None
        self.ident: str | None = None
        self.tray: list[str] = []
        self.score: Score | None = None
        self.change: Change | None = None
        self.faults: list[dict[str, str]] = []
        self.prices: dict[str, Price] = {}
        self.shares: dict[str, float] = {}
        self.gone = False
        self.turn, self.waiting = asyncio.Lock(), 0
        self.keeping = asyncio.Lock()
        self.busy = False
        self.share: float | None = None
        self.before: list[int] | None = None
        self.dialog: dict[str, Any] = {}
        self.file: dict[str, Any] = {
            "id": None, "name": "", "note": "", "version": 0, "territory": EMBEDDED,
        }  # fmt: skip
        self.saved_as = session.scenario
        self.draft, self.resumed = "", False
        self.tints = group_tints(self.territory, self.plan)
        self.regions: dict[str, Live] = {}
        self.map: PlanMap | None = None
        self.stamp = 0
        self.ready = False
        self.job: Job | None = None

    # -- what stands ---------------------------------------------------------------------

    @property
    def plan(self) -> Partition:
        """The plan."""
        return self.session.plan

    @property
    def scenario(self) -> Scenario:
        """The scenario as it now stands."""
        return self.session.scenario

    @property
    def territory(self) -> Any:
        """The territory."""
        return self.session.ground.territory

    @property
    def codes(self) -> list[str]:
        """Codes of the municipalities, in the order of the shapes."""
        return [str(code) for code in self.territory.municipalities.index]

    @property
    def unsaved(self) -> bool:
        """Whether anything differs from what was saved or opened last."""
        named = {"name": self.saved_as.name}  # a name is given by saving
        return self.scenario.model_copy(update=named) != self.saved_as

    def address(self) -> str:
        """Query by which a browser finds this again."""
        if self.draft:
            return f"?draft={self.draft}"
        if self.file["id"]:
            return f"?scenario={self.file['id']}"
        return f"?territory={self.file['territory']}"

    def tell_address(self) -> None:
        """Let the browser's address name what is shown."""
        if "top" in self.regions:
            self.regions["top"].run_method("address", self.address())

    def key_of_plan(self) -> str:
        """What every answer about the plan depends on."""
        return self.scenario.alliances.model_dump_json()

    # -- asking --------------------------------------------------------------------------

    def ask(self, kind: str, *of: str) -> Answered | None:
        """Ask for what takes a while.

        Parameters
        ----------
        kind : str
            What.
        *of : str
            Of which alliance or municipality.

        Returns
        -------
        Answered or None
            The answer; None while it is being found, after which the page is refreshed.
        """
        session, scenario, plan = self.session, self.scenario, self.plan
        ground = session.ground
        # What goes on for long, and is only of use to this page and this plan, can stop.
        of_this = self.key_of_plan()
        one = of[0] if of else ""

        def told(done: int, total: int) -> None:
            self.stop_unless(of_this)
            self.shares[kind] = done / total

        finders: dict[str, Callable[[], Any]] = {
            "diagnosis": lambda: ground.diagnosis(scenario),
            "services": lambda: ground.services(scenario),
            "outlook": lambda: ground.outlook(scenario),
            "ledger": lambda: national_ledger(session),
            "sureness": lambda: ground.sureness(scenario, plan, told),
            "all_bases": lambda: every_base(session, plan, told),
            "bases": lambda: alliance_bases(session, one, plan),
            "compact": lambda: alliance_compact(
                session, one, plan, lambda: self.stop_unless(of_this)
            ),
            "alliance_fan": lambda: alliance_fan(session, one, plan),
            "place_fan": lambda: municipality_fan(session, one),
            "reasons": lambda: best_alternative(session, one),
        }
        of_plan = kind not in ("diagnosis", "services", "outlook", "place_fan")
        # By members and not by number: the same alliance keeps its answers in other plans.
        named = of
        if kind == "alliance_fan" or kind == "bases":
            named = (str(plan.alliances.loc[one, "members"]),)
            of_plan = False
        key: Hashable = (kind, *named, of_this if of_plan else "")
        if not self.ready:
            return self.known.get(key)
        answer = self.known.ask(key, finders[kind])
        if answer is None and kind in PROGRESS and kind not in self.shares:
            self.shares[kind] = 0.0
            background_tasks.create(self._tell(kind, key))
        return answer

    def stop_unless(self, of_plan: str) -> None:
        """Stop work for a plan that this page has left, or for a page that was closed."""
        if self.gone or of_plan != self.key_of_plan():
            raise CancelledError("nobody waits for it")

    async def _tell(self, kind: str, key: Hashable) -> None:
        """Show how far it is while it lasts."""
        while self.known.waiting(key) and not self.gone:
            await asyncio.sleep(0.5)
            self.refresh("legend")
        self.shares.pop(kind, None)
        self.refresh("legend")

    def told(self, kind: str, view: Callable[[Any], Any], *of: str) -> dict[str, Any]:
        """Ask, and put the answer as a template reads it."""
        answer = self.ask(kind, *of)
        if answer is None:
            return {"view": None, "missing": ""}
        if answer.missing is not None:
            lines = fault_lines(answer.missing, self.words.lang)
            return {"view": None, "missing": " ".join(line["text"] for line in lines)}
        return {"view": view(answer.value), "missing": ""}

    def _answered(self, key: Hashable) -> None:
        """Show what has come."""
        kind = key[0] if isinstance(key, tuple) else key
        if kind == NEEDS.get(self.layer_key):
            self.refresh("controls", "legend", "left")
            self.paint("fills", "texts")
        if kind == "all_bases" and "bases" in self.overlays:
            self.refresh("controls", "legend")
            self.paint("points")
        self.refresh("side")

    # -- layers --------------------------------------------------------------------------

    def _seen(self) -> Seen:
        parts: dict[str, Any] = {}
        needed = NEEDS.get(self.layer_key)
        if needed is not None:
            answer = self.ask(needed)
            parts[needed] = None if answer is None else answer.value
        return Seen(self.territory, self.scenario, self.plan, self.words.lang, **parts)

    def layer(self) -> Layer:
        """The layer that is shown; that of the alliances while another is worked out."""
        seen = self._seen()
        made = layer_of(self.layer_key, seen, self.tints)
        return made or layer_of("alliances", seen, self.tints)  # type: ignore[return-value]

    def all_bases(self) -> list[AllianceBases] | None:
        """Bases of every alliance; None while they are worked out."""
        answer = self.ask("all_bases")
        return None if answer is None else list(answer.value or ())

    # -- the map -------------------------------------------------------------------------

    def groups(self) -> list[int]:
        """Number of every municipality's alliance in the plan; -1 for none."""
        place = {ident: number for number, ident in enumerate(self.plan.alliances.index)}
        return [
            -1 if pd.isna(ident) else place[str(ident)]
            for ident in self.plan.membership["alliance"]
        ]

    def chosen_codes(self) -> list[str]:
        """Codes of what is selected."""
        if self.ident is not None and self.ident in self.plan.alliances.index:
            return str(self.plan.alliances.loc[self.ident, "members"]).split("|")
        return [] if self.code is None else [self.code]

    def paint(self, *names: str) -> None:
        """Send parts of the state to the map."""
        if self.map is not None:
            self.map.paint(**map_state(self, *names))

    # -- regions -------------------------------------------------------------------------

    def refresh(self, *names: str) -> None:
        """Show regions anew; all of them if none is named."""
        for name in names or REGIONS:
            region = self.regions.get(name)
            if region is not None:
                region.show(self.html(name))

    def html(self, name: str) -> str:
        """Render a region."""
        values = REGIONS[name](self)
        template = values.pop("template", name)
        return render(template, self.words, **values) if template else ""

    # -- selecting -----------------------------------------------------------------------

    def select(self, code: str | None = None, ident: str | None = None) -> None:
        """Show the card of a municipality or of an alliance."""
        self.code, self.ident = code, ident
        self.right_tab = "card" if code or ident else "nation"
        self.refresh("side")
        self.paint("chosen")
        if "left" in self.regions:
            self.regions["left"].run_method("current", f"row-{ident or code}")
            self.regions["top"].run_method("pane", "card" if code or ident else "map")

    def show(self, codes: Sequence[str]) -> None:
        """Bring municipalities into sight on the map."""
        if self.map is not None and codes:
            self.map.go([c for c in codes if c in set(self.codes)])
