"""Loading: defaults, completion, formats, archives."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gangso.errors import BadInputError, MissingTableError
from gangso.territory import Metadata, Territory, check, load, write_package
from tests.territory.conftest import SOUND

Make = Callable[..., Path]


def as_tables(territory: Territory) -> dict[str, pd.DataFrame]:
    tables = {"municipalities": territory.municipalities.reset_index()}
    for name in ("settlements", "flows", "population"):
        if getattr(territory, name) is not None:
            tables[name] = getattr(territory, name)
    if territory.listed_contiguity is not None:
        tables["contiguity"] = territory.listed_contiguity
    return tables


def test_defaults_and_leading_zeros(package: Make) -> None:
    territory = load(package())
    own = territory.municipalities
    assert list(own.index) == ["01", "02", "03", "04"]
    assert own["flow_zone"].tolist() == ["01", "02", "03", "04"]
    assert own["name_en"].tolist() == own["name"].tolist()
    assert territory.missing == (
        "population", "indicators", "facilities", "hubs", "finance", "groupings",
        "programmes",
    )  # fmt: skip
    with pytest.raises(MissingTableError):
        territory.require("finance")


def test_places_come_from_settlements(package: Make) -> None:
    text = "code,name,population\n01,A,1\n02,B,1\n03,C,1\n04,D,1\n"
    own = load(package(municipalities=text)).municipalities
    assert own.loc["01", "lon"] == pytest.approx((127.0 * 3 + 127.05 * 2) / 5)
    assert own["area_km2"].tolist() == [100, 200, 300, 150]


def test_places_and_areas_come_from_boundaries() -> None:
    frame = gpd.GeoDataFrame(
        {"code": ["1", "2"]},
        geometry=[shapely.box(0, 0, 0.1, 0.1), shapely.box(0.1, 0, 0.2, 0.1)],
        crs="EPSG:4326",
    )
    tables = {
        "municipalities": pd.DataFrame({"code": [1, 2], "name": ["A", "B"], "population": [5, 6]}),
        "boundaries": frame,
    }
    territory = Territory.from_tables(tables)
    own = territory.municipalities
    assert own["lon"].tolist() == pytest.approx([0.05, 0.15])
    # A tenth of a degree is 11.13 km east-west and 11.06 km north-south at the equator.
    assert own["area_km2"].tolist() == pytest.approx([123.1, 123.1], rel=1e-3)
    assert territory.contiguity[["a", "b", "link"]].to_numpy().tolist() == [["1", "2", "land"]]
    assert not territory.boundaries_drawn


@pytest.mark.parametrize("name", ["out", "out.zip"])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_same_data_same_fingerprint_in_any_format(
    package: Make, tmp_path: Path, name: str, form: str
) -> None:
    territory = load(package())
    written = tmp_path / name
    write_package(written, as_tables(territory), territory.metadata, form=form)  # type: ignore[arg-type]
    again = load(written)
    twice = tmp_path / f"twice-{name}"
    write_package(twice, as_tables(again), again.metadata, form="csv")
    assert load(twice).fingerprint == again.fingerprint
    pd.testing.assert_frame_equal(again.municipalities, territory.municipalities)
    pd.testing.assert_frame_equal(again.flows, territory.flows)


def test_same_data_same_bytes(package: Make, tmp_path: Path) -> None:
    territory = load(package())
    for name in ("a.zip", "b.zip"):
        write_package(tmp_path / name, as_tables(territory), territory.metadata)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_boundaries_survive_writing(package: Make, tmp_path: Path) -> None:
    territory = load(package())
    write_package(
        tmp_path / "out", as_tables(territory), territory.metadata, boundaries=territory.boundaries
    )
    again = load(tmp_path / "out")
    assert again.listed_boundaries is not None
    assert again.boundaries.geom_equals_exact(territory.boundaries, 1e-9).all()


def test_boundaries_are_drawn_for_places_without_settlements(package: Make) -> None:
    lines = SOUND["settlements"].splitlines()
    some = load(package("some", settlements="\n".join(lines[:-1])))
    none = load(package("none", settlements=None))
    for territory in (some, none):
        assert territory.boundaries_drawn
        assert list(territory.boundaries.index) == ["01", "02", "03", "04"]
        assert not territory.boundaries.isna().any()


def test_nothing_is_overwritten_unasked(package: Make, tmp_path: Path) -> None:
    territory = load(package())
    out = tmp_path / "out"
    write_package(out, as_tables(territory), territory.metadata)
    with pytest.raises(FileExistsError):
        write_package(out, as_tables(territory), territory.metadata)
    write_package(out, as_tables(territory), territory.metadata, form="csv", overwrite=True)
    assert (out / "flows.csv").exists()
    assert not (out / "flows.parquet").exists()


def test_a_failure_leaves_nothing_behind(
    package: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    territory = load(package())

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gangso.territory.write.write_parquet", interrupted)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        write_package(tmp_path / "out", as_tables(territory), territory.metadata)
    assert sorted(tmp_path.iterdir()) == before


def test_archive_of_a_folder(package: Make, tmp_path: Path) -> None:
    folder = package()
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"package/{file.name}")
    assert load(tmp_path / "p.zip").fingerprint == load(folder).fingerprint


def test_archives_that_lead_outside_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.writestr("../escaped.csv", "code\n1\n")
    assert [f.kind for f in check(tmp_path / "p.zip")] == ["archive_path"]
    assert not (tmp_path.parent / "escaped.csv").exists()


def test_archive_bombs_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("municipalities.csv", b"0" * (80 << 20))
    assert [f.kind for f in check(tmp_path / "p.zip")] == ["archive_bomb"]
    (tmp_path / "q.zip").write_bytes(b"PK no archive")
    assert [f.kind for f in check(tmp_path / "q.zip")] == ["unreadable_file"]


def test_bad_metadata_in_memory() -> None:
    frame = pd.DataFrame({"code": ["1"], "name": ["A"], "population": [5]})
    with pytest.raises(BadInputError) as caught:
        Territory.from_tables({"municipalities": frame}, {"colour": "red"})
    assert "gangso.colour" in {f.column for f in caught.value.faults}


def test_metadata_has_no_projection_by_default() -> None:
    assert Metadata().metric_crs == ""
