"""What many tests share: the embedded Korea, loaded once, and how hypothesis works here."""

import hypothesis
import pytest

import gangso.territory
from gangso.territory.model import Territory

# No test is timed: on a busy machine a right answer may take long.
hypothesis.settings.register_profile("gangso", deadline=None)
hypothesis.settings.load_profile("gangso")


@pytest.fixture(scope="session")
def korea() -> Territory:
    """The embedded territory."""
    return gangso.territory.korea()
