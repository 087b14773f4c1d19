"""Turns what somebody decides to do into submissions: command ids, texts in the vault, arguments a step needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

import msgspec

from sanban.adapters.simulation.people import Requester, Staff
from sanban.adapters.simulation.texts import NOTICE, WORK_NOTES, reply, said, unknown_place
from sanban.adapters.simulation.world import Chance, Wait, World
from sanban.kernel.case.facts import guard_values
from sanban.kernel.case.state import Case
from sanban.kernel.mechanism import Ground, Mechanism, Step
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Secret, Submission

SPACE: Final = UUID("b1a0c7b4-64a5-5c0f-9f43-8c0d6d0e51a7")
UNFOUND: Final = 0.08
"""The share of addresses that no gazetteer knows."""
SUBJECTS: Final = ("operator-party-01", "operator-party-02", "operator-party-03")


class Move(NamedTuple):
    """Something somebody is going to do: its name, how long it takes, the step, and the command when it comes to it."""

    key: str
    wait: Wait
    step: str
    act: Callable[[], Submission]


class Acts:
    """Makes submissions. Ids come from the run's name and a counter, so that the same run makes the same ones."""

    def __init__(self, world: World, staff: Staff, run: str) -> None:
        self.world = world
        self.staff = staff
        self.titles = world.district.titles
        self._prefix = str(uuid5(SPACE, run))[:-12]
        self._count = 0
        self._steps: dict[tuple[str, str, str], list[Step]] = {}

    @property
    def chance(self) -> Chance:
        return self.world.chance

    def new_id(self) -> str:
        """The next id of this run."""
        self._count += 1
        return f"{self._prefix}{self._count:012x}"

    def secret(self, person: str, kind: str, value: str) -> Secret:
        """A text that goes into the vault under a person's key."""
        return Secret(f"v:{self.new_id()}", person, kind, value)

    def send(self, actor: Actor, parts: tuple[Part, ...], secrets: tuple[Secret, ...] = ()) -> Submission:
        """One command."""
        return Submission(self.new_id(), actor, parts, secrets=secrets)

    def mechanism(self, case: Case) -> Mechanism:
        """The version the case runs under."""
        found = self.world.matters.by_key(case.mechanism)
        assert found is not None, f"{case.mechanism} is not loaded"
        return found

    def open_steps(self, case: Case, verb: str) -> list[Step]:
        """The steps of a verb that lead on from the case's state and whose guard holds, in file order."""
        key = (case.mechanism, case.state, verb)
        steps = self._steps.get(key)
        if steps is None:
            found = self.mechanism(case).steps_from(case.state)
            steps = self._steps[key] = [step for step in found if step.verb == verb and step.by != {"system"}]
        if not any(step.when is not None for step in steps):
            return steps
        values, parameters = guard_values(case), self.mechanism(case).parameters_at(self.world.clock.now)
        return [step for step in steps if step.when is None or step.when.evaluate(values, parameters)]

    def open_step(self, case: Case, verb: str) -> Step | None:
        """The first of the steps of a verb that are open."""
        steps = self.open_steps(case, verb)
        return steps[0] if steps else None

    def reclassify(self, case: Case, step: Step, actor: Actor, mechanism: Mechanism) -> Submission:
        """Another matter, with its form filled in."""
        fields, secrets = self._form(mechanism, case.requests[0].requester)
        part = Part(f"case:{case.id}", step.name, {"matter": mechanism.matter, "fields": fields})
        return self.send(actor, (part,), secrets)

    def take(self, case: Case, step: Step, actor: Actor, *more: Part, text: str = "", **args: Any) -> Submission:
        """The command that takes a step, with a note where the step needs one or `text` gives it."""
        secrets: tuple[Secret, ...] = ()
        if text or "note" in step.needs:
            note = self.secret(f"case:{case.id}", "note", text or self.chance.choice(WORK_NOTES))
            secrets, args = (note,), {**args, "note": note.ref}
        return self.send(actor, (*more, Part(f"case:{case.id}", step.name, args)), secrets)

    def notice(self, case: Case, step: Step, actor: Actor, request: str, promised_at: int) -> Submission:
        """A later date for a requester, with the notice."""
        return self.take(case, step, actor, text=NOTICE, request=request, promised_at=promised_at)

    def close(self, case: Case, step: Step, actor: Actor, ending: str) -> Submission:
        """Every requester who has had none gets a reply, and the case is closed."""
        waiting = [one for one in case.requests if one.replied_at is None]
        replies = [(one, self.secret(one.requester, "text", reply(ending))) for one in waiting]
        answers = [
            Part(f"request:{one.id}", "answer", {"text": secret.ref, "ending": ending}) for one, secret in replies
        ]
        said = reply(ending) if "note" in step.needs else ""
        closing = self.take(case, step, actor, *answers, text=said, ending=ending)
        return msgspec.structs.replace(closing, secrets=(*closing.secrets, *(secret for _, secret in replies)))

    def ground(self, grounds: Mapping[str, Ground]) -> str:
        """One of the declared grounds, '' where there are none."""
        return self.chance.choice(sorted(grounds)) if grounds else ""

    def receive(
        self, asking: Requester, mechanism: Mechanism, grid: str, channel: str, *, before: str = "", found: bool = False
    ) -> tuple[str, str, tuple[Part, ...], tuple[Secret, ...]]:
        """A request said now: its id, its text, the parts that receive it and what goes into the vault."""
        place = self.address_in(grid)
        text = before + said(self.chance, mechanism, place)
        request, receiving, secrets = self.take_down(asking, text, place, grid, channel, found=found)
        return request, text, receiving, secrets

    def address_in(self, grid: str) -> str:
        """An address in a grid; now and then, and where the gazetteer knows none, one that nobody finds."""
        known = self.world.addresses.get(grid, ())
        found = known and self.chance.random() >= UNFOUND
        return self.street_of(grid) + (self.chance.choice(known) if found else unknown_place(self.chance))

    def street_of(self, grid: str) -> str:
        """What the street of a grid is called; the district where there is none."""
        district = self.world.district
        version = district.duty.grids.version(grid, self.world.clock.now)
        return self.titles[version.street].zh if version is not None else district.title.zh

    def take_down(
        self, asking: Requester, text: str, place: str, grid: str, channel: str, *, found: bool = False
    ) -> tuple[str, tuple[Part, ...], tuple[Secret, ...]]:
        """A request in somebody's own words: its id, the parts that receive it and what goes into the vault.

        Where the address is not read by itself, the desk says the grid.
        """
        request, district = self.new_id(), self.world.district
        values = {"text": text, "name": asking.name, "phone": asking.phone, "address": place}
        secrets = tuple(self.secret(asking.party, kind, value) for kind, value in values.items() if value)
        told = self.world.places(place, text) if place else None
        is_read = told is not None and told.auto
        args = {secret.kind: secret.ref for secret in secrets} | {
            "requester": asking.party,
            "desk": district.desk,
            "channel": channel,
            "grid": "" if is_read else grid,
            "found": found,
        }
        stream = f"request:{request}"
        receiving = Part(stream, "receive", args)
        if told is None or not is_read:
            return request, (receiving,), secrets
        exact = self.secret(asking.party, "spots", told.exact())
        return request, (receiving, Part(stream, "suggest_place", told.arguments(exact.ref))), (*secrets, exact)

    def open_args(
        self, mechanism: Mechanism, request: str, party: str, channel: str, received_at: int, grid: str, **more: Any
    ) -> tuple[dict[str, Any], tuple[Secret, ...]]:
        """The arguments that open a case, its form filled in."""
        fields, secrets = self._form(mechanism, party)
        version = self.world.district.duty.grids.version(grid, self.world.clock.now)
        args = {
            "id": self.new_id(),
            "matter": mechanism.matter,
            "request": request,
            "requester": party,
            "channel": channel,
            "desk": self.world.district.desk,
            "received_at": received_at,
            "grid": grid,
            "street": "" if version is None else version.street,
            "fields": fields,
            **more,
        }
        return args, secrets

    def _form(self, mechanism: Mechanism, party: str) -> tuple[dict[str, Any], tuple[Secret, ...]]:
        fields: dict[str, Any] = {}
        secrets: list[Secret] = []
        for field in mechanism.form.values():
            if field.kind == "integer":
                fields[field.name] = self.chance.randint(field.low, min(field.high, field.low + 12))
            elif field.kind == "yes_no":
                fields[field.name] = self.chance.random() < 0.4
            elif field.kind == "choice":
                fields[field.name] = self.chance.choice(tuple(field.choices))
            elif field.kind == "party":
                fields[field.name] = self.chance.choice(SUBJECTS)
            else:
                secrets.append(self.secret(party, field.kind, f"{field.title.zh}：见来电内容（合成）"))
                fields[field.name] = secrets[-1].ref
        return fields, tuple(secrets)
