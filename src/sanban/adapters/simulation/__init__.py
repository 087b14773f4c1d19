"""The outside world's twin: invented citizens and units that walk every path of a district, under a simulated clock."""

from sanban.adapters.simulation.people import Persona, personas
from sanban.adapters.simulation.running import simulate
from sanban.adapters.simulation.walked import PATHS, Walked
from sanban.adapters.simulation.world import Chance, SimulatedClock, World

__all__ = ["PATHS", "Chance", "Persona", "SimulatedClock", "Walked", "World", "personas", "simulate"]
