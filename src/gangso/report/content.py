"""What the brief says, as plain blocks that both its PDF and its HTML are made from.

A block is a small dictionary with a ``kind``: ``text`` (paragraphs), ``list``, ``figure``,
``table``. Names and numbers are data throughout: whoever renders a block must not read
markup into them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from gangso.alliances.criteria import registered
from gangso.diagnosis import class_label
from gangso.report.plan import PlanLike
from gangso.report.words import place_names
from gangso.texts import say

__all__ = ["brief"]

Block = dict[str, Any]


def brief(plan: PlanLike, lang: str) -> dict[str, Any]:
    """Put a plan into words.

    Parameters
    ----------
    plan : PlanLike
        The plan.
    lang : {"ko", "en"}
        Language.

    Returns
    -------
    dict
        ``lang``, ``title``, ``subtitle``, ``facts``, ``foot`` and ``sections``; a section has
        ``id``, ``heading`` and ``blocks``.
    """
    write = _Writer(plan, lang)
    return {
        "lang": lang,
        "title": say("brief.title", lang),
        "subtitle": plan.territory.metadata.title.get(lang, plan.territory.metadata.name),
        "facts": write.facts(),
        "foot": say("brief.foot", lang, fingerprint=plan.territory.fingerprint[:12]),
        "contents": say("brief.contents", lang),
        "sections": [
            {"id": key, "heading": say(f"brief.{key}", lang), "blocks": list(blocks)}
            for key, blocks in (
                ("findings", write.findings()),
                ("ledger", write.ledger()),
                ("decline", write.decline()),
                ("alliances", write.alliances()),
                ("unallied", write.unallied()),
                ("proof", write.proof()),
                ("limits", write.limits()),
                ("sources", write.sources()),
            )
        ],
    }


def _text(*paragraphs: str) -> Block:
    return {"kind": "text", "paragraphs": list(paragraphs)}


def _list(items: Iterable[str]) -> Block:
    return {"kind": "list", "items": list(items)}


def _table(
    columns: list[tuple[str, str, float]], rows: list[list[Any]], caption: str = ""
) -> Block:
    """Columns are (label, alignment, share of the width); cells are texts or {text, sub}."""
    return {
        "kind": "table",
        "caption": caption,
        "columns": [{"label": a, "align": b, "width": c} for a, b, c in columns],
        "rows": [
            [cell if isinstance(cell, dict) else {"text": cell, "sub": ""} for cell in row]
            for row in rows
        ],
    }


# A brief of a large country would fill a book; beyond this many rows the tables have the rest.
_MOST_ROWS = 150


def _number(value: Any, form: str = ",.0f") -> str:
    return "–" if value is None or pd.isna(value) else format(float(value), form)


class _Writer:
    def __init__(self, plan: PlanLike, lang: str) -> None:
        self.plan, self.lang = plan, lang
        self.found, self.diagnosis = plan.partition, plan.diagnosis
        self.names = place_names(plan.territory, lang)

    def say(self, key: str, **values: object) -> str:
        return say(key, self.lang, **values)

    def _first(
        self, columns: list[tuple[str, str, float]], rows: list[list[Any]], caption: str, file: str
    ) -> Block:
        """Show a table, or its first rows and where the rest is."""
        if len(rows) > _MOST_ROWS:
            more = self.say("brief.first_rows", shown=_MOST_ROWS, all=len(rows), file=file)
            caption = f"{caption} — {more}"
        return _table(columns, rows[:_MOST_ROWS], caption)

    def facts(self) -> str:
        """Say of when the figures are, and what was aimed at."""
        options = self.plan.scenario.alliances
        year = self.plan.scenario.year or self.plan.territory.metadata.reference_year
        return self.say(
            "brief.facts" if year else "brief.facts_undated",
            year=year,
            target=options.target_population,
            size=options.max_size,
        )

    def findings(self) -> Iterator[Block]:
        items = [
            *self._ledger_sentences(),
            *self._decline_sentence(),
            *self._service_sentences(),
        ]
        found, status = self.found, self.found.membership["status"].value_counts()
        if len(found.alliances):
            items.append(
                self.say(
                    "brief.find.plan",
                    alliances=len(found.alliances),
                    allied=int(status.get("allied", 0)),
                    median=float(found.alliances["population"].median()),
                    target=self.plan.scenario.alliances.target_population,
                )
            )
            if "ties" in found.alliances:
                items.append(
                    self.say("brief.find.ties", ties=float(found.alliances["ties"].mean()))
                )
        items.append(
            self.say(
                "brief.find.rest",
                alone=int(status.get("alone", 0)),
                outside=int(status.get("outside", 0)),
            )
        )
        items.append(
            self.say(
                f"brief.find.{found.status}",
                candidates=found.candidates,
                gap=found.gap,
                cost=found.cost,
            )
        )
        yield _list(items)

    def _ledger_sentences(self) -> list[str]:
        ledger = self.diagnosis.ledger
        items = []
        for _, row in ledger[ledger["group"] == "small"].iterrows():
            cities = row["land_pct_cities"]
            items.append(
                self.say(
                    "brief.find.ledger" if pd.isna(cities) else "brief.find.ledger_cities",
                    label=row[f"label_{self.lang}"],
                    count=int(row["municipalities"]),
                    land=row["land_pct"],
                    cities=cities,
                    people=row["population_pct"],
                )
            )
        keys = ("land_pct", "population_pct", "jobs_pct")
        for _, row in ledger[ledger["group"] == "reference"].iterrows():
            shares = [
                self.say(f"brief.find.{key}", value=row[key]) for key in keys if pd.notna(row[key])
            ]
            label = row[f"label_{self.lang}"]
            items.append(self.say("brief.find.reference", label=label, shares=", ".join(shares)))
        return items

    def _service_sentences(self) -> list[str]:
        """Say how many places are below the thresholds of services, first and last year."""
        counts = self.diagnosis.counts
        items = []
        births = counts[counts["births_known"] > 0]
        if len(births):
            first, last = births.index.min(), births.index.max()
            items.append(
                self.say(
                    "brief.find.births",
                    threshold=self.plan.scenario.diagnosis.births_threshold,
                    first=first,
                    then=int(births["births_below_threshold"].loc[first]),
                    year=last,
                    now=int(births["births_below_threshold"].loc[last]),
                    known=int(births["births_known"].loc[last]),
                )
            )
        clinics = counts[counts["delivery_known"] > 0]
        if len(clinics):
            last = clinics.index.max()
            items.append(
                self.say(
                    "brief.find.delivery",
                    year=last,
                    none=int(clinics["delivery_0"].loc[last]),
                    few=int(clinics["delivery_1_or_2"].loc[last]),
                    known=int(clinics["delivery_known"].loc[last]),
                )
            )
        return items

    def _decline_sentence(self) -> list[str]:
        counts, year = self.diagnosis.counts, self.diagnosis.year
        if year is None or year not in counts.index or not counts.loc[year, "index_known"]:
            return []
        first = int(counts.index[counts["index_known"] > 0].min())

        def count(of: int, key: str) -> int:
            return int(counts[key].loc[of])

        return [
            self.say(
                "brief.find.decline",
                year=year,
                known=count(year, "index_known"),
                below=count(year, "index_below_0.5"),
                worst=count(year, "index_below_0.2"),
                first=first,
                then=count(first, "index_below_0.5"),
            )
        ]

    def decline(self) -> Iterator[Block]:
        year = self.diagnosis.year
        if year is None:
            yield _text(*(note[self.lang] for note in self.diagnosis.notes))
            yield {
                "kind": "figure",
                "name": "diagnosis",
                "alt": self.say("brief.sizes.alt"),
                "caption": self.say("brief.sizes.caption"),
            }
            return
        counts = self.diagnosis.counts[self.diagnosis.counts["index_known"] > 0]
        classes = sorted(self.plan.scenario.diagnosis.classes, key=lambda c: -c.at_least)
        years = [int(y) for y in counts.index]
        rows: list[list[Any]] = [
            [class_label(c.key, self.lang), *(_number(counts.loc[y, c.key]) for y in years)]
            for c in classes
        ]
        for key in ("births_below_threshold", "births_known"):
            if counts["births_known"].sum():
                rows.append([self.say(f"brief.counts.{key}"), *(
                    _number(counts.loc[y, key] if counts.loc[y, "births_known"] else None)
                    for y in years
                )])  # fmt: skip
        share = 0.68 / max(len(years), 1)
        columns = [(self.say("brief.counts.class"), "left", 0.32)]
        columns += [(str(y), "right", share) for y in years]
        yield _table(columns, rows, self.say("brief.counts.caption"))
        yield _list(text[self.lang] for text in self.diagnosis.definitions)
        yield {
            "kind": "figure",
            "name": "diagnosis",
            "alt": self.say("brief.diagnosis.alt", year=year),
            "caption": self.say("brief.diagnosis.caption", year=year),
        }

    def ledger(self) -> Iterator[Block]:
        yield _text(self.say("brief.ledger.intro"))
        columns = [
            (self.say("brief.ledger.group"), "left", 0.28),
            (self.say("brief.ledger.municipalities"), "right", 0.1),
            (self.say("brief.ledger.population"), "right", 0.16),
            (self.say("brief.ledger.population_pct"), "right", 0.11),
            (self.say("brief.ledger.land_pct"), "right", 0.12),
            (self.say("brief.ledger.land_pct_cities"), "right", 0.12),
            (self.say("brief.ledger.jobs_pct"), "right", 0.11),
        ]
        ledger = self.diagnosis.ledger
        reference = ledger["group"] == "reference"
        computed = ledger.loc[~reference, "source"].dropna().unique()
        rows: list[list[Any]] = []
        for is_reference, (_, row) in zip(reference, ledger.iterrows(), strict=True):
            # One source for all computed rows is said once, above the table.
            said = not is_reference and len(computed) == 1
            source = "" if said or pd.isna(row["source"]) else str(row["source"])
            form = ".4g" if is_reference else ".2f"  # as published; as computed
            rows.append([
                {"text": str(row[f"label_{self.lang}"]), "sub": source},
                _number(row["municipalities"]), _number(row["population"]),
                *(_number(row[key], form) for key in
                  ("population_pct", "land_pct", "land_pct_cities", "jobs_pct")),
            ])  # fmt: skip
        caption = self.say("brief.ledger.caption")
        if len(computed) == 1:
            caption = self.say("brief.ledger.caption_source", source=computed[0])
        yield _table(columns, rows, caption)

    def alliances(self) -> Iterator[Block]:
        table = self.found.alliances
        if table.empty:
            yield _text(self.say("brief.alliances.none"))
            return
        yield _text(self.say("brief.alliances.intro"))
        yield self._criteria()
        yield {
            "kind": "figure",
            "name": "alliances",
            "alt": self.say("brief.alliances.alt", count=len(table)),
            "caption": self.say("brief.alliances.map_caption", count=len(table)),
        }
        columns = [
            ("", "left", 0.06),
            (self.say("brief.alliances.members"), "left", 0.6),
            (self.say("brief.alliances.population"), "right", 0.12),
        ]
        keys = [key for key in ("ties", "span") if key in table]
        columns += [(self.say(f"brief.alliances.{key}"), "right", 0.11) for key in keys]
        rows: list[list[Any]] = []
        for alliance, row in table.iterrows():
            members = [str(self.names.loc[code]) for code in row["members"].split("|")]
            cells: list[Any] = [
                str(alliance),
                {"text": " · ".join(members), "sub": self._why(row)},
                _number(row["population"]),
            ]
            cells += [_number(row[key], ".0%" if key == "ties" else ".0f") for key in keys]
            rows.append(cells)
        yield self._first(columns, rows, self.say("brief.alliances.caption"), "alliances")

    def _criteria(self) -> Block:
        rows: list[list[Any]] = []
        total = self.found.criteria["weight"].sum()
        for _, row in self.found.criteria.iterrows():
            rows.append([
                str(row[f"label_{self.lang}"]), str(row[f"meaning_{self.lang}"]),
                _number(row["weight"] / total, ".0%"),
            ])  # fmt: skip
        columns = [
            (self.say("brief.criteria.label"), "left", 0.22),
            (self.say("brief.criteria.meaning"), "left", 0.66),
            (self.say("brief.criteria.weight"), "right", 0.12),
        ]
        return _table(columns, rows, self.say("brief.criteria.caption"))

    def _why(self, row: pd.Series) -> str:
        """Say what an alliance has over the others, and what it lacks."""
        table = self.found.alliances
        keys = [key for key in self.found.criteria.index if f"score_{key}" in table]
        ahead = {key: table[f"score_{key}"].mean() - row[f"score_{key}"] for key in keys}
        ranked = sorted(keys, key=lambda key: -ahead[key])
        good = [self._phrase(key, row) for key in ranked if ahead[key] > 0.05][:2]
        weak = [self._phrase(key, row) for key in reversed(ranked) if ahead[key] < -0.05][:2]
        parts = []
        if good:
            parts.append(self.say("brief.why.good", what=", ".join(good)))
        if weak:
            parts.append(self.say("brief.why.weak", what=", ".join(weak)))
        return " ".join(parts) or self.say("brief.why.middle")

    def _phrase(self, key: str, row: pd.Series) -> str:
        target = self.plan.scenario.alliances.target_population
        if key == "population":
            return self.say("brief.why.population", share=row["population"] / target)
        if key in ("ties", "span"):
            return self.say(
                f"brief.why.{key}", value=row[key], mean=self.found.alliances[key].mean()
            )
        if key == "province":
            return self.say(
                "brief.why.province" if row[key] else "brief.why.one_province", value=row[key]
            )
        return f"{registered()[key].describe('label', self.lang)} {row[key]:,.2f}"

    def unallied(self) -> Iterator[Block]:
        table = self.found.membership
        yield _text(self.say("brief.unallied.intro"))
        alone = table[table["status"] == "alone"]
        if len(alone):
            rows = [
                [str(self.names.loc[str(code)]), str(row[f"reason_{self.lang}"])]
                for code, row in alone.iterrows()
            ]
            yield self._first(
                [
                    (self.say("brief.unallied.name"), "left", 0.2),
                    (self.say("brief.unallied.reason"), "left", 0.8),
                ],
                [list(row) for row in rows],
                self.say("brief.unallied.alone", count=len(alone)),
                "membership",
            )
        outside = table[table["status"] == "outside"]
        groups = []
        for reason, members in outside.groupby(f"reason_{self.lang}", sort=False):
            names = ", ".join(str(self.names.loc[code]) for code in members.index)
            groups.append([str(reason), _number(len(members)), names])
        if groups:
            yield _table(
                [
                    (self.say("brief.unallied.reason"), "left", 0.22),
                    (self.say("brief.ledger.municipalities"), "right", 0.08),
                    (self.say("brief.unallied.names"), "left", 0.7),
                ],
                groups,
                self.say("brief.unallied.outside", count=len(outside)),
            )

    def proof(self) -> Iterator[Block]:
        found = self.found
        prices = found.membership["price"].dropna().sort_values()
        yield _text(
            self.say("brief.proof.list", candidates=found.candidates,
                     size=self.plan.scenario.alliances.max_size),
            self.say("brief.proof.price"),
            *self._beyond_prices(float(prices.sum())),
            self.say(
                f"brief.proof.{found.status}", cost=found.cost, bound=found.bound, gap=found.gap
            ),
        )  # fmt: skip
        if len(prices):
            low, high = prices.index[0], prices.index[-1]
            yield _text(
                self.say(
                    "brief.proof.example",
                    high=self.names.loc[high],
                    high_price=prices.iloc[-1],
                    low=self.names.loc[low],
                    low_price=prices.iloc[0],
                )
            )
        yield _text(self.say("brief.proof.check"))

    def _beyond_prices(self, total: float) -> list[str]:
        """Say what the proof needs beside prices, if it needs more."""
        proof = self.found.certificate.get("proof", {})
        stages = proof.get("stages", ())
        rebates = sum(len(stage.get("cuts", ())) for stage in stages)
        items = []
        if rebates:
            items.append(self.say("brief.proof.rebates", total=total, count=rebates))
        if len(stages) > 1 or "pair" in proof or any("patches" in stage for stage in stages):
            items.append(self.say("brief.proof.cases"))
        return items

    def limits(self) -> Iterator[Block]:
        territory = self.plan.territory
        items = [note[self.lang] for note in self.found.notes]
        if territory.boundaries_drawn:
            items.append(say("report.map.drawn", self.lang))
        items.append(self.say("brief.limits.span"))
        items += [note[self.lang] for note in self.diagnosis.notes]
        items += [note.get(self.lang, next(iter(note.values())))
                  for note in territory.metadata.notes]  # fmt: skip
        items += [say(f"missing.{table}", self.lang) for table in territory.missing]
        yield _list(dict.fromkeys(items))

    def sources(self) -> Iterator[Block]:
        territory, scenario = self.plan.territory, self.plan.scenario
        rows: list[list[Any]] = [
            [source.table, ", ".join(source.columns), {"text": source.title, "sub": source.note},
             source.vintage]
            for source in territory.metadata.sources
        ]  # fmt: skip
        if rows:
            yield _table(
                [
                    (self.say("brief.sources.table"), "left", 0.14),
                    (self.say("brief.sources.columns"), "left", 0.26),
                    (self.say("brief.sources.title"), "left", 0.42),
                    (self.say("brief.sources.vintage"), "left", 0.18),
                ],
                rows,
            )
        versions = ", ".join(f"{name} {version}" for name, version in self.plan.versions.items())
        yield _list([
            self.say("brief.repeat.fingerprint", value=territory.fingerprint),
            self.say("brief.repeat.seed", value=scenario.seed),
            self.say("brief.repeat.versions", value=versions),
            self.say("brief.repeat.how"),
        ])  # fmt: skip
