"""Every command and snippet of the documentation is run, page by page, in the order of the page.

`sh` blocks hold commands of gangso, which run in this process through the command line's own
runner; `python` blocks share the names of their page; `yaml` blocks are saved under the name in
their first line (`# name.yaml`), or else must be a fragment of a scenario of Korea. A `text`
block right after one of them is what it prints: every line has to be there.
What cannot be run says why in the page, and is listed as skipped here.

A plan takes a minute: pages that ask for the same plan share it, whatever their language
(tests/cli makes one in the other language).
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import typer
import yaml
from typer.testing import CliRunner

from gangso.alliances import criteria
from gangso.cli.app import app
from gangso.opening import open_scenario
from gangso.territory.model import Territory
from tests.docs.blocks import (
    READ,
    ROOT,
    RUN,
    Block,
    blocks,
    commands,
    inline_commands,
    page_id,
    sources,
)

PAGES = sources()
RUNNABLE = [path for path in PAGES if any(b.kind in RUN and not b.not_run for b in blocks(path))]
NOT_RUN = [
    pytest.param(block, id=f"{page_id(path)}:{block.line}")
    for path in PAGES
    for block in blocks(path)
    if block.not_run
]
#: Folders beside the checkout that a page may use; it is skipped, loudly, where they are absent.
SHARED = ROOT.parent / "shared"


@dataclass
class Page:
    """A page while it is run: where, and what it has set."""

    folder: Path
    korea: Territory
    plans: dict[str, tuple[Path, str]]
    environment: dict[str, str] = field(default_factory=lambda: {"COLUMNS": "100"})
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "page"})

    def run(self, block: Block) -> str:
        """Run a block and return what it printed."""
        if block.kind in ("python", "before"):
            return self._python(block)
        if block.kind == "yaml":
            return self._yaml(block.text)
        return "".join(self._command(line, block.exit_code) for line in commands(block.text))

    def _python(self, block: Block) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block.text, f"line {block.line}", "exec"), self.names)
        return printed.getvalue()

    def _yaml(self, text: str) -> str:
        named = re.match(r"#\s*(?P<name>[\w./-]+\.ya?ml)\b", text)
        if named:
            yaml.safe_load(text)
            (self.folder / named["name"]).write_text(text, encoding="utf-8")
        else:
            open_scenario(yaml.safe_load(text), territory=self.korea)
        return ""

    def _command(self, line: str, expected: int) -> str:
        words = shlex.split(line, comments=True)
        if words[0] == "export":
            self.environment |= dict(word.split("=", 1) for word in words[1:])
            return ""
        if words[:2] == ["uv", "run"]:
            words = words[2:]
        assert words[0] == "gangso", f"only commands of gangso are run: {line}"
        arguments, target = words[1:], None
        if ">" in arguments:
            cut = arguments.index(">")
            arguments, target = arguments[:cut], arguments[cut + 1]
        if arguments[0] == "plan" and expected == 0:
            return self._plan(arguments[1:])
        printed = self._invoke(arguments, expected)
        if target:
            (self.folder / target).write_text(printed, encoding="utf-8")
            return ""
        return printed

    def _invoke(self, arguments: list[str], expected: int) -> str:
        result = CliRunner().invoke(app, arguments, env={"GANGSO_LANG": "", **self.environment})
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == expected, f"gangso {shlex.join(arguments)}\n{result.output}"
        return result.output

    def _plan(self, arguments: list[str]) -> str:
        out = Path("plan")
        asked = ""
        for before, word in zip(["", *arguments], arguments, strict=False):
            if before in ("--out", "-o"):
                out = Path(word)
            elif word.endswith(".yaml"):
                asked = Path(word).read_text(encoding="utf-8")
        if asked not in self.plans:
            printed = self._invoke(["plan", *arguments], 0)
            kept = self.plans["."][0] / str(len(self.plans))
            self.plans[asked] = (shutil.copytree(out, kept), printed)
        elif not out.exists():
            shutil.copytree(self.plans[asked][0], out)
        return self.plans[asked][1]


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    """Plans made so far, by the text of their scenario."""
    return {".": (tmp_path_factory.mktemp("plans"), "")}


def plain(text: str) -> str:
    """Text without the lines of tables, line breaks and runs of blanks."""
    return " ".join(re.sub(r"[│┃┏┗┓┛┡┩└┘━─┳┻╇┴┼├┤]", " ", text).split())


@pytest.mark.slow
@pytest.mark.parametrize("path", RUNNABLE, ids=page_id)
def test_a_page_does_what_it_says(
    path: Path,
    korea: Territory,
    plans: dict[str, tuple[Path, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = blocks(path)
    if any("../shared" in block.text for block in found) and not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there")
    # As in a checkout: pages may name the examples, and what lies beside the repository.
    work = tmp_path / "work"
    work.mkdir()
    (work / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "shared").symlink_to(SHARED)
    monkeypatch.chdir(work)
    monkeypatch.setattr(criteria, "_REGISTER", dict(criteria._REGISTER))  # a page may add to it
    page = Page(work, korea, plans)
    for block in found:
        if block.kind not in (*RUN, "before") or block.not_run:
            continue
        printed = plain(page.run(block))
        for line in block.shows.splitlines():
            wanted = plain(line)
            if wanted:
                assert wanted in printed, f"{page_id(path)}, line {block.line}: not printed: {line}"


@pytest.mark.slow
def test_the_tables_of_a_plan_are_as_described(plans: dict[str, tuple[Path, str]]) -> None:
    made = plans.get("")
    if made is None:
        pytest.skip("no page has made the default plan in this run")
    with (ROOT / "docs" / "reference" / "plan-tables.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        names = pq.read_schema(made[0] / "tables" / f"{row['table']}.parquet").names
        assert {*row["key"].split(), *row["columns"].split()} <= set(names), row["table"]


@pytest.mark.parametrize("block", NOT_RUN)
def test_what_is_not_run_says_why(block: Block) -> None:
    assert block.not_run
    assert len(block.not_run) > 10
    pytest.skip(block.not_run)


@pytest.mark.parametrize("path", PAGES, ids=page_id)
def test_no_block_escapes(path: Path) -> None:
    """An indented block, or one without a language, would not be run by anybody."""
    found = blocks(path)
    assert {b.kind for b in found} <= {*RUN, *READ, "before", "indented"}
    indented = [line for b in found if b.kind == "indented" for line in b.text.splitlines()]
    assert not [
        line for line in indented if re.match(r"(gangso|uv|pip|python|import|from|\$) ", line)
    ]


def _options(name: str) -> set[str]:
    command = typer.main.get_command(app).commands[name]
    return {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}


@pytest.mark.parametrize("path", PAGES, ids=page_id)
def test_commands_within_sentences_exist(path: Path) -> None:
    names = set(typer.main.get_command(app).commands)
    for text in inline_commands(path):
        words = text.split()
        if words[1].startswith(("-", "COMMAND")):
            continue
        assert words[1] in names, text
        asked = {word.partition("=")[0].rstrip(",;") for word in words if word.startswith("-")}
        assert asked <= _options(words[1]), text
