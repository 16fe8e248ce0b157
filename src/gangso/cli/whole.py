"""Folders of tables that appear whole, or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["whole_folder"]


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Write aside, and move into place what is whole.

    Parameters
    ----------
    out : Path
        Folder to write into; it is made. Files of the same name are replaced.

    Yields
    ------
    Path
        The folder to write into; after an error or an interrupt nothing of it is left.
    """
    out = out.absolute()
    # Beside, so that moving is renaming; the folders above may have to be made first.
    beside = next(folder for folder in out.parents if folder.is_dir())
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=beside) as scratch:
        yield Path(scratch)
        out.mkdir(parents=True, exist_ok=True)
        for made in sorted(Path(scratch).iterdir()):
            made.replace(out / made.name)
