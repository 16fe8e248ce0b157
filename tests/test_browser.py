"""The brief as a reader opens it: in a real browser, without a network."""

from pathlib import Path
from typing import Any

import pytest

from gangso.planning import plan
from gangso.report import write_plan
from gangso.territory.model import Territory


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_brief_opens_offline(
    browser: Any, korea: Territory, tmp_path: Path, width: int, height: int
) -> None:
    write_plan(plan(territory=korea), tmp_path / "plan", "ko")
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto((tmp_path / "plan" / "brief.html").as_uri())
    page.evaluate("document.fonts.ready")
    assert [url for url in asked if not url.startswith("data:")] == [page.url]
    assert complaints == []
    # Hangul is set in the font that the page carries.
    assert page.evaluate("document.fonts.check('16px Gangso', '강소도시권')")
    # Nothing but the tables' own boxes scrolls sideways.
    assert page.evaluate("document.documentElement.scrollWidth") == width
    pictures = page.locator("figure img")
    assert pictures.count() >= 5
    for number in range(pictures.count()):
        assert pictures.nth(number).evaluate("image => image.naturalWidth") > 500
        assert pictures.nth(number).get_attribute("alt")
    assert page.locator("h2").count() >= 14
    context.close()
