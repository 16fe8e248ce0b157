"""What is saved stays saved, in SQLite and in PostgreSQL alike."""

import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from gangso.errors import BadInputError
from gangso.scenario import Scenario, resolve
from gangso.territory.model import Territory
from gangso.workbench.drafts import Drafts
from gangso.workbench.edits import LockTogether, SetTarget, apply
from gangso.workbench.session import Step
from gangso.workbench.store import MOST_VERSIONS, StaleError, Store, UnknownScenarioError
from tests.workbench.databases import postgres_binaries, postgres_server


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    binaries = postgres_binaries()
    if binaries is None:
        warnings.warn("PostgreSQL is not installed: its tests are SKIPPED", stacklevel=1)
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    with postgres_server(binaries) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'kept.sqlite'}"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store(url)
    yield made
    for summary in made.all():
        made.delete(summary.id, summary.version)
    made.close()


@pytest.fixture(scope="module")
def scenario(korea: Territory) -> Scenario:
    return resolve(korea.metadata.scenario)


def moved(scenario: Scenario) -> tuple[Step, ...]:
    first = scenario.alliances
    steps = [Step(None, first)]
    for edit in (LockTogether(codes=("32010", "32030")), SetTarget(population=250_000)):
        steps.append(Step(edit, apply(edit, steps[-1].options, first)))
    return tuple(steps)


def test_what_is_saved_comes_back_whole(store: Store, scenario: Scenario, url: str) -> None:
    trail = moved(scenario)
    name, note = "강원 <b>안</b>; DROP TABLE x", "=1+1\n둘째 줄 🏔"
    made = store.create(name, "korea", scenario, note=note, trail=trail, position=1)
    again = Store(url)
    found = again.get(made.id)
    again.close()
    assert found == made
    assert (found.name, found.note, found.version) == (name, note, 1)
    assert found.opened == scenario
    assert found.trail == trail
    assert found.scenario.alliances == trail[1].options
    assert [summary.id for summary in store.all()] == [made.id]


def test_a_stale_save_is_refused_and_tells_both(store: Store, scenario: Scenario) -> None:
    made = store.create("plan", "korea", scenario)
    mine = store.save(made.id, made.version, name="mine", trail=moved(scenario))
    assert (mine.version, mine.name, mine.position) == (2, "mine", 2)
    with pytest.raises(StaleError) as refused:
        store.save(made.id, made.version, name="theirs")
    assert refused.value.base == 1
    assert refused.value.theirs == mine
    assert "mine" in refused.value.words("ko")
    assert store.get(made.id) == mine
    with pytest.raises(StaleError):
        store.delete(made.id, 1)
    store.delete(made.id, 2)
    for ask in (
        store.get,
        store.versions,
        lambda i: store.save(i, 2),
        lambda i: store.delete(i, 2),
    ):
        with pytest.raises(UnknownScenarioError):
            ask(made.id)


def test_of_many_at_once_exactly_one_is_saved(store: Store, scenario: Scenario) -> None:
    made = store.create("plan", "korea", scenario)
    outcomes: list[str] = []

    def save(number: int) -> None:
        try:
            store.save(made.id, 1, note=str(number))
            outcomes.append("saved")
        except StaleError:
            outcomes.append("refused")

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 7 + ["saved"]
    assert store.get(made.id).version == 2


def test_versions_are_kept_up_to_a_number(store: Store, scenario: Scenario) -> None:
    made = store.create("plan", "korea", scenario)
    trail = moved(scenario)
    store.save(made.id, 1, trail=trail, note="locked")
    versions = store.versions(made.id)
    assert [v.version for v in versions] == [2, 1]
    assert versions[0].scenario.alliances == trail[-1].options
    assert versions[1].scenario == scenario
    for base in range(2, MOST_VERSIONS + 5):
        store.save(made.id, base, note=str(base))
    assert len(store.versions(made.id)) == MOST_VERSIONS


def test_there_is_a_limit(url: str, scenario: Scenario) -> None:
    small = Store(url, most=1)
    made = small.create("one", "korea", scenario)
    with pytest.raises(BadInputError):
        small.create("two", "korea", scenario)
    assert len(small.all()) == 1
    small.delete(made.id, 1)
    small.close()


def test_territories_are_registered(store: Store) -> None:
    ident = store.add_territory("territories/x.zip", {"ko": "나라", "en": "Country"})
    assert store.territories()[ident] == ("territories/x.zip", {"ko": "나라", "en": "Country"})


@pytest.mark.parametrize("url", ["nonsense", "mysql://u:secret@h/d", "sqlite:////nowhere/x.db"])
def test_a_database_that_cannot_be_opened_keeps_its_secret(url: str) -> None:
    with pytest.raises(BadInputError) as refused:
        Store(url)
    assert "secret" not in str(refused.value)


def test_a_server_that_is_not_there_keeps_the_password_secret() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(BadInputError) as refused:
        Store("postgresql://planner:hunter2@127.0.0.1:1/none")
    assert "hunter2" not in str(refused.value)


_WRITER = """
import sys
from gangso.scenario import Scenario
from gangso.workbench.store import Store
store = Store(sys.argv[1])
scenario = Scenario()
number = 0
while True:
    made = store.create(f"plan {number}", "korea", scenario, note=str(number))
    print(made.id, number, flush=True)
    number += 1
"""


def test_a_killed_server_loses_nothing_that_was_saved(url: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITER, url], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(20)]
    os.kill(process.pid, signal.SIGKILL)
    lines += process.stdout.readlines()
    process.wait()
    process.stdout.close()
    store = Store(url)
    for line in lines:
        if line.endswith("\n"):
            ident, number = line.split()
            assert store.get(ident).note == number
    for summary in store.all():
        store.delete(summary.id, summary.version)
    store.close()


def test_drafts_are_kept_apart_bounded_and_gone_with_their_territory(
    store: Store, scenario: Scenario
) -> None:
    drafts = Drafts(store, most=2)
    trail = moved(scenario)
    file = {"id": None, "version": 0, "name": "개혁안", "note": "", "territory": "korea"}
    one = drafts.keep("", file, scenario, trail, 1)
    assert drafts.keep(one, file, scenario, trail, 2) == one
    found = drafts.get(one)
    assert (found.trail, found.position, found.opened) == (trail, 2, scenario)
    # Whoever opens it goes on under an id of its own.
    other = drafts.keep("", file, scenario, trail[:2], 1)
    assert drafts.get(one).trail == trail
    third = drafts.keep("", file, scenario, trail, 0)
    assert {ident for ident, _, _ in drafts.recent(9)} == {other, third}
    with pytest.raises(UnknownScenarioError):
        drafts.get(one)
    assert drafts.keep(one, file, scenario, trail, 0) != one  # forgotten, so kept anew
    territory = store.add_territory("x.zip", {"en": "x"})
    on_it = drafts.keep("", {**file, "territory": territory}, scenario, trail, 0)
    kept = store.create("stands on it", territory, scenario)
    with pytest.raises(BadInputError) as caught:
        store.remove_territory(territory)
    assert "stands on it" in caught.value.faults[0].problem("en")
    assert territory in store.territories()
    store.delete(kept.id, kept.version)
    store.remove_territory(territory)
    assert territory not in store.territories()
    with pytest.raises(UnknownScenarioError):
        drafts.get(on_it)
    with pytest.raises(UnknownScenarioError):
        store.create("too late", territory, scenario)
    with pytest.raises(UnknownScenarioError):
        store.remove_territory(territory)
    for ident, _, _ in drafts.recent(9):
        drafts.drop(ident)
    assert drafts.recent(9) == []
