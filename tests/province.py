"""A real territory that is small: one province of the embedded Korea, as a package on disk.

What holds for a plan of it holds for Korea, and takes a tenth of the time.
"""

import json
import sys
from pathlib import Path

import pandas as pd

import gangso.territory

EMBEDDED = Path(gangso.territory.__file__).parent / "datasets" / "korea"
JEONBUK = "전라북도"  # 14 cities and counties


def write_province(folder: Path, province: str = JEONBUK) -> Path:
    """Write the package; every table keeps the rows that speak of the province alone."""
    folder.mkdir(parents=True)
    own = pd.read_parquet(EMBEDDED / "municipalities.parquet")
    codes = set(own.loc[own["province"] == province, "code"])
    for path in sorted(EMBEDDED.glob("*.parquet")):
        table = pd.read_parquet(path)
        here = pd.Series(data=True, index=table.index)
        for column in {"municipality", "origin", "destination", "a", "b"} & set(table.columns):
            here &= table[column].isin(codes)
        if path.stem == "municipalities":
            here &= table["code"].isin(codes)
        if path.stem == "hubs":
            here &= table["municipalities"].map(lambda each: set(each.split("|")) <= codes)
        table[here].reset_index(drop=True).to_parquet(folder / path.name)
    said = json.loads((EMBEDDED / "datapackage.json").read_text(encoding="utf-8"))
    del said["gangso"]["scenario"]["evaluation"]  # it asks about railways that end elsewhere
    (folder / "datapackage.json").write_text(json.dumps(said), encoding="utf-8")
    return folder


if __name__ == "__main__":
    write_province(Path(sys.argv[1]))
