"""Fenced blocks of a page, and how each is run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]

#: Languages of fences that are run; `text` after one of them is compared with what it printed.
RUN = ("sh", "python", "yaml")
#: Languages of fences that nothing can be done with but read.
READ = ("text", "csv", "{toctree}", "{math}")

_NOT_RUN = re.compile(r"<!--\s*not run:\s*(?P<reason>.+?)\s*-->", re.DOTALL)
_EXIT = re.compile(r"<!--\s*exit:\s*(?P<code>\d+)\s*-->")
_BEFORE = re.compile(r"<!--\s*before\n(?P<code>.*?)-->", re.DOTALL)


def sources() -> list[Path]:
    """All pages written by hand: the documentation's, and the README."""
    docs = (ROOT / "docs").rglob("*.md")
    written = (path for path in docs if "generated" not in path.parts)
    return [ROOT / "README.md", *sorted(written)]


def page_id(path: Path) -> str:
    """Name of a page in the tests."""
    return str(path.relative_to(ROOT))


@dataclass(frozen=True)
class Block:
    """One fenced block.

    ``kind`` is its language, or ``before`` for Python that is not shown; ``not_run`` the reason
    the page gives for not running it; ``shows`` what the page says that it prints.
    """

    kind: str
    text: str
    line: int
    not_run: str | None = None
    exit_code: int = 0
    shows: str = ""


def blocks(path: Path) -> list[Block]:
    """The blocks of a page, in their order."""
    return list(_blocks(path.read_text(encoding="utf-8")))


def _blocks(text: str) -> Iterator[Block]:
    tokens = MarkdownIt("commonmark").parse(text)
    said = ""  # the comment right before a fence
    found: Block | None = None
    for token in tokens:
        line = (token.map or [0])[0] + 1
        if token.type == "html_block":
            if found:
                yield found
                found = None
            said = token.content
            hidden = _BEFORE.search(said)
            if hidden:
                yield Block("before", hidden["code"], line)
        elif token.type in ("fence", "code_block"):
            kind = token.info.strip().split(" ")[0] if token.type == "fence" else "indented"
            if found and kind == "text":
                yield Block(**{**vars(found), "shows": token.content})
                found = None
                said = ""
                continue
            if found:
                yield found
            not_run, code = _NOT_RUN.search(said), _EXIT.search(said)
            reason = not_run["reason"] if not_run else None
            found = Block(kind, token.content, line, reason, int(code["code"]) if code else 0)
            said = ""
        elif token.nesting == 0 or token.type.endswith("_open"):
            if found:
                yield found
                found = None
            said = ""
    if found:
        yield found


def commands(text: str) -> list[str]:
    """The commands of a `sh` block, one a line; a backslash continues a line."""
    joined = text.replace("\\\n", " ")
    lines = (line.strip() for line in joined.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def inline_commands(path: Path) -> Iterator[str]:
    """Commands of gangso that a page names within its sentences."""
    for token in MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8")):
        for child in token.children or ():
            if child.type == "code_inline" and child.content.startswith("gangso "):
                yield child.content
