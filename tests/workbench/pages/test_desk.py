"""Regions rendered without a browser: both languages, every panel, hostile names."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from gangso.workbench.cards import municipality_card
from gangso.workbench.edits import Forbid, LockTogether
from gangso.workbench.ground import Ground
from gangso.workbench.office import Office
from gangso.workbench.pages.actions import ACTIONS, act
from gangso.workbench.pages.desk import Desk
from gangso.workbench.pages.layers import LAYERS, Seen, group_tints, layer_of
from gangso.workbench.pages.regions import REGIONS, key_of
from gangso.workbench.pages.state import map_state
from gangso.workbench.pages.view_place import place_view
from gangso.workbench.pages.words import Words
from gangso.workbench.session import Session

MakeDesk = Callable[[str], Desk]
_VOID = {"input", "br", "img", "path", "rect", "line", "polygon", "polyline", "meta", "link"}


class Reader(HTMLParser):
    """Reads what a region asks the server for, and whether its elements are closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.acts: set[str] = set()
        self.ids: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)
        found = dict(attrs)
        if found.get("data-act"):
            self.acts.add(str(found["data-act"]))
        if found.get("id"):
            self.ids.append(str(found["id"]))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_every_region_in_every_state(make_desk: MakeDesk, lang: str) -> None:
    desk = make_desk(lang)
    seen: set[str] = set()

    def look() -> str:
        html = {name: Reader(desk.html(name)) for name in REGIONS}
        every = [ident for reader in html.values() for ident in reader.ids]
        assert len(every) == len(set(every)), "an id stands twice on the page"
        for reader in html.values():
            seen.update(reader.acts)
        text = " ".join(" ".join(reader.text) for reader in html.values())
        if lang == "en":
            # Towns and hubs have no English name in the data; everything else must have.
            for table in (desk.territory.settlements, desk.territory.hubs):
                for name in sorted(set(table["name"]), key=len, reverse=True):
                    text = text.replace(name, "")
            assert not re.search("[가-힣]{2}", text.replace("한국어", ""))
        return text

    assert str(len(desk.plan.alliances)) in look()
    ident = str(desk.plan.alliances.index[0])
    desk.right_tab, desk.ident = "card", ident
    text = look()
    assert desk.words.say("wb.exit") in text
    assert desk.words.say("wb.future.planned") in text
    code = str(desk.plan.alliances.loc[ident, "centre"])
    desk.ident, desk.code = None, code
    assert desk.words.name(code) in look()
    outside = str(desk.plan.membership.index[desk.plan.membership["status"] == "outside"][0])
    desk.code, desk.left_tab, desk.tray = outside, "conditions", [code]
    look()
    assert seen <= set(ACTIONS) | {"theme", "pane", "more"}, seen - set(ACTIONS)


def test_a_lock_is_told_with_its_price_and_a_conflict_with_its_place(make_desk: MakeDesk) -> None:
    desk = make_desk("en")
    one, other = _apart(desk)
    desk.change = desk.session.apply(LockTogether(codes=(one, other)))
    assert desk.change.adopted
    assert desk.change.price is not None
    desk.prices = {key_of(desk.session.locks[0]): desk.change.price}
    desk.left_tab = "conditions"
    ribbon = Reader(desk.html("ribbon"))
    assert "costs the nation" in " ".join(ribbon.text)
    assert f"{desk.change.price.cost:+.3f}" in " ".join(ribbon.text)
    assert f"{desk.change.price.cost:+.3f}" in desk.html("left")
    assert map_state(desk, "before")["moved"]
    desk.change = desk.session.apply(Forbid(codes=(one, other)))
    assert desk.change.conflict is not None
    ribbon = Reader(desk.html("ribbon"))
    assert {"zoom", "select"} <= ribbon.acts
    assert desk.words.name(one) in " ".join(ribbon.text)


