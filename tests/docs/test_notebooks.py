"""The committed notebooks show what running them gives; pictures apart, which differ by library.

After a change of results: `jupyter-execute --inplace docs/notebooks/*.ipynb`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.docs.blocks import ROOT

NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))


def shown(path: Path) -> list[Any]:
    """What each cell of code shows, as text."""
    cells = nbformat.read(path, as_version=4).cells
    return [
        [
            output.text if output.output_type == "stream" else output.data.get("text/plain")
            for output in cell.outputs
        ]
        for cell in cells
        if cell.cell_type == "code"
    ]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_shows_what_running_it_gives(path: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if "italy" in path.stem and not (ROOT.parent / "shared" / "data" / "italy").is_dir():
        pytest.skip("../shared/data/italy is not there")
    assert '"output_type": "error"' not in text
    # It runs where it lies, as it names files from there.
    copy = path.with_name(f"{path.stem}-{os.getpid()}.ipynb")
    shutil.copy(path, copy)
    try:
        command = [str(Path(sys.executable).parent / "jupyter-execute"), "--inplace", str(copy)]
        environment = {**os.environ, "IPYTHONDIR": str(tmp_path), "JUPYTER_DATA_DIR": str(tmp_path)}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr
        expected, found = shown(path), shown(copy)
    finally:
        copy.unlink()
    assert any(expected)
    assert found == expected
