"""Options of travel times: what an estimated network assumes, and how points join a network."""

from __future__ import annotations

from pydantic import Field, model_validator

from gangso.scenario.base import Frozen

__all__ = ["MainRoads", "SpeedClass", "TravelOptions"]


class SpeedClass(Frozen):
    """Speed on ordinary roads where at least so many people live on a square kilometre."""

    at_least: float = Field(ge=0, description="persons per km2")
    kmh: float = Field(gt=0)


class MainRoads(Frozen):
    """Faster roads that join the centres of municipalities from a size on."""

    key: str
    places_over: float = Field(ge=0, description="persons; smaller municipalities have no access")
    kmh: float = Field(gt=0)
    detour: float = Field(ge=1, description="road length over straight line")


# Assumptions of this program, for countries with a dense road network; no source prescribes
# them. The lowest speed is the order of the average that Seoul publishes for its streets.
_SPEEDS = (
    SpeedClass(at_least=5_000, kmh=25),
    SpeedClass(at_least=1_000, kmh=35),
    SpeedClass(at_least=200, kmh=45),
    SpeedClass(at_least=0, kmh=50),
)
_MAIN_ROADS = (
    MainRoads(key="trunk", places_over=0, kmh=60, detour=1.3),
    MainRoads(key="motorway", places_over=100_000, kmh=90, detour=1.2),
)


class TravelOptions(Frozen):
    """How travel times are found.

    Speeds, detours and crossings matter only where the package has no roads of its own and the
    network is estimated.
    """

    use_roads: bool = Field(
        True, description="whether roads of the package are used where it has them"
    )
    detour: float = Field(1.2, ge=1, description="length of ordinary roads over straight line")
    speeds: tuple[SpeedClass, ...] = _SPEEDS
    main_roads: tuple[MainRoads, ...] = _MAIN_ROADS
    bridge_kmh: float = Field(60.0, gt=0)
    ferry_kmh: float = Field(30.0, gt=0)
    ferry_wait_min: float = Field(30.0, ge=0, description="waiting and boarding, once a crossing")
    water_km: float = Field(
        1.5, ge=0, description="a road may leave the drawn land for so long before it is dropped"
    )
    local_ferries: bool = Field(
        True, description="settlements that water parts from their municipality are joined to it"
    )
    access_kmh: float = Field(
        20.0,
        gt=0,
        description="straight-line speed from a point to the nearest node of given roads",
    )
    farthest_access_km: float = Field(
        20.0, gt=0, description="points farther than this from every node are off the network"
    )

    use_timetable: bool = Field(
        False, description="whether scheduled rides between hubs are used where they are quicker"
    )
    service_hours: float = Field(
        16.0, gt=0, le=24, description="hours a day over which the departures are spread"
    )
    longest_wait_min: float = Field(
        30.0, ge=0, description="nobody waits longer for a ride: they know when it leaves"
    )

    @model_validator(mode="after")
    def _complete(self) -> TravelOptions:
        if not self.speeds or min(band.at_least for band in self.speeds) > 0:
            raise ValueError("speeds need a class that begins at 0 persons per km2")
        return self