def _apart(desk: Desk) -> tuple[str, str]:
    """Two neighbours whom the plan keeps apart, at a price."""
    home = desk.plan.membership["alliance"].dropna()
    for a, b in zip(desk.territory.contiguity["a"], desk.territory.contiguity["b"], strict=True):
        if a in home and b in home and home[a] != home[b]:
            return str(a), str(b)
    raise AssertionError


def test_every_layer_classes_every_municipality(make_desk: MakeDesk) -> None:
    desk = make_desk("en")
    for key in LAYERS:
        desk.layer_key = key
        layer = desk.layer()
        assert layer.key == key
        assert len(layer.of) == len(layer.said) == len(desk.codes)
        assert max(layer.of) < len(layer.classes)
        counted = sum(c.count for c in layer.legend)
        assert counted == len(desk.codes), key
        for kind in layer.classes:
            assert re.fullmatch("#[0-9a-fA-F]{6}", kind.day)
            assert re.fullmatch("#[0-9a-fA-F]{6}", kind.night)


def test_tints_tell_neighbours_apart_and_stay(make_desk: MakeDesk) -> None:
    desk = make_desk("ko")
    first = desk.tints
    desk.session.apply(LockTogether(codes=_apart(desk)))
    after = group_tints(desk.territory, desk.plan, first)
    assert all(after[members] == first[members] for members in after if members in first)
    member = desk.plan.membership["alliance"]
    tint = {c: after[members] for members in after for c in members}
    for a, b in zip(desk.territory.contiguity["a"], desk.territory.contiguity["b"], strict=True):
        if a in tint and b in tint and member[a] != member[b]:
            assert tint[a] != tint[b]


def test_without_what_it_needs_there_is_no_layer(ground: Ground) -> None:
    plan = Session(ground).plan
    seen = Seen(ground.territory, ground.defaults, plan, "ko")
    assert layer_of("index", seen, {}) is None


def test_scripts_in_names_are_text(ground: Ground, office: Office) -> None:
    evil = "<script>alert(1)</script>"
    table = ground.territory.municipalities.assign(name=evil, name_en=evil, province=evil)
    desk = Desk(
        Session(ground), Words(replace(ground.territory, municipalities=table), "ko"), office
    )
    desk.file["name"] = desk.file["note"] = evil
    desk.tray = desk.codes[-2:]
    desk.dialog = {"template": "save", "file": desk.file, "problem": ""}
    for name in REGIONS:
        html = desk.html(name)
        assert "<script" not in html
    assert "&lt;script&gt;" in desk.html("left")


def test_moves_of_one_page_wait_for_each_other(
    make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make_desk("ko")
    one, other = _apart(desk)

    async def hurry() -> None:
        monkeypatch.setattr("nicegui.core.loop", asyncio.get_running_loop())
        together = {"act": "pair", "kind": "together", "code": one, "other": other}
        await asyncio.gather(
            act(desk, together), act(desk, {"act": "alone", "code": desk.codes[-1]}),
            act(desk, {"act": "undo"}), act(desk, {"act": "undo"}), act(desk, {"act": "undo"}),
            act(desk, {"act": "redo"}),
        )  # fmt: skip

    asyncio.run(hurry())
    # Both were made, both taken back, the third had nothing to take back, one came again.
    assert desk.session.position == 1
    assert len(desk.session.trail) == 3
    assert [lock.kind for lock in desk.session.locks] == ["together"]
    assert not desk.busy


def test_a_lock_is_seen_on_the_card_and_taken_away_by_the_same_button(
    make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make_desk("en")
    one, other = _apart(desk)

    def held() -> bool:
        view = place_view(desk.words, municipality_card(desk.session, one), desk.plan)
        return next(bool(n["together"]) for n in view["neighbours"] if n["code"] == other)

    async def press(what: dict[str, str]) -> None:
        monkeypatch.setattr("nicegui.core.loop", asyncio.get_running_loop())
        await act(desk, what)

    together = {"act": "pair", "kind": "together", "code": one, "other": other}
    assert not held()
    asyncio.run(press(together))
    assert held()
    asyncio.run(press({**together, "code": other, "other": one}))
    assert not held()
    assert desk.session.locks == ()
