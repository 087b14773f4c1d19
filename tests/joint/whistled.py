"""A case that a street has whistled for, step by step, in the small deployment."""

from __future__ import annotations

from joint.small_joint import COORDINATOR, STREET, Joint
from sanban.kernel.case.state import Case
from sanban.kernel.permission import Actor

DISPATCHER = Actor("dispatcher-1", "dispatcher", "centre", unit_kind="centre")
BRIGADE = Actor("handler-fire-brigade", "handler", "fire-brigade", unit_kind="department")
POLICE = Actor("handler-police", "handler", "police", unit_kind="department")
NOTE = "v:" + "2" * 32
WANTED = ("fire-brigade", "police")


FIELDS: dict[str, dict[str, object]] = {"short-let": {"premises": "v:" + "3" * 32}}


def worked(joint: Joint, matter: str = "short-let", **fields: object) -> str:
    """A case that the first street works on; its id."""
    case = joint.case(matter, **(fields or FIELDS.get(matter, {})))
    assert joint.send(DISPATCHER, f"case:{case}", "dispatch", unit="street-01") is None
    assert joint.send(STREET, f"case:{case}", "accept") is None
    return case


def whistled(joint: Joint, kind: str = "hard_problem", matter: str = "short-let") -> str:
    """A case for which the first street called two departments, and the centre let it pass."""
    case = worked(joint, matter)
    assert joint.send(STREET, f"case:{case}", "whistle", kind=kind, wanted=WANTED, note=NOTE) is None
    assert joint.send(COORDINATOR, f"case:{case}", "screen") is None
    return case


def state(joint: Joint, case: str) -> Case:
    """The case as it stands."""
    found = joint.house.reader.state(f"case:{case}")
    assert isinstance(found, Case)
    return found
