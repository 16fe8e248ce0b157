"""Everything a planner does, without a mouse; and where the focus is meanwhile."""

from pathlib import Path
from typing import Any

import pytest

from gangso.workbench.office import Office
from tests.workbench.pages.browsing import accessible, focused, tab_to
from tests.workbench.test_uploads import good

pytestmark = pytest.mark.browser


def _press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def _moved(page: Any, stamp: int) -> None:
    """Wait for the plan after so many moves, and for the lists and cards that follow it."""
    page.wait_for_selector(f'.map[data-stamp="{stamp}"]')
    page.wait_for_selector(".ribbon:not(.busy)")


def test_moves_by_keyboard_alone(open_page: Any) -> None:
    page = open_page(1440, 900, "lang=en")
    # Search, select, lock with a neighbour: the focus stays where the planner is.
    _press(page, "/")
    page.keyboard.type("yeongdong")
    _press(page, "Enter")
    page.wait_for_selector(".neighbours")
    tab_to(page, "tab-card")
    tab_to(page, "stand-alone")
    code = page.get_attribute("#stand-alone", "data-code")
    button = page.evaluate("document.querySelector('.neighbours li:last-child button.tiny').id")
    tab_to(page, button)
    _press(page, "Enter")
    _moved(page, 1)
    page.wait_for_selector("#price")
    assert focused(page) == button
    # Forbid another, let it stand alone, take both back.
    other = page.evaluate("document.querySelector('.neighbours li:first-child .tiny + .tiny').id")
    tab_to(page, other, "Shift+Tab")
    _press(page, "Enter")
    _moved(page, 2)
    _press(page, "Control+z", "Control+z")
    _moved(page, 4)
    assert focused(page) == other
    tab_to(page, "stand-alone", "Shift+Tab")
    _press(page, "Enter")
    _moved(page, 5)
    page.wait_for_selector("#tab-conditions .badge >> text=1")
    # The lock is taken away in the list of locks; the focus goes on to what is there.
    _press(page, "c")
    page.wait_for_selector("#unlock-1")
    page.wait_for_function("document.activeElement.id === 'target'")
    tab_to(page, "unlock-1", "Shift+Tab")
    _press(page, "Enter")
    _moved(page, 6)
    page.wait_for_selector("#unlock-1", state="detached")
    assert focused(page) == "conditions"
    # Sliders: many steps are one move.
    tab_to(page, "target")
    _press(page, *["ArrowRight"] * 5)
    _moved(page, 7)
    assert focused(page) == "target"
    tab_to(page, "max-size")
    _press(page, "4")
    _moved(page, 8)
    weight = page.evaluate("document.querySelector('[data-act=weight]').id")
    tab_to(page, weight)
    _press(page, "ArrowLeft", "ArrowLeft")
    _moved(page, 9)
    assert focused(page) == weight
    _press(page, *["Control+z"] * 3)
    _moved(page, 12)
    # Collect by the list, score, fix.
    _press(page, "/")
    page.wait_for_function("document.activeElement.id === 'find-box'")
    _press(page, "Control+a")
    page.keyboard.type("yeongdong")
    _press(page, "ArrowDown", "ArrowDown", "ArrowDown", "Enter")
    assert focused(page) == f"tray-{code}"
    page.wait_for_selector(f"#chip-{code}")
    _press(page, "/", "Control+a")
    page.keyboard.type("okcheon")
    _press(page, "ArrowDown", "ArrowDown", "ArrowDown", "Enter")
    page.wait_for_selector("#score")
    tab_to(page, "score")
    _press(page, "Enter")
    page.wait_for_selector("#score-card")
    assert focused(page) == "score"
    accessible(page)
    tab_to(page, "lock-fix", "Shift+Tab")
    _press(page, "Enter")
    _moved(page, 13)
    page.wait_for_selector("#lock-fix", state="detached")
    focused(page)
    assert page.evaluate("document.activeElement !== document.body")


