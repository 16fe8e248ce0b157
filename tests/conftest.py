"""What many tests share: the embedded Korea, loaded once, and how hypothesis works here."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Processes of tests share the cores already; threads of theirs would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import hypothesis
import pytest

import gangso.territory
from gangso import opening
from gangso.alliances import Partition, partition
from gangso.bases import Bases, plan_bases
from gangso.scenario import Scenario
from gangso.services import measure
from gangso.territory.model import Territory
from gangso.territory.travel import estimate_network

# No test is timed: on a busy machine a right answer may take long.
hypothesis.settings.register_profile("gangso", deadline=None)
hypothesis.settings.load_profile("gangso")


@pytest.fixture(scope="session")
def korea() -> Territory:
    """The embedded territory."""
    return gangso.territory.korea()


@dataclass(frozen=True, eq=False)
class Sited:
    """The embedded Korea with its alliances and their bases."""

    scenario: Scenario
    territory: Territory
    found: Partition
    bases: Bases


@pytest.fixture(scope="session")
def sited() -> Sited:
    """Alliances and bases of the embedded Korea, found once."""
    scenario, territory = opening.open_scenario()
    network = estimate_network(territory, scenario.travel)
    services = measure(territory, network, scenario.services, scenario.year)
    found = partition(territory, scenario.alliances, scenario.leave_out, year=scenario.year)
    bases = plan_bases(territory, network, services, found, scenario.bases, scenario.services)
    return Sited(scenario, territory, found, bases)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The system's Chromium, for one file of tests.

    Playwright keeps an event loop running as long as it lives: a second start of it, or a
    loop of a test in another file, would meet it in the same process.
    """
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Debian's chromium is not installed")
    quiet = ("no-first-run", "disable-background-networking", "disable-component-update")
    arguments = [f"--{name}" for name in ("no-sandbox", "disable-gpu", "disable-sync", *quiet)]
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield made
        made.close()
