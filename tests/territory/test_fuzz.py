"""However a package is spoilt, the check answers with faults and never falls over."""

from __future__ import annotations

import io

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from gangso.errors import BadInputError
from gangso.territory import Metadata, Territory
from gangso.territory.check import check_package
from gangso.territory.read import RawPackage, read_csv
from tests.territory.conftest import SOUND

JUNK = st.sampled_from(
    ["", " ", "-1", "1e400", "nan", "가나다", "37.0", "127", "01", "99", "1,5", "|"]
)
OTHER = {
    "population": "municipality,year,sex,age,persons\n01,2023,f,0,5\n01,2023,m,0,6\n",
    "hubs": "kind,name,municipalities,lon,lat,opened\ncity,H,01|02,127,37,2013\n",
    "facilities": "id,service,municipality,lon,lat,capacity,year\n1,s,01,127,37,3,2020\n",
    "groupings": "grouping,name,municipality\nz,A,01\nz,A,02\n",
}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_spoilt_packages(data: st.DataObject) -> None:
    tables = {
        name: pd.read_csv(io.StringIO(text), dtype="str")
        for name, text in {**SOUND, **OTHER}.items()
    }
    for _ in range(data.draw(st.integers(0, 6))):
        name = data.draw(st.sampled_from(sorted(tables)))
        frame = tables[name]
        change = data.draw(st.sampled_from(["cell", "cell", "column", "rows", "table", "repeat"]))
        if change == "table":
            del tables[name]
            if not tables:
                break
        elif change == "rows":
            tables[name] = frame[:0]
        elif change == "repeat":
            tables[name] = pd.concat([frame, frame[:1]], ignore_index=True)
        elif len(frame.columns) and change == "column":
            tables[name] = frame.drop(columns=data.draw(st.sampled_from(list(frame.columns))))
        elif len(frame) and len(frame.columns):
            row = data.draw(st.integers(0, len(frame) - 1))
            column = data.draw(st.integers(0, len(frame.columns) - 1))
            value = data.draw(JUNK)
            frame.iloc[row, column] = value or None
    faults = check_package(RawPackage(dict(tables), None, Metadata(), [], [])).faults
    for fault in faults:
        assert fault.problem("ko")
        assert fault.fix("en")
    try:
        territory = Territory.from_tables(tables)
    except BadInputError as error:
        told = len(error.faults)
    else:
        told = 0
        own = territory.municipalities
        assert own[["lon", "lat", "area_km2", "population"]].notna().all(axis=None)
        assert set(territory.boundaries.index) == set(own.index)
        assert not territory.boundaries.isna().any()
    assert told == len(faults)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_as_a_table(data: bytes) -> None:
    frame, faults = read_csv(data, "municipalities")
    assert frame is not None or faults
