"""Folders that appear whole, or not at all."""

from pathlib import Path

import pytest

from gangso.cli.whole import whole_folder


def test_what_is_whole_is_moved_and_older_files_stay(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    with whole_folder(out) as folder:
        (folder / "one.csv").write_text("1")
        assert not out.exists()
    with whole_folder(out) as folder:
        (folder / "one.csv").write_text("2")
        (folder / "two.csv").write_text("2")
    assert {f.name: f.read_text() for f in out.iterdir()} == {"one.csv": "2", "two.csv": "2"}
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt])
def test_after_an_error_or_an_interrupt_nothing_is_left(
    tmp_path: Path, stop: type[BaseException]
) -> None:
    def write() -> None:
        with whole_folder(tmp_path / "a" / "b") as folder:
            (folder / "one.csv").write_text("1")
            raise stop

    with pytest.raises(stop):
        write()
    assert list(tmp_path.iterdir()) == []
