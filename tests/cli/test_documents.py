"""What commands read of a plan that was made before."""

from pathlib import Path

import pytest

from gangso.cli.documents import read_saved_scenario


def test_a_saved_plan_finds_its_package_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "country").mkdir()
    plan = tmp_path / "plans" / "first"
    plan.mkdir(parents=True)
    (plan / "scenario.yaml").write_text("territory: ../../country\nname: x\nversions: {}\n")
    for here, folder in ((tmp_path, Path("plans/first")), (plan.parent, Path("first"))):
        monkeypatch.chdir(here)
        saved = read_saved_scenario(folder)
        assert Path(saved["territory"]).samefile(tmp_path / "country")
        assert set(saved) == {"territory", "name"}
    (plan / "scenario.yaml").write_text("territory: korea\n")
    assert read_saved_scenario(plan) == {"territory": "korea"}
