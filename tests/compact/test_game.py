"""Cost games: published answers, and properties on random games."""

from fractions import Fraction
from itertools import combinations, permutations, product

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from gangso.compact.game import (
    CostGame,
    blocking,
    least_subsidy,
    nucleolus,
    proportional,
    shapley,
    to_whole,
)

# Water supply of six municipalities in Skåne, million kronor: Young, Okada and Hashimoto (1982),
# doi:10.1029/WR018i003p00463, table of the costs of every coalition.
SKANE = """
A 21.95 H 17.08 K 10.91 L 15.88 M 20.81 T 21.98 AH 34.69 AK 32.86 AL 37.83 AM 42.76 AT 43.93
HK 22.96 HL 25.00 HM 37.89 HT 39.06 KL 26.79 KM 31.45 KT 32.89 LM 31.10 LT 37.86 MT 39.41
AHK 40.74 AHL 43.22 AHM 55.50 AHT 56.67 AKL 48.74 AKM 53.40 AKT 54.84 ALM 53.05 ALT 59.81
AMT 61.36 HKL 27.26 HKM 42.55 HKT 44.94 HLM 45.81 HLT 46.98 HMT 56.49 KLM 42.01 KLT 48.77
KMT 50.32 LMT 51.46 AHKL 48.95 AHKM 60.25 AHKT 62.72 AHLM 64.03 AHLT 65.20 AHMT 74.10
AKLM 63.96 AKLT 70.72 AKMT 72.27 ALMT 73.41 HKLM 48.07 HKLT 49.24 HKMT 59.35 HLMT 64.41
KLMT 56.61 AHKLM 69.76 AHKLT 70.93 AHKMT 77.42 AHLMT 83.00 AKLMT 73.97 HKLMT 66.46
AHKLMT 83.82
"""


@pytest.fixture(scope="module")
def skane() -> CostGame:
    letters, words = "AHKLMT", SKANE.split()
    costs = {
        frozenset(letters.index(letter) for letter in name): Fraction(cost)
        for name, cost in zip(words[::2], words[1::2], strict=True)
    }
    return CostGame(6, costs)


@st.composite
def games(draw: st.DrawFn, most: int = 4) -> CostGame:
    """Small whole costs, so that ties are frequent."""
    players = draw(st.integers(1, most))
    count = 2**players - 1
    return CostGame.from_list(
        players, draw(st.lists(st.integers(0, 12), min_size=count, max_size=count))
    )


def excesses(game: CostGame, shares: tuple[Fraction, ...]) -> list[Fraction]:
    return sorted(
        (
            sum((shares[p] for p in s), Fraction(0)) - game.costs[s]
            for s in game.coalitions()
            if s != game.everyone
        ),
        reverse=True,
    )


def test_the_water_game_of_skane(skane: CostGame) -> None:
    shares = nucleolus(skane)
    assert [f"{float(x):.2f}" for x in shares] == [
        "20.35",
        "12.06",
        "5.00",
        "8.61",
        "18.32",
        "19.49",
    ]
    assert sum(shares) == skane.total
    assert not blocking(skane, shares)
    assert least_subsidy(skane) == 0


def test_shapley_is_blocked_by_three_towns_of_skane(skane: CostGame) -> None:
    shares = shapley(skane)
    assert [round(float(x), 2) for x in shares] == pytest.approx(
        [20.01, 10.71, 6.61, 10.37, 16.94, 19.18], abs=0.011
    )
    assert sum(shares) == skane.total
    (only,) = blocking(skane, shares)
    assert only.coalition == frozenset({1, 2, 3})  # H, K, L


@pytest.mark.parametrize(
    ("estate", "awards"),
    [
        (100, (Fraction(100, 3),) * 3),
        (200, (Fraction(50), Fraction(75), Fraction(75))),
        (300, (Fraction(50), Fraction(100), Fraction(150))),
    ],
)
def test_the_estates_of_the_talmud(estate: int, awards: tuple[Fraction, ...]) -> None:
    # Aumann and Maschler (1985), doi:10.1016/0022-0531(85)90102-4: a coalition is sure of what
    # the others' claims leave; as a cost game, of minus that.
    claims = (100, 200, 300)
    costs = {}
    for size in (1, 2, 3):
        for s in combinations(range(3), size):
            others = sum(claims[p] for p in range(3) if p not in s)
            costs[frozenset(s)] = Fraction(-max(0, estate - others))
    assert tuple(-x for x in nucleolus(CostGame(3, costs))) == awards


