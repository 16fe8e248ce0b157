"""Dialogs: saving, opening and comparing scenarios, exports, uploads."""

from __future__ import annotations

from nicegui import ui

from gangso.workbench.pages.actions import What, action
from gangso.workbench.pages.desk import Desk

__all__: list[str] = []


@action
async def open_export(desk: Desk, _: What) -> None:
    """Offer what can be taken away."""
    desk.dialog = {"template": "export", "job": None}
    desk.refresh("dialog")


@action
async def export_yaml(desk: Desk, _: What) -> None:
    """Hand out the scenario as the command line takes it."""
    text = desk.scenario.to_yaml()
    ui.download.content(text.encode("utf-8"), "scenario.yaml", "application/yaml")