def test_looking_and_keeping_by_keyboard_alone(
    open_page: Any, office: Office, tmp_path: Path
) -> None:
    page = open_page(1440, 900, "lang=ko")
    # The browser must hold choosers back before a key opens one: asked for only then, the order
    # may come after the key, and the chooser is lost.
    page.on("filechooser", lambda _: None)
    # Layer, overlays, the map itself, language, dark.
    _press(page, "m")
    assert "map" in page.evaluate("document.activeElement.className")
    centre = "document.querySelector('.leaflet-map-pane').style.transform"
    before = page.evaluate(centre)
    _press(page, "ArrowRight")
    page.wait_for_function(f"{centre} !== {before!r}")
    tab_to(page, "layer")
    _press(page, "ArrowDown")
    page.wait_for_function("document.querySelector('#layer').value === 'index'")
    page.wait_for_function("!document.querySelector('#legend').innerText.includes('112')")
    assert focused(page) == "layer"
    _press(page, "Tab", "Enter", "Tab", "Space")
    page.wait_for_selector("#over-outlines:not(:checked)")
    assert focused(page) == "over-outlines"
    accessible(page)
    _press(page, "Escape")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert not page.evaluate("document.querySelector('#overlays').open")
    page.evaluate("document.querySelector('.skip').focus()")
    tab_to(page, "lang")
    _press(page, "Enter")
    page.wait_for_function("document.documentElement.lang === 'en'")
    assert focused(page) == "lang"
    tab_to(page, "theme")
    _press(page, "Enter")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    accessible(page)
    # Save, with name and note; the focus comes back to where the dialog was opened.
    tab_to(page, "save", "Shift+Tab")
    _press(page, "Enter")
    page.wait_for_selector("dialog[open]")
    assert focused(page) == "save-name"
    accessible(page)
    page.keyboard.type("by keyboard")
    tab_to(page, "save-note")
    page.keyboard.type("a note")
    tab_to(page, "save-now")
    _press(page, "Enter")
    page.wait_for_selector("dialog", state="detached")
    assert focused(page) == "save"
    (kept,) = office.store.all()
    assert (kept.name, kept.note) == ("by keyboard", "a note")
    # Compare two, side by side.
    tab_to(page, "scenarios")
    _press(page, "Enter")
    page.wait_for_selector("#compare")
    tab_to(page, "pick-now")
    _press(page, "Space")
    tab_to(page, f"pick-{kept.id}")
    _press(page, "Space")
    page.wait_for_selector("#compare[aria-disabled=false]")
    accessible(page)
    tab_to(page, "compare", "Shift+Tab")
    _press(page, "Enter")
    page.wait_for_selector("#sides")
    focused(page)
    _press(page, "Escape")
    page.wait_for_selector("dialog", state="detached")
    assert focused(page) == "scenarios"
    # Export the scenario.
    tab_to(page, "export")
    _press(page, "Enter")
    page.wait_for_selector("#export-yaml")
    accessible(page)
    tab_to(page, "export-yaml")
    with page.expect_download() as download:
        _press(page, "Enter")
    assert download.value.suggested_filename == "scenario.yaml"
    _press(page, "Escape")
    page.wait_for_selector("dialog", state="detached")
    # Upload: the button that opens the system's choice of files has the focus, and is seen.
    tab_to(page, "data")
    _press(page, "Enter")
    page.wait_for_selector("#package-file", state="attached")
    accessible(page)
    tab_to(page, "package-file")
    package = tmp_path / "good.zip"
    package.write_bytes(good())
    with page.expect_file_chooser() as chooser:
        _press(page, "Enter")
    chooser.value.set_files(package)
    page.wait_for_url("**/?territory=*")
    page.wait_for_selector(".map[data-stamp]")
    # Help, and out of it.
    _press(page, "?")
    page.wait_for_selector("dialog[open]")
    accessible(page)
    _press(page, "Escape")
    page.wait_for_selector("dialog", state="detached")
