"""A desk without a browser, where what takes a while is found at once; and a browser."""

from collections.abc import Callable, Hashable, Iterator
from typing import Any

import pytest

from gangso.errors import GangsoError
from gangso.workbench.app import create_app
from gangso.workbench.ground import Ground
from gangso.workbench.office import EMBEDDED, Office, Settings
from gangso.workbench.pages import add_pages
from gangso.workbench.pages.desk import Desk
from gangso.workbench.pages.known import Answered, Known
from gangso.workbench.pages.words import Words
from gangso.workbench.session import Session
from tests.workbench.conftest import serving


class AtOnce(Known):
    def ask(self, key: Hashable, find: Callable[[], Any]) -> Answered | None:
        if key not in self._found:
            try:
                self._found[key] = Answered(value=find())
            except GangsoError as error:
                self._found[key] = Answered(missing=error)
        return self._found[key]


@pytest.fixture
def make_desk(ground: Ground, office: Office) -> Callable[[str], Desk]:
    def make(lang: str) -> Desk:
        robustness = ground.defaults.answers.robustness.model_copy(update={"draws": 5})
        answers = ground.defaults.answers.model_copy(update={"robustness": robustness})
        scenario = ground.defaults.model_copy(update={"answers": answers})
        desk = Desk(Session(ground, scenario), Words(ground.territory, lang), office)
        desk.known = AtOnce(lambda _: None)
        desk.ready = True
        return desk

    return make


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory, ground: Ground) -> Iterator[Office]:
    """One office for all files of pages: NiceGUI serves one application a process."""
    made = Office(Settings(tmp_path_factory.mktemp("office"), most_upload=2 << 20))
    made._grounds.find(EMBEDDED, lambda: ground)
    yield made
    made.close()


@pytest.fixture(scope="session")
def url(office: Office) -> Iterator[str]:
    with serving(create_app(office, add_pages=add_pages)) as found:
        yield found


@pytest.fixture
def open_page(browser: Any, url: str, office: Office) -> Iterator[Any]:
    """Open pages that may ask this server only, and must not complain."""
    contexts, complaints, strangers = [], [], []

    def ask(route: Any) -> None:
        if route.request.url.startswith((url, "data:", "blob:")):
            route.continue_()
        else:
            strangers.append(route.request.url)
            route.abort()

    def opened(width: int, height: int, query: str = "lang=ko", theme: str = "light") -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, locale="ko-KR"
        )
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.route("**/*", ask)
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{url}/?{query}")
        page.wait_for_selector(".map[data-idle]")
        return page

    yield opened
    for context in contexts:
        context.close()
    for kept in office.store.all():
        office.store.delete(kept.id, kept.version)
    assert strangers == []
    # A refused upload is an answer of the API, which browsers mention.
    assert [c for c in complaints if "(Unprocessable Entity)" not in c] == []
