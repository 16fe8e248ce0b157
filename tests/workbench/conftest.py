"""The embedded Korea on the desk, opened once."""

import pytest

from gangso.territory.model import Territory
from gangso.workbench.ground import Ground


@pytest.fixture(scope="session")
def ground(korea: Territory) -> Ground:
    return Ground(korea)
