"""Travel times: over given roads, or over a network estimated from the settlements."""

from gangso.territory.travel.centres import centre_places, hub_minutes, municipality_minutes
from gangso.territory.travel.estimate import estimate_network
from gangso.territory.travel.network import Network, Places, build_network
from gangso.territory.travel.paths import minutes_matrix, nearest_minutes
from gangso.territory.travel.road_files import RoadRules, Roads, read_roads, roads_from_lines
from gangso.territory.travel.roads import given_network, travel_network

__all__ = [
    "Network",
    "Places",
    "RoadRules",
    "Roads",
    "build_network",
    "centre_places",
    "estimate_network",
    "given_network",
    "hub_minutes",
    "minutes_matrix",
    "municipality_minutes",
    "nearest_minutes",
    "read_roads",
    "roads_from_lines",
    "travel_network",
]
