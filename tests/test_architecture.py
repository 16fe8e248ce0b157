"""The house: arrows between packages, sizes of files, texts in both languages."""

import ast
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest

from gangso.texts import LANGUAGES, catalogue

SOURCE = Path(__file__).resolve().parent.parent / "src" / "gangso"
FILES = sorted(SOURCE.rglob("*.py"))
MOST_LINES = 500


def test_imports_follow_the_line_of_the_design() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    done = subprocess.run(
        command, cwd=SOURCE.parent.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_file_is_not_too_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_a_text_says_the_same_in_both_languages(key: str) -> None:
    texts = catalogue()[key]
    assert all(texts[lang].strip() for lang in LANGUAGES)
    korean, english = (placeholders(texts[lang]) for lang in LANGUAGES)
    assert korean == english


def said(path: Path) -> set[str]:
    """Keys that a file says literally: ``say("key", ...)`` and ``_both("key", ...)``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    keys = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        first = node.args[0]
        if (
            name in ("say", "_say", "_both", "both")
            and isinstance(first, ast.Constant)
            and isinstance(first.value, str)
            and re.fullmatch(r"[a-z]+(\.[a-z0-9_.]+)+", first.value)
        ):
            keys.add(first.value)
    return keys


def faults(path: Path) -> set[str]:
    """Kinds of fault that a file reports literally: ``Fault("kind", ...)``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "Fault"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_every_text_that_is_said_exists(path: Path) -> None:
    assert said(path) <= set(catalogue())


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_every_fault_has_its_texts(path: Path) -> None:
    wanted = {f"{part}.{kind}" for kind in faults(path) for part in ("fault", "fix")}
    assert wanted <= set(catalogue())


def test_no_file_prints_but_the_command_line() -> None:
    for path in FILES:
        if "cli" in path.relative_to(SOURCE).parts:
            continue
        calls = (
            n
            for n in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(n, ast.Call)
        )
        assert not any(getattr(call.func, "id", "") == "print" for call in calls), path


def test_help_does_not_load_the_library() -> None:
    code = (
        "import sys, gangso.cli.app;"
        "heavy = {'numpy', 'pandas', 'geopandas', 'numba', 'matplotlib'} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
