"""What a scenario names, opened."""

from pathlib import Path

import pytest

from gangso.alliances import partition
from gangso.errors import BadInputError
from gangso.opening import open_groupings, open_scenario
from gangso.territory import Territory


def test_a_grouping_without_its_columns_is_refused_with_the_fix(
    korea: Territory, tmp_path: Path
) -> None:
    scenario, _ = open_scenario(territory=korea)
    found = partition(korea, scenario.alliances, scenario.leave_out)
    table = tmp_path / "zones.csv"
    table.write_text("zone,code\na,11010\n", encoding="utf-8")
    with pytest.raises(BadInputError) as refused:
        open_groupings(found, [str(table)])
    assert [fault.column for fault in refused.value.faults] == ["name", "municipality"]
    for fault in refused.value.faults:
        assert "zone, code" in fault.problem("en")
        assert str(fault.column) in fault.fix("ko")


def test_a_package_in_a_scenario_file_is_relative_to_the_file(tmp_path: Path) -> None:
    scenario = tmp_path / "s.yaml"
    scenario.write_text("territory: nowhere\n")
    for given in (scenario, str(scenario)):
        with pytest.raises(BadInputError) as caught:
            open_scenario(given)
        assert str(tmp_path / "nowhere") in str(caught.value)
