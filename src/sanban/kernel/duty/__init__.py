"""Who answers: f(matter, place, instant, level) over versioned grids, units, rosters and the dispatch directory."""

from sanban.kernel.duty.answer import (
    Answer,
    DutyOfficers,
    NoAnswer,
    duty_officers,
    gaps,
    in_words,
    on_duty,
    turns,
    who_answers,
)
from sanban.kernel.duty.directory import ANY, Entry, Level, Origin
from sanban.kernel.duty.grid import Grid, GridMap, grid_map
from sanban.kernel.duty.place import NOWHERE, Place, Point
from sanban.kernel.duty.table import DutyTable, duty_table
from sanban.kernel.duty.unit import Roster, Span, Unit, UnitKind

__all__ = [
    "ANY",
    "NOWHERE",
    "Answer",
    "DutyOfficers",
    "DutyTable",
    "Entry",
    "Grid",
    "GridMap",
    "Level",
    "NoAnswer",
    "Origin",
    "Place",
    "Point",
    "Roster",
    "Span",
    "Unit",
    "UnitKind",
    "duty_officers",
    "duty_table",
    "gaps",
    "grid_map",
    "in_words",
    "on_duty",
    "turns",
    "who_answers",
]
