"""A desk without a browser: what takes a while is found at once, in place."""

from collections.abc import Callable, Hashable
from typing import Any

import pytest

from gangso.errors import GangsoError
from gangso.workbench.ground import Ground
from gangso.workbench.office import Office
from gangso.workbench.pages.desk import Desk
from gangso.workbench.pages.known import Answered, Known
from gangso.workbench.pages.words import Words
from gangso.workbench.session import Session


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
