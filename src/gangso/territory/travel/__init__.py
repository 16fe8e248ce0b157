"""Travel times: over given roads, or over a network estimated from the settlements."""

from gangso.territory.travel.centres import centre_places, hub_minutes, municipality_minutes
from gangso.territory.travel.estimate import estimate_network
from gangso.territory.travel.network import Network, Places, build_network
from gangso.territory.travel.paths import minutes_matrix, nearest_minutes
from gangso.territory.travel.roads import given_network, travel_network

__all__ = [
    "Network",
    "Places",
    "build_network",
    "centre_places",
    "estimate_network",
    "given_network",
    "hub_minutes",
    "minutes_matrix",
    "municipality_minutes",
    "nearest_minutes",
    "travel_network",
]
