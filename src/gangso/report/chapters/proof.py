"""Why no plan is better, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from gangso.report.blocks import Block, Page, text
from gangso.report.chapters.chapter import Chapter

__all__ = ["PROOF"]


def _proof(page: Page) -> Iterator[Block]:
    found = page.plan.partition
    prices = found.membership["price"].dropna().sort_values()
    yield text(
        page.say("brief.proof.list", candidates=found.candidates,
                 size=page.plan.scenario.alliances.max_size),
        page.say("brief.proof.price"),
        *_beyond_prices(page, float(prices.sum())),
        page.say(
            f"brief.proof.{found.status}", cost=found.cost, bound=found.bound, gap=found.gap
        ),
    )  # fmt: skip
    if len(prices):
        low, high = prices.index[0], prices.index[-1]
        yield text(
            page.say(
                "brief.proof.example",
                high=page.names.loc[high],
                high_price=prices.iloc[-1],
                low=page.names.loc[low],
                low_price=prices.iloc[0],
            )
        )
    yield text(page.say("brief.proof.check"))


def _beyond_prices(page: Page, total: float) -> list[str]:
    """Say what the proof needs beside prices, if it needs more."""
    proof = page.plan.partition.certificate.get("proof", {})
    stages = proof.get("stages", ())
    rebates = sum(len(stage.get("cuts", ())) for stage in stages)
    items = []
    if rebates:
        items.append(page.say("brief.proof.rebates", total=total, count=rebates))
    if len(stages) > 1 or "pair" in proof or any("patches" in stage for stage in stages):
        items.append(page.say("brief.proof.cases"))
    return items


PROOF = Chapter("proof", blocks=_proof)
