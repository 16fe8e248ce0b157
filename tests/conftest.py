"""What many tests share: the embedded Korea, loaded once."""

import pytest

import gangso.territory
from gangso.territory.model import Territory


@pytest.fixture(scope="session")
def korea() -> Territory:
    """The embedded territory."""
    return gangso.territory.korea()
