"""The workbench as a planner uses it: a real browser, no network, the embedded Korea."""

import re
from typing import Any

import pytest

from gangso.workbench.office import Office
from tests.workbench.pages.browsing import accessible

COUNTY = "영동군"

pytestmark = pytest.mark.browser


def _idle(page: Any, stamp: int) -> None:
    """Wait until the map has drawn the plan after so many moves."""
    page.wait_for_selector(f'.map[data-stamp="{stamp}"]')


def test_a_planner_locks_sees_the_price_undoes_saves_compares_and_exports(
    open_page: Any, office: Office
) -> None:
    page = open_page(1440, 900)
    assert page.locator("path.unit").count() > 200
    assert page.evaluate("document.fonts.check('16px Gangso', '강소도시권')")
    # Search a county, by keyboard alone.
    page.keyboard.press("/")
    page.wait_for_function("document.activeElement.id === 'find-box'")
    page.keyboard.type(COUNTY)
    page.keyboard.press("Enter")
    page.wait_for_selector(".neighbours")
    assert page.inner_text(".side .title") == COUNTY
    # Lock it with a neighbour of another alliance: the plan changes, the price is told.
    before = office.ground().defaults.alliances.must_link
    other = page.locator(".neighbours li", has=page.locator("small", has_text=re.compile("A[0-9]")))
    other.first.locator("[data-kind=together]").press("Enter")
    page.wait_for_selector("#price")
    assert re.search(r"[+-]\d+\.\d{3}", page.inner_text("#price"))
    _idle(page, 1)
    assert page.locator("path.edge-moved").get_attribute("d") not in (None, "", "M0 0")
    assert office.ground().defaults.alliances.must_link == before  # nobody else's scenario moved
    accessible(page)
    page.keyboard.press("c")
    page.wait_for_selector(".lock [data-price]")
    # Undo, and make it again.
    page.keyboard.press("Escape")
    page.locator("#undo").focus()
    page.keyboard.press("Control+z")
    _idle(page, 2)
    page.wait_for_selector(".locks:not(:has(.lock))", state="attached")
    page.keyboard.press("Control+Shift+z")
    _idle(page, 3)
    page.wait_for_selector(".lock")
    # Save, reload.
    page.keyboard.press("Control+s")
    page.fill("#save-name", "영동군 묶기")
    page.fill("#save-note", "이웃과 함께")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?scenario=*")
    (kept,) = office.store.all()
    assert (kept.name, kept.note, kept.version) == ("영동군 묶기", "이웃과 함께", 1)
    page.reload()
    page.wait_for_selector(".map[data-idle]")
    assert page.inner_text(".file-title") == "영동군 묶기"
    page.click("#tab-conditions")
    page.wait_for_selector(".lock")
    # Somebody else saves in between: nothing is overwritten, and it is said.
    office.store.save(kept.id, 1, note="다른 사람")
    page.click("#save")
    page.click("#save-now")
    page.wait_for_selector("#stale")
    page.click("#stale-new")
    page.wait_for_selector("dialog", state="detached")
    assert len(office.store.all()) == 2
    assert office.store.get(kept.id).note == "다른 사람"
    # Take the lock away, and compare with what was saved.
    page.locator("[id^=unlock-]").first.click()
    page.wait_for_selector(".locks:not(:has(.lock))", state="attached")
    page.click("#scenarios")
    page.check("#pick-now")
    page.check(f"#pick-{kept.id}")
    page.wait_for_selector("#compare[aria-disabled=false]")
    page.click("#compare")
    page.wait_for_selector("#sides")
    assert page.locator("#sides .side-map").count() == 2
    assert "must_link" in page.inner_text("dialog")
    accessible(page)
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    # Take the scenario away: what the command line takes.
    page.click("#export")
    with page.expect_download() as download:
        page.click("#export-yaml")
    text = download.value.path().read_text(encoding="utf-8")
    assert office.scenario("korea", text).alliances == office.ground().defaults.alliances


def test_the_page_by_night_in_english_on_a_phone(open_page: Any) -> None:
    page = open_page(390, 844, "lang=en", theme="dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.get_attribute("html", "lang") == "en"
    accessible(page)
    page.click("#nav-find")
    page.fill("#find-box", "chungju")
    page.keyboard.press("Enter")
    page.wait_for_selector(".side .title")
    assert "Chungju" in page.inner_text(".side .title")
    accessible(page)
    page.click("#nav-map")
    assert not page.is_visible(".side .title")


def test_a_package_with_faults_is_refused_on_the_page(open_page: Any, tmp_path: Any) -> None:
    page = open_page(1440, 900, "lang=en")
    page.click("#data")
    package = tmp_path / "broken.zip"
    package.write_bytes(b"PK\x05\x06" + bytes(18))  # an empty archive
    page.set_input_files("#package-file", package)
    page.wait_for_selector("#upload-faults li")
