"""A scenario on the planner's desk: moved, proved again, moved back, and weighed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

import pandas as pd

from gangso.alliances import Comparison, Partition, compare
from gangso.alliances.pricing import COST_UNIT
from gangso.engine import CancelledError
from gangso.errors import GangsoError, InfeasibleError
from gangso.planning import GapProgress
from gangso.scenario import AllianceOptions, Scenario
from gangso.texts import LANGUAGES, say
from gangso.workbench.change import (
    Change,
    Price,
    conflict_of,
    difference,
    judge,
    padded,
    price_of,
    refused,
)
from gangso.workbench.edits import (
    Edit,
    FixAlliance,
    Forbid,
    Lock,
    LockTogether,
    StandAlone,
    Unlock,
    apply,
    locks_of,
)
from gangso.workbench.ground import Ground

__all__ = ["NoStepError", "Score", "Session", "Step"]

Told = Callable[[float], None]
Asked = Callable[[], bool]

# So many states are kept; the oldest are forgotten.
MOST_STEPS = 200


class NoStepError(GangsoError, LookupError):
    """There is nothing to undo, or nothing to redo."""


@dataclass(frozen=True)
class Step:
    """One state of a scenario.

    Attributes
    ----------
    edit : Edit or None
        What led to it; None for the first.
    options : AllianceOptions
        The options of the alliances, which are all that an edit changes.
    """

    edit: Edit | None
    options: AllianceOptions


@dataclass(frozen=True, eq=False)
class Score:
    """Alliances made by hand beside the best plan.

    Attributes
    ----------
    comparison : Comparison
        Every group with its scores, what it breaches, and what the whole would lose if the
        plan had to contain it (``keeping``); every member beside where the plan puts it.
    cost : float or None
        Cost of the whole made by hand: the groups, and everybody else in scope alone. None
        for a single alliance, or where groups overlap or reach out of the scope.
    optimum : float
        Cost of the best plan.
    alone : tuple of str
        Codes of those in scope that no group names.
    """

    comparison: Comparison
    cost: float | None
    optimum: float
    alone: tuple[str, ...]

    @property
    def loss(self) -> float | None:
        """What the whole made by hand loses against the best plan, cost units."""
        return None if self.cost is None else self.cost - self.optimum


class Session:
    """One scenario, open on one territory.

    Every method may be called from any thread; moves of one session wait for each other.

    Parameters
    ----------
    ground : Ground
        The territory.
    scenario : Scenario, optional
        The scenario; by default the territory's own.
    trail : sequence of Step, optional
        Earlier states, as `trail` returned them; by default the scenario is the first.
    position : int, optional
        Which of them the session stands on; the last by default.
    progress : callable, optional
        Told the share of the first solve that is done.

    Attributes
    ----------
    ground : Ground
        The territory.
    opened : Scenario
        The scenario as it was opened; `Reset` goes back to it.

    Raises
    ------
    BadInputError
        If the scenario does not fit the territory.
    InfeasibleError
        If no plan satisfies it.
    """

    def __init__(
        self,
        ground: Ground,
        scenario: Scenario | None = None,
        trail: Sequence[Step] = (),
        position: int | None = None,
        progress: Told | None = None,
    ) -> None:
        self.ground = ground
        self.opened = scenario or ground.defaults
        self._trail = list(trail) or [Step(None, self.opened.alliances)]
        self._at = len(self._trail) - 1 if position is None else position
        if not 0 <= self._at < len(self._trail):
            raise ValueError(f"there is no step {self._at} among {len(self._trail)}")
        self._lock = threading.RLock()
        self._plan = ground.solve(self.scenario, None, _teller(progress, None))

    @property
    def scenario(self) -> Scenario:
        """The scenario as it now stands; what the command line would take."""
        options = self._trail[self._at].options
        return self.opened.model_copy(update={"alliances": options})

    @property
    def plan(self) -> Partition:
        """The best plan, with its tables and its proof."""
        return self._plan

    @property
    def trail(self) -> tuple[Step, ...]:
        """All states, those that were undone included."""
        return tuple(self._trail)

    @property
    def position(self) -> int:
        """Which of them the session stands on."""
        return self._at

    @property
    def can_undo(self) -> bool:
        """Whether there is a move to take back."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a move to make again."""
        return self._at < len(self._trail) - 1

    @property
    def locks(self) -> tuple[Lock, ...]:
        """Locks in force."""
        return locks_of(self._trail[self._at].options)

    def apply(
        self, edit: Edit, progress: Told | None = None, cancelled: Asked | None = None
    ) -> Change:
        """Make a move and prove the plan again.

        Parameters
        ----------
        edit : Edit
            The edit.
        progress : callable, optional
            Told the share of the gap that is closed.
        cancelled : callable, optional
            Asked whether to stop.

        Returns
        -------
        Change
            What it does. If no plan satisfies it, the session stays where it was and the
            change names the culprits and the way out.

        Raises
        ------
        BadInputError
            If the edit names a code or a criterion that is not there.
        CancelledError
            If it was cancelled; the session stays where it was.
        """
        with self._lock:
            started = perf_counter()
            step, before = self._trail[self._at], self._plan
            options = apply(edit, step.options, self.opened.alliances)
            if options is step.options:
                return difference(
                    edit, "apply", before, before, perf_counter() - started, self._price(edit)
                )
            try:
                after = self._solve(options, progress, cancelled)
            except InfeasibleError as error:
                return refused(edit, before, conflict_of(error), perf_counter() - started)
            price = None
            if isinstance(edit, LockTogether | Forbid | StandAlone | FixAlliance):
                price = price_of(edit, after, before)
            elif isinstance(edit, Unlock):
                price = price_of(edit.lock, before, after)
            change = difference(edit, "apply", before, after, perf_counter() - started, price)
            kept = self._trail[: self._at + 1]
            self._trail = [*kept, Step(edit, options)][-MOST_STEPS:]
            self._at, self._plan = len(self._trail) - 1, after
            return change

    def undo(self, progress: Told | None = None) -> Change:
        """Take the last move back.

        Parameters
        ----------
        progress : callable, optional
            Told the share that is done.

        Returns
        -------
        Change
            What that does.

        Raises
        ------
        NoStepError
            If there is none.
        """
        with self._lock:
            if not self.can_undo:
                raise NoStepError(say("workbench.nothing_to_undo", "en"))
            return self._go("undo", self._at - 1, self._trail[self._at].edit, progress)

    def redo(self, progress: Told | None = None) -> Change:
        """Make the move again that was taken back last.

        Parameters
        ----------
        progress : callable, optional
            Told the share that is done.

        Returns
        -------
        Change
            What that does.

        Raises
        ------
        NoStepError
            If there is none.
        """
        with self._lock:
            if not self.can_redo:
                raise NoStepError(say("workbench.nothing_to_redo", "en"))
            return self._go("redo", self._at + 1, self._trail[self._at + 1].edit, progress)

    def prices(
        self, progress: Told | None = None, cancelled: Asked | None = None
    ) -> tuple[Price, ...]:
        """Say for every lock in force what it costs the whole.

        Parameters
        ----------
        progress : callable, optional
            Told the share of the locks that are priced.
        cancelled : callable, optional
            Asked whether to stop.

        Returns
        -------
        tuple of Price
            In the order of `locks`. Prices do not add up: two locks may cost more, or less,
            together than each beside the other.

        Raises
        ------
        CancelledError
            If it was cancelled.
        """
        with self._lock:
            options, plan, locks = self._trail[self._at].options, self._plan, self.locks
        found = []
        for number, lock in enumerate(locks):
            free = apply(Unlock.model_construct(kind="unlock", lock=lock), options, options)
            without = self._solve(free, None, cancelled, plan)
            found.append(price_of(lock, plan, without))
            if progress is not None:
                progress((number + 1) / len(locks))
        return tuple(found)

    def score(self, groups: Sequence[Sequence[str]]) -> Score:
        """Weigh alliances made by hand against the best plan.

        Parameters
        ----------
        groups : sequence of sequence of str
            Codes of the members of each; one alliance, or a whole plan.

        Returns
        -------
        Score
            How good they are, what they breach, what they cost the whole.

        Raises
        ------
        BadInputError
            With every code that the territory does not know, or if there are none.
        """
        plan = self._plan
        rows = [
            (str(number), code)
            for number, group in enumerate(groups, start=1)
            for code in dict.fromkeys(group)
        ]
        table = pd.DataFrame(rows, columns=["name", "municipality"])
        label = {lang: say("workbench.by_hand", lang) for lang in LANGUAGES}
        beside = compare(plan, "by_hand", label, table)
        model, options = plan.settled.model, plan.settled.options
        place = {str(code): unit for unit, code in enumerate(model.units.codes)}
        named = [code for _, code in rows]
        alone = tuple(code for code in place if code not in set(named))
        whole = None
        if len(groups) > 1 and len(set(named)) == len(named) and set(named) <= set(place):
            members = padded(
                [[place[c] for c in dict.fromkeys(group)] for group in groups]
                + [[place[code]] for code in alone]
            )
            whole = int(judge(model, options, members).cost.sum()) * COST_UNIT
        return Score(beside, whole, plan.cost, alone)

    def _price(self, edit: Edit) -> Price | None:
        """What a lock costs that is in force already."""
        if not isinstance(edit, LockTogether | Forbid | StandAlone | FixAlliance):
            return None
        options = self._trail[self._at].options
        free = apply(Unlock(lock=edit), options, options)
        return price_of(edit, self._plan, self._solve(free, None, None))

    def _go(
        self, move: Literal["undo", "redo"], to: int, edit: Edit | None, progress: Told | None
    ) -> Change:
        assert edit is not None  # only the first step has none
        started = perf_counter()
        before = self._plan
        after = self._solve(self._trail[to].options, progress, None)
        self._at, self._plan = to, after
        return difference(edit, move, before, after, perf_counter() - started, None)

    def _solve(
        self,
        options: AllianceOptions,
        progress: Told | None,
        cancelled: Asked | None,
        start: Partition | None = None,
    ) -> Partition:
        scenario = self.opened.model_copy(update={"alliances": options})
        return self.ground.solve(scenario, start or self._plan, _teller(progress, cancelled))


def _teller(
    progress: Told | None, cancelled: Asked | None
) -> Callable[[float, float | None], None]:
    """Read bound and best cost as a share, and stop when asked to."""
    tell = GapProgress(lambda _, share, *__: progress(share) if progress is not None else None)

    def told(bound: float, best: float | None) -> None:
        if cancelled is not None and cancelled():
            raise CancelledError("cancelled")
        tell(bound, best)

    return told
