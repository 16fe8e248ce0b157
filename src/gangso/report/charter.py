"""A draft charter for each alliance, filled from the results and nothing else.

A charter is made of the same blocks as the brief, and is set as PDF by the same template; as
Markdown it can be edited. Every article that gives a number names the table it is from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gangso.report.blocks import Block, Page, number, table, text
from gangso.report.render import render_pdf
from gangso.texts import LANGUAGES, say

__all__ = ["charter", "to_markdown", "write_charters"]

# A PDF takes a few hundredths of a second: thousands of them, minutes.
_MOST_PDF = 300

_MILLION = 1_000_000


def charter(page: Page, alliance: str) -> dict[str, Any]:
    """Write the charter of an alliance.

    Parameters
    ----------
    page : Page
        The plan and the language.
    alliance : str
        Id of the alliance.

    Returns
    -------
    dict
        As from `gangso.report.content.brief`: title and sections of blocks.
    """
    plan, say = page.plan, page.say
    (row,) = page.rows_of(plan.partition.alliances, alliance)
    name = str(row[plan.territory.name_column(page.lang)])
    year = plan.scenario.year or plan.territory.metadata.reference_year
    articles = (
        ("name", _name(page, name)),
        ("members", _members(page, row)),
        ("affairs", _affairs(page, alliance)),
        ("council", _council(page, alliance)),
        ("head", _head(page, alliance)),
        ("cost", _cost(page, alliance)),
        ("budget", _budget(page, alliance)),
        ("entry", _entry(page, alliance, int(row["size"]))),
        ("exit", _exit(page, alliance)),
        ("dissolution", [text(say("charter.dissolution.text"))]),
        (
            "review",
            [text(say("charter.review.text", years=plan.scenario.compact.charter.review_years))],
        ),
        (
            "trace",
            [text(say("charter.trace.text", fingerprint=plan.territory.fingerprint[:12]))],
        ),
    )
    return {
        "lang": page.lang,
        "title": say("charter.title", name=name),
        "subtitle": say(
            "charter.subtitle",
            alliance=alliance,
            size=int(row["size"]),
            population=float(row["population"]),
        ),
        "facts": say("charter.facts", year=year) if year else say("charter.facts_undated"),
        "foot": say("brief.foot", fingerprint=plan.territory.fingerprint[:12]),
        "contents": "",
        "sections": [
            {
                "id": key,
                "heading": say("charter.article", number=i, title=say(f"charter.{key}.title")),
                "blocks": list(blocks),
            }
            for i, (key, blocks) in enumerate(articles, 1)
        ],
    }


def _name(page: Page, name: str) -> Iterator[Block]:
    law = page.plan.scenario.compact.charter.law
    paragraphs = [page.say("charter.name.text", name=name)]
    if page.lang in law:
        paragraphs.append(page.say("charter.name.law", law=law[page.lang]))
    yield text(*paragraphs)


def _members(page: Page, row: dict[str, Any]) -> Iterator[Block]:
    people = page.plan.territory.municipalities["population"]
    codes = str(row["members"]).split("|")
    yield text(page.say("charter.members.text", centre=page.names.loc[row["centre"]]))
    yield table(
        [
            (page.say("charter.col.member"), "left", 0.6),
            (page.say("charter.col.population"), "right", 0.4),
        ],
        [[str(page.names.loc[code]), number(people[code])] for code in codes],
        page.say("charter.members.caption"),
    )


def _affairs(page: Page, alliance: str) -> Iterator[Block]:
    made = page.plan.compact
    own = page.rows_of(made.functions, alliance)
    labels = made.register[f"label_{page.lang}"]
    shared = [item for item in own if item["level"] == "alliance"]
    if not shared:
        yield text(page.say("charter.affairs.none"))
    else:
        yield text(page.say("charter.affairs.text"))
        yield table(
            [
                (page.say("charter.col.function"), "left", 0.22),
                (page.say("charter.col.reason"), "left", 0.58),
                (page.say("charter.col.budget"), "right", 0.2),
            ],
            [
                [str(labels[item["function"]]), str(item[f"reason_{page.lang}"]),
                 number(item["budget"] / _MILLION)]
                for item in shared
            ],
            page.say("charter.affairs.caption"),
        )  # fmt: skip
    lines = []
    above = [item["function"] for item in own if item["level"] == "province"]
    if above:
        names = ", ".join(str(labels[key]) for key in above)
        lines.append(page.say("charter.affairs.province", functions=names))
    yield text(*lines, page.say("charter.affairs.rest"), page.say("charter.affairs.savings"))


def _council(page: Page, alliance: str) -> Iterator[Block]:
    made, options = page.plan.compact, page.plan.scenario.compact.seats
    (row,) = page.rows_of(made.councils, alliance)
    own = [item for item in page.rows_of(made.seats, alliance) if item["chosen"]]
    method = f"charter.method.{row['method']}"
    said = {"exponent": options.exponent} if row["method"] == "degressive" else {}
    without = [item["municipality"] for item in own if item["powerless"]]
    power = (
        page.say(
            "charter.council.powerless",
            needed=int(row["needed"]),
            for_all=int(row["needed_for_all"]),
            names=", ".join(str(page.names.loc[code]) for code in without),
        )
        if without
        else page.say("charter.council.power")
    )
    yield text(
        page.say(
            "charter.council.text",
            size=int(row["size"]),
            method=page.say(method, **said),
            minimum=options.minimum,
            needed=int(row["needed"]),
        ),
        power,
    )
    yield table(
        [
            (page.say("charter.col.member"), "left", 0.4),
            (page.say("charter.col.seats"), "right", 0.2),
            (page.say("charter.col.banzhaf"), "right", 0.2),
            (page.say("charter.col.shapley"), "right", 0.2),
        ],
        [
            [str(page.names.loc[item["municipality"]]), number(item["seats"]),
             number(item["banzhaf"], ".3f"), number(item["shapley_shubik"], ".3f")]
            for item in own
        ],
        page.say("charter.council.caption"),
    )  # fmt: skip


def _votes(page: Page, alliance: str) -> int:
    (row,) = page.rows_of(page.plan.compact.councils, alliance)
    return int(row["needed_for_all"])


def _head(page: Page, alliance: str) -> Iterator[Block]:
    years = page.plan.scenario.compact.charter.head_years
    yield text(page.say("charter.head.text", votes=_votes(page, alliance), years=years))


def _cost(page: Page, alliance: str) -> Iterator[Block]:
    sharing = page.plan.compact.sharing
    if sharing is None:
        yield text(page.say("charter.cost.none"))
        return
    (row,) = page.rows_of(sharing.alliances, alliance)
    own = [item for item in page.rows_of(sharing.shares, alliance) if item["recommended"]]
    count = len(page.rows_of(sharing.games, alliance))
    rules = {item["rule"]: item for item in page.rows_of(sharing.rules, alliance)}
    blocking = int(rules["population"]["blocking"]) if "population" in rules else 0
    subsidy = int(row["subsidy"])
    lines = [
        page.say(
            "charter.cost.text_subsidised" if subsidy else "charter.cost.text",
            cost=int(row["cost"]),
            currency=page.plan.territory.metadata.currency,
            rule=page.say(f"charter.rule.{row['recommended']}"),
            **({"subsidy": subsidy, "rest": int(row["cost"]) - subsidy} if subsidy else {}),
        )
    ]
    if subsidy:
        lines.append(
            page.say(
                "charter.cost.subsidy",
                subsidy=subsidy,
                currency=page.plan.territory.metadata.currency,
            )
        )
    lines.append(page.say("charter.cost.stable", coalitions=count))
    lines.append(
        page.say("charter.cost.per_head", blocking=blocking)
        if blocking
        else page.say("charter.cost.per_head_fine")
    )
    yield text(*lines)
    rows: list[list[Any]] = [
        [str(page.names.loc[item["municipality"]]), number(item["share"]), number(item["alone"]),
         number(item["per_head"])]
        for item in own
    ]  # fmt: skip
    rows.append(
        [
            page.say("charter.total"),
            *(number(sum(item[key] for item in own)) for key in ("share", "alone")),
            "",
        ]
    )
    currency = page.plan.territory.metadata.currency
    yield table(
        [
            (page.say("charter.col.member"), "left", 0.34),
            (page.say("charter.col.share", currency=currency), "right", 0.24),
            (page.say("charter.col.alone", currency=currency), "right", 0.24),
            (page.say("charter.col.per_head", currency=currency), "right", 0.18),
        ],
        rows,
        page.say("charter.cost.caption"),
    )


def _budget(page: Page, alliance: str) -> Iterator[Block]:
    own = [item for item in page.rows_of(page.plan.compact.bases, alliance)
           if item["bases"] + item["visits"] > 0]  # fmt: skip
    if not own:
        yield text(page.say("charter.budget.none"))
        return
    standards = page.plan.scenario.services.standards
    named = ", ".join(
        page.say(
            f"charter.budget.{key}",
            service=standards[item["service"]].label.get(page.lang, item["service"]),
            count=item[column],
        )
        for item in own
        for key, column in (("base", "bases"), ("visits", "visits"))
        if item[column]
    )
    yield text(page.say("charter.budget.text", bases=named), page.say("charter.budget.prices"))


def _entry(page: Page, alliance: str, size: int) -> Iterator[Block]:
    most = page.plan.scenario.alliances.max_size
    lines = [page.say("charter.entry.text", votes=_votes(page, alliance))]
    if size >= most:
        lines.append(page.say("charter.entry.full", most=most))
    yield text(*lines)


def _exit(page: Page, alliance: str) -> Iterator[Block]:
    months = page.plan.scenario.compact.charter.notice_months
    lines = [page.say("charter.exit.text", months=months)]
    sharing = page.plan.compact.sharing
    if sharing is not None:
        own = [item for item in page.rows_of(sharing.exits, alliance) if item["moves"]]
        moves = "; ".join(
            page.say(
                "charter.exit.move_one",
                member=page.names.loc[item["municipality"]],
                to=item["to"],
                saves=int(item["share"] - item["fair"]),
                currency=page.plan.territory.metadata.currency,
            )
            for item in own
        )
        lines.append(
            page.say("charter.exit.move", moves=moves) if moves else page.say("charter.exit.stay")
        )
    yield text(*lines)


def to_markdown(content: Mapping[str, Any]) -> str:
    """Write a document of blocks as Markdown.

    Parameters
    ----------
    content : mapping
        As from `charter`.

    Returns
    -------
    str
        The text.
    """
    lines = [f"# {_plain(content['title'])}", "", _plain(content["subtitle"]), ""]
    lines += [f"{_plain(content['facts'])} · {_plain(content['foot'])}", ""]
    for section in content["sections"]:
        lines += [f"## {_plain(section['heading'])}", ""]
        for block in section["blocks"]:
            lines += [*_block_lines(block), ""]
    return "\n".join(lines).rstrip() + "\n"


def _block_lines(block: Block) -> Iterator[str]:
    if block["kind"] == "text":
        for position, paragraph in enumerate(block["paragraphs"]):
            if position:
                yield ""
            yield _plain(paragraph)
    elif block["kind"] == "list":
        for item in block["items"]:
            yield f"- {_plain(item)}"
    elif block["kind"] == "table":
        if block["caption"]:
            yield f"**{_plain(block['caption'])}**"
            yield ""
        yield "| " + " | ".join(_cell(column["label"]) for column in block["columns"]) + " |"
        marks = ("---:" if column["align"] == "right" else "---" for column in block["columns"])
        yield "| " + " | ".join(marks) + " |"
        for row in block["rows"]:
            yield "| " + " | ".join(_cell(cell["text"]) for cell in row) + " |"


def _plain(value: object) -> str:
    """Keep names from being read as markup."""
    found = str(value)
    for mark in ("\\", "*", "_", "[", "]", "<", ">", "`", "#"):
        found = found.replace(mark, "\\" + mark)
    return found


def _cell(value: object) -> str:
    return _plain(value).replace("|", "\\|").replace("\n", " ")


def write_charters(page: Page, folder: Path, pdf: tuple[str, ...] | None = None) -> int:
    """Write the charters of all alliances: Markdown in both languages, and PDF.

    Of thousands of alliances only the most populous get a PDF; a file in the folder says so.

    Parameters
    ----------
    page : Page
        The plan and the language.
    folder : Path
        Folder to write into; it is made.
    pdf : tuple of str, optional
        Languages of the PDFs; the page's own by default.

    Returns
    -------
    int
        Number of alliances.
    """
    folder.mkdir(parents=True, exist_ok=True)
    alliances = page.plan.partition.alliances
    printed = set(alliances["population"].nlargest(_MOST_PDF).index)
    if len(alliances) > len(printed):
        for lang in LANGUAGES:
            said = say("charter.pdf_limit", lang, count=len(alliances), printed=len(printed))
            (folder / f"README_{lang}.md").write_text(said + "\n", encoding="utf-8")
    for lang in LANGUAGES:
        own = page if lang == page.lang else Page(page.plan, lang)
        for alliance in page.plan.partition.alliances.index:
            content = charter(own, str(alliance))
            path = folder / f"{alliance}_{lang}.md"
            path.write_text(to_markdown(content), encoding="utf-8")
            if alliance in printed and lang in (pdf or (page.lang,)):
                (folder / f"{alliance}_{lang}.pdf").write_bytes(render_pdf(content, {}))
    return len(page.plan.partition.alliances)
