"""A small sound package on disk, for tests to spoil."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

SOUND = {
    "municipalities": """code,name,province,kind,area_km2,population,lon,lat
01,가람시,북도,city,100,50000,127.0,37.0
02,나래군,북도,county,200,30000,127.3,37.0
03,다솜군,남도,county,300,20000,127.0,36.7
04,라온군,남도,county,150,10000,127.3,36.7
""",
    "settlements": """code,municipality,name,lon,lat,area_km2,population
0101,01,가람동,127.00,37.00,50,30000
0102,01,가람읍,127.05,37.05,50,20000
0201,02,나래읍,127.30,37.00,200,30000
0301,03,다솜읍,127.00,36.70,300,20000
0401,04,라온읍,127.30,36.70,150,10000
""",
    "contiguity": """a,b,link,shared_km
01,02,land,12
01,03,land,10
03,04,bridge,0
""",
    "flows": """kind,origin,destination,year,amount
trips,01,02,,100
trips,02,01,,120
migration,01,03,2023,10
""",
}


@pytest.fixture
def package(tmp_path: Path) -> Callable[..., Path]:
    """Make a package; texts or bytes by table replace the sound ones, None leaves one out."""

    def make(name: str = "package", **changed: str | bytes | None) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        tables: dict[str, str | bytes | None] = {**SOUND, **changed}
        for table, content in tables.items():
            if content is None:
                continue
            data = content.encode() if isinstance(content, str) else content
            (folder / f"{table}.csv").write_bytes(data)
        said = {"gangso": {"name": name, "metric_crs": "EPSG:5179", "languages": ["ko", "en"]}}
        (folder / "datapackage.json").write_text(json.dumps(said))
        return folder

    return make