def tight_for_all(game: CostGame, shares: tuple[Fraction, ...], level: Fraction) -> bool:
    """Kohlberg's criterion at a level, by brute force over small directions.

    No shift of payments may help every coalition whose excess is at least the level, and one
    of them strictly; directions with entries in -3..3 find any such shift of four players.
    """
    n = game.players
    hit = [
        s
        for s in game.coalitions()
        if s != game.everyone and sum((shares[p] for p in s), Fraction(0)) - game.costs[s] >= level
    ]
    for d in product(range(-3, 4), repeat=n):
        if sum(d) != 0:
            continue
        moves = [sum(d[p] for p in s) for s in hit]
        if all(m <= 0 for m in moves) and any(m < 0 for m in moves):
            return False
    return True


@settings(max_examples=150)
@given(games())
def test_no_shift_of_payments_treats_the_worst_better(game: CostGame) -> None:
    own = sum((game.costs[frozenset({p})] for p in range(game.players)), Fraction(0))
    shares = nucleolus(game)
    assert sum(shares) == game.total
    if own >= game.total:
        assert all(shares[p] <= game.costs[frozenset({p})] for p in range(game.players))
        subadditive = all(
            game.costs[s | {p}] <= game.costs[s] + game.costs[frozenset({p})]
            for s in game.coalitions()
            for p in game.everyone - s
        )
        if not subadditive:
            return  # what each can be asked for binds; Kohlberg's criterion is for the free case
    for level in set(excesses(game, shares)):
        assert tight_for_all(game, shares, level)


@settings(max_examples=150)
@given(games(), st.lists(st.integers(-6, 6), min_size=4, max_size=4))
def test_no_other_sharing_is_lexicographically_better(game: CostGame, shift: list[int]) -> None:
    shares = nucleolus(game)
    moved = [Fraction(s, 4) for s in shift[: game.players]]
    mean = sum(moved, Fraction(0)) / game.players
    other = tuple(x + d - mean for x, d in zip(shares, moved, strict=True))
    own = [game.costs[frozenset({p})] for p in range(game.players)]
    if sum(own, Fraction(0)) >= game.total and any(x > c for x, c in zip(other, own, strict=True)):
        return  # not allowed to ask for that
    assert excesses(game, shares) <= excesses(game, other)


@settings(max_examples=100)
@given(games(5))
def test_the_subsidy_is_exactly_what_makes_a_core(game: CostGame) -> None:
    subsidy = least_subsidy(game)
    assert subsidy >= 0
    assert (subsidy == 0) == (not blocking(game, nucleolus(game)))
    if subsidy:
        helped = CostGame(game.players, {**game.costs, game.everyone: game.total - subsidy})
        assert not blocking(helped, nucleolus(helped))
        short = {**game.costs, game.everyone: game.total - subsidy * Fraction(99, 100)}
        assert blocking(CostGame(game.players, short), nucleolus(CostGame(game.players, short)))


@settings(max_examples=60)
@given(games(5), st.randoms(use_true_random=False))
def test_names_of_players_do_not_matter(game: CostGame, random: object) -> None:
    order = list(range(game.players))
    random.shuffle(order)  # type: ignore[attr-defined]
    renamed = CostGame(
        game.players, {frozenset(order[p] for p in s): c for s, c in game.costs.items()}
    )
    for rule in (nucleolus, shapley):
        shares, again = rule(game), rule(renamed)
        assert all(again[order[p]] == shares[p] for p in range(game.players))


@given(games(4))
def test_shapley_is_the_mean_over_all_orders(game: CostGame) -> None:
    total = [Fraction(0)] * game.players
    orders = list(permutations(range(game.players)))
    for order in orders:
        before = Fraction(0)
        for position, player in enumerate(order):
            now = game.costs[frozenset(order[: position + 1])]
            total[player] += now - before
            before = now
    assert shapley(game) == tuple(value / len(orders) for value in total)


@given(games(5))
def test_whole_shares_add_up_and_stay_near(game: CostGame) -> None:
    for shares in (nucleolus(game), shapley(game)):
        whole = to_whole(shares, game)
        assert sum(whole) == game.total
        assert all(abs(w - x) < 1 for w, x in zip(whole, shares, strict=True))


def test_equal_players_pay_the_same() -> None:
    game = CostGame.from_list(3, [6, 6, 6, 9, 9, 9, 12])
    assert nucleolus(game) == shapley(game) == (4, 4, 4)


def test_a_player_alone_pays_its_cost() -> None:
    game = CostGame.from_list(1, [7])
    assert nucleolus(game) == shapley(game) == (7,)
    assert least_subsidy(game) == 0


def test_weights_of_zero_share_equally() -> None:
    assert proportional(Fraction(9), [Fraction(0)] * 3) == (3, 3, 3)
    with pytest.raises(ValueError, match="negative"):
        proportional(Fraction(9), [Fraction(-1), Fraction(2)])


def test_a_game_with_a_missing_coalition_is_refused() -> None:
    with pytest.raises(ValueError, match="missing"):
        CostGame(2, {frozenset({0}): Fraction(1), frozenset({1}): Fraction(1)})
