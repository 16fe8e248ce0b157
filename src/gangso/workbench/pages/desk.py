"""One open page: a session, what is shown of it, and how it is told to the browser."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from gangso.alliances import Partition, robustness
from gangso.report.colours import TINTS
from gangso.scenario import Scenario
from gangso.workbench.cards import (
    AllianceBases,
    alliance_bases,
    alliance_card,
    alliance_compact,
    alliance_fan,
    best_alternative,
    municipality_card,
    municipality_fan,
    national_ledger,
)
from gangso.workbench.change import Change, Price
from gangso.workbench.edits import Lock
from gangso.workbench.jobs import Job
from gangso.workbench.office import EMBEDDED, Office
from gangso.workbench.pages.known import Answered, Known
from gangso.workbench.pages.layers import LAYERS, Layer, Seen, by_night, group_tints, layer_of
from gangso.workbench.pages.marks import base_points, flow_lines, hub_points, service_signs
from gangso.workbench.pages.parts import Live, PlanMap
from gangso.workbench.pages.render import render
from gangso.workbench.pages.view_alliance import (
    alliance_view,
    bases_view,
    compact_view,
    fan_view,
)
from gangso.workbench.pages.view_change import (
    change_view,
    conflict_view,
    fault_lines,
    lock_view,
    score_view,
)
from gangso.workbench.pages.view_nation import future_view, ledger_view, needs_view, plan_view
from gangso.workbench.pages.view_place import place_view
from gangso.workbench.pages.words import Words
from gangso.workbench.session import Score, Session

__all__ = ["OVERLAYS", "REGIONS", "Desk"]

REGIONS = ("top", "left", "controls", "ribbon", "legend", "tray", "side", "dialog", "nav")
OVERLAYS = ("outlines", "names", "bases", "hubs", "flows", "tiles")
TILES = {
    "url": "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
    "credit": "© OpenStreetMap contributors",
}
# What a layer needs that takes a while.
_NEEDS = {
    "index": "diagnosis", "change": "diagnosis", "old": "diagnosis", "births": "diagnosis",
    "deserts": "services", "robustness": "sureness",
}  # fmt: skip


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
        self.busy = False
        self.share: float | None = None
        self.before: list[int] | None = None
        self.dialog: dict[str, Any] = {}
        self.file: dict[str, Any] = {
            "id": None, "name": "", "note": "", "version": 0, "territory": EMBEDDED,
        }  # fmt: skip
        self.saved_as = session.scenario
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
        return self.scenario != self.saved_as

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
        finders: dict[str, Callable[[], Any]] = {
            "diagnosis": lambda: ground.diagnosis(scenario),
            "services": lambda: ground.services(scenario),
            "outlook": lambda: ground.outlook(scenario),
            "ledger": lambda: national_ledger(session),
            "sureness": lambda: robustness(
                plan, scenario.answers.robustness, np.random.default_rng(scenario.seed)
            ).municipalities["sureness"],
            "bases": lambda: alliance_bases(session, *of),
            "compact": lambda: alliance_compact(session, *of),
            "alliance_fan": lambda: alliance_fan(session, *of),
            "place_fan": lambda: municipality_fan(session, *of),
            "reasons": lambda: best_alternative(session, *of),
        }
        of_plan = kind not in ("diagnosis", "services", "outlook", "place_fan")
        # By members and not by number: the same alliance keeps its answers in other plans.
        named = of
        if kind == "alliance_fan" or kind == "bases":
            named = (str(plan.alliances.loc[of[0], "members"]),)
            of_plan = False
        key: Hashable = (kind, *named, self.key_of_plan() if of_plan else "")
        return self.known.ask(key, finders[kind]) if self.ready else self.known.get(key)

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
        if kind == _NEEDS.get(self.layer_key):
            self.refresh("controls", "legend", "left")
            self.paint("fills", "texts")
        if kind == "bases" and "bases" in self.overlays:
            self.refresh("controls", "legend")
            self.paint("points")
        self.refresh("side")

    # -- layers --------------------------------------------------------------------------

    def _seen(self) -> Seen:
        parts: dict[str, Any] = {}
        needed = _NEEDS.get(self.layer_key)
        if needed is not None:
            answer = self.ask(needed)
            parts[needed] = None if answer is None else answer.value
        return Seen(self.territory, self.scenario, self.plan, self.words.lang, **parts)

    def layer(self) -> Layer:
        """The layer that is shown; that of the alliances while another is worked out."""
        seen = self._seen()
        made = layer_of(self.layer_key, seen, self.tints)
        return made or layer_of("alliances", seen, self.tints)  # type: ignore[return-value]

    def _all_bases(self) -> list[AllianceBases]:
        answers = [self.ask("bases", str(ident)) for ident in self.plan.alliances.index]
        return [a.value for a in answers if a is not None and a.value is not None]

    # -- the map -------------------------------------------------------------------------

    def groups(self) -> list[int]:
        """Number of every municipality's alliance in the plan; -1 for none."""
        place = {ident: number for number, ident in enumerate(self.plan.alliances.index)}
        return [
            -1 if pd.isna(ident) else place[str(ident)]
            for ident in self.plan.membership["alliance"]
        ]

    def state(self, *names: str) -> dict[str, Any]:
        """State of the map: all of it, or the parts that are named."""
        wanted = names or ("fills", "texts", "groups", "before", "points", "flows", "chosen")
        state: dict[str, Any] = {"stamp": str(self.stamp)}
        layer = self.layer() if {"fills", "texts"} & set(wanted) else None
        if "fills" in wanted and layer is not None:
            classes = [[c.day, c.night, c.hatched] for c in layer.classes]
            state["fills"] = {"classes": classes, "of": list(layer.of)}
        if "texts" in wanted and layer is not None:
            words, status = self.words, self.plan.membership["status"]
            state["texts"] = {
                "names": [words.names[c] for c in self.codes],
                "short": [words.short_names[c] for c in self.codes],
                "places": [words.provinces[c] for c in self.codes],
                "values": list(layer.said),
                "status": ["" if s == "allied" else words.say(f"wb.place.{s}") for s in status],
            }
        if "groups" in wanted:
            index = {code: number for number, code in enumerate(self.codes)}
            table = self.plan.alliances
            centres = [index[str(code)] for code in table["centre"]]
            state["groups"] = self.groups()
            state["centres"] = centres
            state["group_tags"] = [
                f"{ident} {self.words.short_names[str(code)]}"
                for ident, code in zip(table.index, table["centre"], strict=True)
            ]
            state["group_names"] = [
                f"{ident} · {self.words.list(row.split('|'))}"
                for ident, row in table["members"].items()
            ]
            state["outlines"] = "outlines" in self.overlays
            state["show_names"] = "names" in self.overlays
        if "before" in wanted:
            index = {code: number for number, code in enumerate(self.codes)}
            moved = self.change.moved if self.change is not None and self.change.adopted else ()
            state["moved"] = [index[code] for code in moved]
            state["before"] = self.before if moved else None
        if "points" in wanted:
            points: list[dict[str, Any]] = []
            if "hubs" in self.overlays:
                points += hub_points(self.words, self.scenario)
            if "bases" in self.overlays:
                points += base_points(self.words, self.scenario, self._all_bases())
            state["points"] = points
        if "flows" in wanted:
            shown = "flows" in self.overlays
            state["flows"] = flow_lines(self.words, self.plan, self.scenario) if shown else []
        if "tiles" in wanted:
            state["tiles"] = TILES if "tiles" in self.overlays else None
        if "chosen" in wanted:
            state["selected"] = self.chosen_codes()
            state["tray"] = list(self.tray)
        return state

    def chosen_codes(self) -> list[str]:
        """Codes of what is selected."""
        if self.ident is not None and self.ident in self.plan.alliances.index:
            return str(self.plan.alliances.loc[self.ident, "members"]).split("|")
        return [] if self.code is None else [self.code]

    def paint(self, *names: str) -> None:
        """Send parts of the state to the map."""
        if self.map is not None:
            self.map.paint(**self.state(*names))

    # -- regions -------------------------------------------------------------------------

    def refresh(self, *names: str) -> None:
        """Show regions anew; all of them if none is named."""
        for name in names or REGIONS:
            region = self.regions.get(name)
            if region is not None:
                region.show(self.html(name))

    def html(self, name: str) -> str:
        """Render a region."""
        values: dict[str, Any] = getattr(self, f"_{name}")()
        template = values.pop("template", name)
        return render(template, self.words, **values) if template else ""

    def _top(self) -> dict[str, Any]:
        return {
            "name": self.file["name"] or self.words.say("wb.file.untitled"),
            "unsaved": self.unsaved,
            "version": self.file["version"],
            "can_undo": self.session.can_undo,
            "can_redo": self.session.can_redo,
        }

    def _nav(self) -> dict[str, Any]:
        return {}

    def _left(self) -> dict[str, Any]:
        values: dict[str, Any] = {"template": "find", "tab": self.left_tab}
        values["locks"] = [self._lock(lock) for lock in self.session.locks]
        if self.left_tab == "find":
            return values | self._rows()
        return values | self._conditions()

    def _rows(self) -> dict[str, Any]:
        layer, words = self.layer(), self.words
        member = self.plan.membership
        rows = []
        for number, code in enumerate(self.codes):
            status, alliance = member["status"].iloc[number], member["alliance"].iloc[number]
            kind = layer.classes[layer.of[number]]
            side = words.say(f"wb.row.{status}") if pd.isna(alliance) else str(alliance)
            where = [p for p in (words.provinces[code], layer.said[number]) if p]
            names = {*(self.territory.names(lang).iloc[number] for lang in ("ko", "en"))}
            rows.append(
                {
                    "code": code, "name": words.short_names[code], "where": " · ".join(where),
                    "side": side, "in_scope": status != "outside", "in_tray": code in self.tray,
                    "day": kind.day, "night": kind.night, "hatched": kind.hatched,
                    "search": " ".join([*map(str, names), *where, code, side]).lower(),
                }
            )  # fmt: skip
        alliances = []
        for ident, row in self.plan.alliances.iterrows():
            members = str(row["members"]).split("|")
            tint = TINTS[self.tints[frozenset(members)]]
            title = " · ".join(words.short_names[code] for code in members)
            alliances.append(
                {
                    "ident": str(ident), "title": title, "day": tint, "night": by_night(tint),
                    "people": words.say("wb.unit.people_short", value=float(row["population"])),
                    "search": f"{ident} {row['name']} {row['name_en']}".lower(),
                }
            )  # fmt: skip
        return {"rows": rows, "alliances": alliances}

    def _lock(self, lock: Lock) -> dict[str, Any]:
        return lock_view(self.words, lock, self.prices.get(key_of(lock)))

    def _conditions(self) -> dict[str, Any]:
        options, opened = self.scenario.alliances, self.session.opened.alliances
        highest = max(2.0, *options.weights.values(), *opened.weights.values())
        step = 10.0 ** int(np.floor(np.log10(opened.target_population)) - 1)
        criteria = self.plan.settled.model.known
        table = self.plan.criteria
        rows = []
        for key in criteria:
            named = key in table.index
            rows.append(
                {
                    "key": key,
                    "label": str(table.loc[key, f"label_{self.words.lang}"]) if named else key,
                    "meaning": str(table.loc[key, f"meaning_{self.words.lang}"]) if named else "",
                    "weight": float(options.weights.get(key, 0.0)),
                }
            )
        return {
            "target": options.target_population,
            "target_low": int(step), "target_high": int(opened.target_population * 3),
            "target_step": int(step),
            "min_size": options.min_size, "max_size": options.max_size,
            "size_changed": (options.target_population, options.min_size, options.max_size)
            != (opened.target_population, opened.min_size, opened.max_size),
            "weights_changed": options.weights != opened.weights,
            "weight_high": highest, "criteria": rows,
        }  # fmt: skip

    def _controls(self) -> dict[str, Any]:
        layers = []
        for key in LAYERS:
            waiting = key == self.layer_key and key in _NEEDS and self.ask(_NEEDS[key]) is None
            title = self.words.say(f"wb.layer.{key}.short")
            layers.append({"key": key, "title": title, "waiting": waiting})
        overlays = []
        for key in OVERLAYS:
            on = key in self.overlays
            short = on and key == "bases" and len(self._all_bases()) < len(self.plan.alliances)
            overlays.append(
                {
                    "key": key, "title": self.words.say(f"wb.overlay.{key}"),
                    "on": on, "waiting": "bases" if short else "",
                }
            )  # fmt: skip
        return {"layers": layers, "overlays": overlays, "chosen": self.layer_key}

    def _legend(self) -> dict[str, Any]:
        extra: list[dict[str, str]] = []
        if self.change is not None and self.change.adopted and self.change.moved:
            text = self.words.say("wb.legend.moved")
            extra.append({"css": "stroke-moved", "label": text, "sign": "", "tone": ""})
            text = self.words.say("wb.legend.before")
            extra.append({"css": "stroke-before", "label": text, "sign": "", "tone": ""})
        if "flows" in self.overlays:
            for side in ("inside", "across"):
                text = self.words.say(f"wb.legend.{side}")
                extra.append({"css": f"stroke-{side}", "label": text, "sign": "", "tone": ""})
        if "bases" in self.overlays:
            for sign, tone, label in service_signs(self.words, self.scenario).values():
                extra.append({"css": "mark mark-base", "label": label, "sign": sign, "tone": tone})
        if "hubs" in self.overlays:
            for number, hub in enumerate(self.scenario.bases.hubs):
                css = "mark mark-hub" if number % 2 == 0 else "mark mark-gate"
                label = hub.label.get(self.words.lang, hub.kind)
                extra.append({"css": css, "label": label, "sign": "", "tone": "var(--mark)"})
        return {
            "layer": self.layer(), "extra": extra, "drawn": self.territory.boundaries_drawn,
        }  # fmt: skip

    def _ribbon(self) -> dict[str, Any]:
        conflict = change = None
        if self.change is not None and self.change.conflict is not None:
            conflict = conflict_view(self.words, self.change.conflict)
        elif self.change is not None:
            change = change_view(self.words, self.change, self.plan)
        plan = plan_view(self.words, self.plan, self.scenario)
        return {
            "busy": self.busy, "share": self.share, "faults": self.faults, "conflict": conflict,
            "change": change, **plan,
        }  # fmt: skip

    def _tray(self) -> dict[str, Any]:
        people = self.territory.municipalities["population"]
        score = None
        if self.score is not None:
            score = score_view(self.words, self.score, self.plan)
        return {
            "members": [{"code": c, "name": self.words.name(c)} for c in self.tray],
            "people": float(people.reindex(self.tray).sum()), "score": score,
        }  # fmt: skip

    def _side(self) -> dict[str, Any]:
        title, values = "", dict[str, Any]()
        place = alliance = None
        if self.ident is not None and self.ident not in self.plan.alliances.index:
            self.ident = None
        if self.ident is not None:
            title = f"{self.words.say('wb.alliance')} {self.ident}"
        elif self.code is not None:
            title = self.words.short_names[self.code]
        if self.right_tab == "nation":
            values = self._nation()
        elif self.ident is not None:
            alliance, values = True, self._alliance(self.ident)
        elif self.code is not None:
            place, values = True, self._place(self.code)
        return {
            "tab": self.right_tab, "title": title, "place": place, "alliance": alliance, **values,
        }  # fmt: skip

    def _nation(self) -> dict[str, Any]:
        words, scenario = self.words, self.scenario
        return {
            "nation": plan_view(words, self.plan, scenario),
            "ledger": self.told("ledger", lambda found: ledger_view(words, found)),
            "needs": self.told("services", lambda found: needs_view(words, found, scenario)),
            "outlook": self.told("outlook", lambda found: future_view(words, found)),
        }

    def _alliance(self, ident: str) -> dict[str, Any]:
        words, scenario, plan = self.words, self.scenario, self.plan
        card = alliance_card(self.session, ident)
        columns = [c for c in plan.alliances.columns if c.startswith("score_")]
        means = plan.alliances[columns].mean().rename(lambda c: c.removeprefix("score_"))
        tint = TINTS[self.tints[frozenset(card.members.index)]]
        return {
            "alliance": alliance_view(words, card, scenario, means),
            "tint": {"day": tint, "night": by_night(tint)},
            "bases": self.told("bases", lambda found: bases_view(words, found, scenario), ident),
            "compact": self.told("compact", lambda found: compact_view(words, found), ident),
            "future": self.told("alliance_fan", lambda table: fan_view(words, table), ident),
        }

    def _place(self, code: str) -> dict[str, Any]:
        words = self.words
        card = municipality_card(self.session, code)
        reasons: dict[str, Any] = {"view": None, "missing": ""}
        sure = ""
        if card.status != "outside":

            def said(row: pd.Series) -> dict[str, str]:
                return {k: str(row[f"{k}_{words.lang}"]) for k in ("why", "price")}

            reasons = self.told("reasons", said, code)
            found = self.known.get(("sureness", self.key_of_plan()))
            if found is not None and found.value is not None and code in found.value.index:
                sure = words.say("wb.hover.sure", share=float(found.value.loc[code]))
        return {
            "place_view": place_view(words, card, self.plan), "reasons": reasons, "sure": sure,
            "in_tray": code in self.tray,
            "future": self.told("place_fan", lambda table: fan_view(words, table), code),
        }  # fmt: skip

    def _dialog(self) -> dict[str, Any]:
        if not self.dialog:
            return {"template": ""}
        return dict(self.dialog)

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


def key_of(lock: Lock) -> str:
    """What tells a lock from every other."""
    return f"{lock.kind}:{'|'.join(sorted(lock.codes))}"
