"""What comes in and goes out on the page: packages, scenarios, plans, and the internet's map."""

import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gangso.cli import main
from gangso.workbench.office import Office
from tests.workbench.pages.browsing import accessible
from tests.workbench.test_uploads import MUNICIPALITIES, good

pytestmark = pytest.mark.browser


def _send(page: Any, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    page.set_input_files("#package-file", path)


def test_a_package_comes_in_is_planned_on_and_goes_out(
    open_page: Any, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page(1440, 900, "lang=en")
    page.click("#data")
    # Every fault of a broken one is told with its place, its value and the way to mend it.
    broken = MUNICIPALITIES.replace("80000", "many").replace("127.1", "927.1")
    _send(page, tmp_path / "broken.zip", good(municipalities__csv=broken))
    page.wait_for_selector("#upload-faults li")
    told = page.inner_text("#upload-faults")
    for part in ("table municipalities", "row 2", "column population", "value 'many'", "'927.1'"):
        assert part in told
    assert page.locator("#upload-faults .fix").count() == page.locator("#upload-faults li").count()
    accessible(page)
    page.keyboard.press("Escape")
    page.click("#lang")
    page.wait_for_function("document.documentElement.lang === 'ko'")
    page.click("#data")
    _send(page, tmp_path / "broken.zip", good(municipalities__csv=broken))
    page.wait_for_selector("#upload-faults li")
    assert "2행" in page.inner_text("#upload-faults")
    # A good one opens; a name with markup is text.
    _send(page, tmp_path / "good.zip", good())
    page.wait_for_url("**/?territory=*")
    page.wait_for_selector(".map[data-stamp]")
    ident = page.url.split("territory=")[1]
    assert "<script>alert(1)" in page.inner_text("#places")
    # Its plan goes out: the YAML, and brief, GeoPackage and tables as a job.
    page.click("#export")
    with page.expect_download() as download:
        page.click("#export-yaml")
    scenario = tmp_path / "scenario.yaml"
    download.value.save_as(scenario)
    page.click("#export-plan")
    page.wait_for_selector("#cancel-job")
    page.wait_for_selector("#job-files", timeout=180_000)
    accessible(page)
    links = page.locator("#job-files a").all_inner_texts()
    assert {"plan.zip", "brief.pdf", "brief.html", "plan.gpkg", "certificate.json"} <= set(links)
    with page.expect_download() as download:
        page.click("#job-files a >> text=plan.zip")
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        assert any(name.startswith("tables/") for name in archive.namelist())
    # The command line takes the YAML as it is, beside the package that the server hands out.
    package = office.package(ident)
    assert package is not None
    (tmp_path / f"{ident}.zip").write_bytes(package.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["gangso", "ally", "scenario.yaml", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    # Nothing is saved on it: it can be deleted, on another page.
    page.keyboard.press("Escape")
    page.goto(page.url.split("?")[0])
    page.wait_for_selector(".map[data-stamp]")
    page.click("#data")
    page.click(f"#forget-{ident}")
    page.wait_for_selector(f"#forget-{ident}", state="detached")
    assert ident not in office.territories()


def test_what_is_not_saved_survives_a_reload(open_page: Any, office: Office) -> None:
    page = open_page(1440, 900, "lang=ko")
    page.keyboard.press("/")
    page.keyboard.type("영동군")
    page.keyboard.press("Enter")
    page.wait_for_selector(".neighbours")
    page.locator(".neighbours li:last-child [data-kind=together]").press("Enter")
    page.wait_for_url("**/?draft=*")
    assert "임시" in page.inner_text("#file-state")
    page.reload()
    page.wait_for_selector(".map[data-stamp]")
    assert "임시" in page.inner_text("#file-state")
    page.click("#tab-conditions")
    page.wait_for_selector(".lock")
    assert page.get_attribute("#undo", "aria-disabled") == "false"
    first = page.url
    # It goes on under an id of its own: another browser may have the same one open.
    page.click("#undo")
    page.wait_for_selector(".locks:not(:has(.lock))", state="attached")
    page.click("#redo")
    page.wait_for_function(f"location.href !== {first!r} && location.search.includes('draft')")
    # Saved, nothing is left over.
    held = page.url.split("draft=")[1]
    page.click("#save")
    page.fill("#save-name", "다시 연 것")
    page.click("#save-now")
    page.wait_for_url("**/?scenario=*")
    assert held not in {ident for ident, _, _ in office.drafts.recent(50)}
    assert len(office.store.all()[0].name) > 0


def _pixel() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1, 1), "#abc").save(out, "PNG")
    return out.getvalue()


def test_the_net_is_asked_only_when_the_planner_says_so(open_page: Any) -> None:
    # `open_page` fails the test if anything but this server is asked, until here.
    page = open_page(1440, 900, "lang=en")
    page.click("#overlays summary")
    asked: list[str] = []

    def tile(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(status=200, content_type="image/png", body=_pixel())

    page.route("https://tile.openstreetmap.org/**", tile)
    page.click("#over-tiles")
    page.wait_for_selector("#tiles-yes")
    assert "tile.openstreetmap.org" in page.inner_text("dialog")
    assert asked == []  # it asks before it does
    accessible(page)
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert not page.is_checked("#over-tiles")
    page.click("#over-tiles")
    page.click("#tiles-yes")
    page.wait_for_selector(".leaflet-tile-loaded", state="attached")
    assert asked
    assert "OpenStreetMap" in page.inner_text(".leaflet-control-attribution")
    page.wait_for_selector("dialog", state="detached")
    page.click("#over-tiles")
    page.wait_for_selector(".leaflet-tile-pane img", state="detached")
    count = len(asked)
    page.click("#zoom-in")
    page.wait_for_timeout(300)
    assert len(asked) == count
