"""What a refusal of wrong arguments shows would have been taken, wherever the case stands and whoever asks."""

from __future__ import annotations

import msgspec
import pytest

from kernel.case.tables import COORDINATOR, DISPATCHER, EVERYONE, HANDLER_A, VERIFIER, Play
from sanban.kernel.errors import Refused

FAULTY = ("bad_", "missing_", "unknown_unit", "unknown_ground", "unknown_request", "unknown_matter", "unknown_clock",
          "over_cap", "in_the_future", "review_past", "not_longer", "not_under")  # fmt: skip
PLANNED = [{"key": "a", "unit": "dept-water", "gate": "permit"}]

STANDING = {
    "filed": lambda: Play().open(),
    "dispatched": lambda: Play().open().take("dispatch", DISPATCHER),
    "handled": lambda: Play().handled(fields={"fire_risk": True}),
    "planned": lambda: Play().handled().take("plan", COORDINATOR, tasks=PLANNED),
    "whistled": lambda: Play().whistled("dept-fire"),
    "joint": lambda: Play().whistled("dept-fire").take("screen", COORDINATOR),
    "finished": lambda: Play().handled().take("finish", HANDLER_A),
    "checked": lambda: Play().handled().take("finish", HANDLER_A).take("verify", VERIFIER),
}


def shown(play: Play, step: str) -> list[tuple[str, str]]:
    """What each example for the step shows came to, by who was shown it: '' or the reason of a refusal."""
    found = []
    for actor in EVERYONE:
        wrong = play.asks(step, actor, nonsense=1)
        if isinstance(wrong, Refused) and wrong.reason == "bad_arguments":
            answer = play.asks(step, actor, **msgspec.json.decode(wrong.example))
            found.append((actor.id, answer.reason if isinstance(answer, Refused) else ""))
    return found


@pytest.mark.parametrize("stands", STANDING)
def test_the_example_for_wrong_arguments_is_taken_by_the_step(stands: str) -> None:
    play = STANDING[stands]()
    answered = {step.name: shown(play, step.name) for step in play.mechanism.steps_from(play.case.state)}
    assert any(answered.values())
    for name, found in answered.items():
        assert not [one for one in found if one[1].startswith(FAULTY)], name


def test_what_is_missing_is_shown_with_the_rest_that_the_step_needs() -> None:
    refused = Play().handled().asks("message", HANDLER_A, request="r1")
    assert isinstance(refused, Refused)
    assert refused.message == "message needs note"
    assert set(msgspec.json.decode(refused.example)) == {"request", "note"}
