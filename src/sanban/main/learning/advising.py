"""The triage of a deployment: declared words of its matters, a trained model before them, routes and flags round both.

What belongs to numpy is loaded when a model is in use and not before, so that a deployment without one stays as small
as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

from sanban.intake.firms.matching import Policies
from sanban.intake.triage.heeding import Heeding, OfMatters
from sanban.intake.triage.knowledge import Knowledge
from sanban.intake.triage.learned import LearnedTriage
from sanban.intake.triage.words import MatterWords, Triage
from sanban.kernel.mechanism import Mechanism
from sanban.packs.desk import emergency, policies
from sanban.packs.desk.emergency import EmergencyNumber
from sanban.packs.desk.entries import version_of
from sanban.packs.desk.heeds import DESK, FILE_NAME, load_heeds
from sanban.packs.desk.knowledge import FOLDER, load_knowledge
from sanban.packs.desk.on_the_spot import FILE_NAME as SPOT_NAME
from sanban.packs.desk.on_the_spot import OnTheSpot, load_on_the_spot
from sanban.packs.desk.shift import FILE_NAME as SHIFT_NAME
from sanban.packs.desk.shift import ShiftRules, load_shift

MODELS = "models"
IN_USE = "triage.json"
LEARNING = "sanban.intake.learning"


def declared_triage(mechanisms: Sequence[Mechanism], version: str) -> Triage:
    """The keyword directory of the matters in force."""
    words = [
        MatterWords(
            matter=one.matter,
            title_zh=one.title.zh,
            title_en=one.title.en,
            words=one.triage.words,
            auto_at=one.triage.auto_at or None,
        )
        for one in mechanisms
        if one.triage.words
    ]
    return Triage(words, version)


def triage_of(mechanisms: Sequence[Mechanism], version: str, models: Path, district: Path) -> Heeding:
    """All of it. `models`: the folder of trained models; `district`: the folder that may hold its own `routes.yaml`.

    Raises `SanbanError` for a model that was changed, FaultsFound for the file of routes.
    """
    declared = declared_triage(mechanisms, version)
    matters: OfMatters = declared
    if (models / IN_USE).is_file():
        storing = import_module(f"{LEARNING}.storing")
        used = storing.in_use(models)
        thresholds = {one.matter: one.triage.auto_at or None for one in mechanisms}
        code_of = import_module(f"{LEARNING}.model").code_of
        matters = LearnedTriage(declared, storing.load(models, used), used.hash, thresholds, code_of)
    return Heeding(matters, load_heeds(_own_or_shipped(district, FILE_NAME)), version)


def emergency_of(district: Path) -> tuple[EmergencyNumber, ...]:
    """The numbers that a requester in danger is told. Raises FaultsFound with every fault."""
    return emergency.load_emergency(_own_or_shipped(district, emergency.FILE_NAME))


def spot_of(district: Path) -> OnTheSpot:
    """How requests are answered without a case here. Raises FaultsFound with every fault."""
    return load_on_the_spot(_own_or_shipped(district, SPOT_NAME))


def shift_of(district: Path) -> ShiftRules:
    """How a grid worker's route is ordered here, and what holds offline. Raises FaultsFound with every fault."""
    return load_shift(_own_or_shipped(district, SHIFT_NAME))


def policies_of(district: Path, zone: ZoneInfo) -> Policies:
    """The shipped illustrations and the district's own policies for firms. Raises FaultsFound with every fault."""
    return Policies(policies.load_policies((DESK / policies.FOLDER, district / policies.FOLDER), zone))


def knowledge_of(district: Path, zone: ZoneInfo) -> Knowledge:
    """The shipped examples and the district's own entries. Raises FaultsFound with every fault."""
    entries = load_knowledge((DESK / FOLDER, district / FOLDER), zone)
    return Knowledge(entries, version_of(entries))


def _own_or_shipped(district: Path, name: str) -> Path:
    """The district's own file of this name, else the shipped one."""
    own = district / name
    return own if own.is_file() else DESK / name
