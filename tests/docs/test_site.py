"""The built documentation: complete, without a warning, and nothing loaded from a network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import typer

import gangso
from gangso.cli.app import app
from gangso.territory.dictionary import TABLES, attributes
from tests.docs.blocks import ROOT

#: What a browser loads by itself, by the attribute that names it.
LOADED = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "iframe": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "object": ("data",),
    "embed": ("src",),
    "link": ("href",),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site: the one that GANGSO_SITE names (as .ci/run has built it), else built here."""
    made = os.environ.get("GANGSO_SITE")
    if made:
        return Path(made)
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", str(folder / "d")]
    done = subprocess.run(
        [*command, str(ROOT / "docs"), str(folder / "html")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "html"


class _Page(HTMLParser):
    """What a page loads, where it links to, what can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        self.names |= {given[key] for key in ("id", "name") if key in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        loads = not (tag == "link" and given.get("rel") in ("canonical", "author", "license"))
        self.loaded += [given[key] for key in LOADED.get(tag, ()) if key in given and loads]


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, _Page]:
    """The pages of the site, read."""
    return {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}


def test_nothing_is_loaded_from_a_network(site: Path, pages: dict[Path, _Page]) -> None:
    assert len(pages) > 40
    foreign = [
        f"{path.relative_to(site)}: {address}"
        for path, page in pages.items()
        for address in page.loaded
        if re.match(r"(\w+:)?//", address)
    ]
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        foreign += [
            f"{sheet.relative_to(site)}: {address}"
            for address in re.findall(r"(?:url\(|@import)\s*['\"]?((?:\w+:)?//[^'\")]+)", text)
        ]
    assert foreign == []


def test_what_is_loaded_and_linked_is_there(site: Path, pages: dict[Path, _Page]) -> None:
    broken = []
    for path, page in pages.items():
        for address in (*page.loaded, *page.links):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            known = pages.get(target)
            lost = known and parts.fragment and unquote(parts.fragment) not in known.names
            if not target.is_file() or lost:
                broken.append(f"{path.relative_to(site)}: {address}")
    assert broken == []


def test_formulas_are_mathml(site: Path) -> None:
    for name in ("alliances", "projection", "services", "bases", "diagnosis", "../compact"):
        text = (site / "models" / f"{name}.html").read_text(encoding="utf-8")
        assert "<math" in text, name
        assert "merror" not in text, name
        assert "MathJax" not in text, name


def test_the_reference_is_complete(site: Path) -> None:
    folder = site / "reference" / "generated"
    commands = (folder / "commands.html").read_text(encoding="utf-8")
    for name, command in typer.main.get_command(app).commands.items():
        assert f"gangso {name}" in commands
        for parameter in command.params:
            if parameter.param_type_name == "option":
                assert all(option in commands for option in parameter.opts), (name, parameter.opts)
    tables = (folder / "tables.html").read_text(encoding="utf-8")
    for table in TABLES:
        assert all(f">{a.name}<" in tables for a in attributes(table)), table
    options = (folder / "scenario.html").read_text(encoding="utf-8")
    fields = gangso.Scenario.model_fields
    assert all(f">{name}<" in options for name in fields)
    names = (folder / "gangso.html").read_text(encoding="utf-8")
    assert all(f"gangso.{name}" in names for name in gangso.__all__)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_open_offline_and_do_not_scroll_sideways(
    browser: Any, site: Path, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, offline=True)
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    for name in ("index", "tutorial.ko", "compact", "reference/generated/commands"):
        page.goto((site / f"{name}.html").as_uri())
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, name
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert complaints == []
    context.close()
