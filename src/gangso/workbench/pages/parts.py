"""The two components of a page: the map, and regions of HTML that send back what is done."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nicegui
from nicegui.element import Element

__all__ = ["Live", "PlanMap"]

_LEAFLET = Path(nicegui.__file__).parent / "elements" / "leaflet" / "dist"


class PlanMap(Element, component="map.js", esm={"nicegui-leaflet": str(_LEAFLET)}):
    """The map of municipalities, drawn by the Leaflet in NiceGUI's wheel.

    Parameters
    ----------
    shapes : str
        Address of the shapes on this server.
    label : str
        What a screen reader calls the map.
    first : mapping
        State with which it opens.
    """

    def __init__(self, shapes: str, label: str, first: Mapping[str, Any]) -> None:
        super().__init__()
        self.add_resource(_LEAFLET)
        self._props["shapes"] = shapes
        self._props["label"] = label
        self._props["first"] = dict(first)
        self.classes("stage")

    def paint(self, **part: Any) -> None:
        """Change a part of the state; the browser redraws what depends on it."""
        self.run_method("paint", part)

    def go(self, codes: tuple[str, ...] | list[str]) -> None:
        """Show some municipalities, with room around them."""
        self.run_method("go", list(codes))


class Live(Element, component="live.js"):
    """A region of HTML; emits ``act`` with what was done in it.

    Parameters
    ----------
    html : str
        First content, escaped where it must be.
    """

    def __init__(self, html: str = "") -> None:
        super().__init__()
        self._props["html"] = html

    def show(self, html: str) -> None:
        """Replace the content; nothing is sent if it is the same."""
        if self._props["html"] != html:
            self._props["html"] = html
            self.update()
