"""A district with a thousand cases, every person, word, number, photo and note of which can be told when it leaks.

Whatever identifies the person of case 17 holds 17: the name, the phone, the street of the address, the words, the
plate, the identity number, the name of the photo. So one expression finds every leak of every case, and says of which.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from attachments.sample_files import PLACE, picture
from notices.telling_house import Telling
from privacy.afterwards import close, dispute, hand_shifts_over
from sanban.attachments.filing import add
from sanban.handling.pages.forms import submission
from sanban.intake.desk.receiving import Said, reading
from sanban.intake.ports import Wish
from sanban.kernel.case.state import Case
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.notice import Parcel
from sanban.kernel.permission import Actor
from sanban.kernel.view import Upload
from sanban.ledger.port import Part, Secret, Submission
from sanban.main.attaching import attachment_needs_of
from sanban.main.binding import intake_needs_of, needs_of
from sanban.main.deployment.offered import accounts
from sanban.main.meeting.desk import DeskOpening
from sanban.main.telling import needs_of as notice_needs_of
from sanban.main.telling import webhooks
from sanban.notices.sending import WEBHOOK, wrapped_text
from sanban.notices.webhooks.telling import EventParcels
from sanban.packs.district import load_district, shipped_district

CASES = 1000
DESK_ONLY = 37
"""Every so manieth request stays at the desk without a case."""
ORDERED = 29
"""Every so manieth request is an order of the city."""
PHOTOS = 90
FIRM, LET, OPERATOR_PARTY = "firm-anjia", "firm-short-let", "operator-party-01"
SUBJECTS = ((), (), (), (OPERATOR_PARTY,), (FIRM,), (LET,))
"""Of every six cases three are about nobody, one about the firm's principal, one about the firm, one about another."""
MATTERS = (
    "noise", "property-management", "street-light", "medical-service", "waste", "short-let", "illegal-building",
    "parking", "public-security", "road-damage", "greening",
)  # fmt: skip
STREETS = ("street-01", "street-02", "street-01", "street-03")

HEARD = ("case.opened", "case.dispatched", "task.planned")
"""What another system is told of."""

LEAKS = re.compile(
    r"欧阳密(?P<name>\d{4})|(?<![0-9a-f])1377(?P<phone>\d{7})(?![0-9a-f])|(?<!\d)\*{7}(?P<tail>\d{4})"
    r"|密道(?P<address>\d{4})|密语(?P<text>\d{4})|沪Z(?P<plate>\d{5})|3101011990(?P<identity>\d{8})"
    r"|mi(?P<mail>\d{4})@|密件(?P<file>\d{4})|密记(?P<note>\d{4})"
)
CAMERA = PLACE.encode()
NO_TEXT = "v:" + "0" * 32
"""Stands where a form of a matter requires a text or a place that nobody said."""


class Told(NamedTuple):
    """One request of the scene; `case` '' for one that has none."""

    number: int
    request: str
    case: str
    matter: str
    subjects: tuple[str, ...]
    lead: str = ""


def person(number: int) -> dict[str, str]:
    """What the person of a case says, and of themselves."""
    name, phone, address = f"欧阳密{number:04d}", f"1377{number:07d}", f"密道{number:04d}弄{number % 30 + 1}号502室"
    text = (
        f"路灯坏了三天，我叫{name}，电话{phone}，我是密语{number:04d}号楼的业主，住{address}，"
        f"车牌沪Z{number:05d}，身份证3101011990{number:08d}，邮箱mi{number:04d}@mail.example"
    )
    return {"text": text, "name": name, "phone": phone, "address": address, "channel": "phone"}


def required(mechanism: Mechanism) -> dict[str, Any]:
    """Answers to what a matter's form requires."""
    plain = {"yes_no": True, "integer": 1, "text": NO_TEXT, "place": NO_TEXT, "party": LET}
    fields = [one for one in mechanism.form.values() if one.required]
    return {one.name: plain.get(one.kind) or next(iter(one.choices), "") for one in fields}


class Scene(Telling):
    """The district. `told` by number; `disputes`: later requests of some of them, by the same numbers.

    `files`: of each request or case with a photo, the file's id.
    """

    person = staticmethod(person)

    def __init__(self, folder: Path, cases: int = CASES) -> None:
        super().__init__(folder, mode="demo", units=("street-01=sms:13911110001", "police=sms:13911110004"))
        self.people: dict[str, Actor] = {one.actor.id: one.actor for one in accounts(load_district(shipped_district()))}
        self.needs = intake_needs_of(self.house)
        self.files: dict[str, str] = {}
        self._link(self.people["operator-1"].id, LET)
        self._link(self.people["auditor-1"].id, FIRM)
        webhooks.add(self.house, "city-platform", "http://127.0.0.1:9/hook", list(HEARD), "", "")
        requests = self._receive(cases)
        told = [
            Told(
                number,
                request,
                "" if number % DESK_ONLY == 5 else "?",
                MATTERS[number % len(MATTERS)],
                () if number % DESK_ONLY == 5 else SUBJECTS[number % len(SUBJECTS)],
            )
            for number, request in enumerate(requests)
        ]
        self._add_photos(told)
        self._open(one for one in told if one.case)
        finished = self._work([self.known(one) for one in told])
        closed = close(self, finished[1::2])
        self.told = [self.known(one) for one in told]
        self.disputes = dispute(self, closed)
        hand_shifts_over(self, (one for one in self.told if one.lead == "street-01" and FIRM in one.subjects))
        self._add_photo_of_work(next(one for one in self.told if one.lead == "street-01"))

    def parcels(self) -> Iterator[Parcel]:
        """What carriers would be handed now: every notice that waits, and every event for another system."""
        needs = notice_needs_of(self.house)
        events = EventParcels(needs, self.house.home.district)
        for row in self.outbox():
            notice = self.house.reader.state(f"notice:{row['notice']}")
            wrapped = (
                events.wrap(notice, self.now) if row["channel"] == WEBHOOK else wrapped_text(needs, notice, self.now)
            )
            if wrapped.parcel is not None:
                yield wrapped.parcel

    def take(self, commands: Iterator[Submission], *, may_fail: bool = False) -> None:
        """Takes commands together; each must succeed unless it may fail."""
        named = [msgspec.structs.replace(one, command_id=self.command_id()) for one in commands]
        refused = [answer.refused for answer in self.house.ledger.submit_many(named) if answer.refused is not None]
        assert may_fail or refused == []

    def step(self, case_id: str, step: str, actor: Actor | str = "dispatcher-1", **args: Any) -> None:
        """As `Telling.step`; a note is kept as the page keeps it."""
        self.take(iter([self.made(case_id, actor, step, **args)]))

    def made(self, case_id: str, who: Actor | str, step: str, note: str = "", **args: Any) -> Submission:
        actor = self.people[who] if isinstance(who, str) else who
        return submission(needs_of(self.house), actor, self.case(case_id), step, args, note, self.command_id())

    def _link(self, source: str, target: str) -> None:
        args = {"id": f"link-{source}", "kind": "agent_of", "source": source, "target": target, "valid_from": 0}
        system = Actor("system", "system")
        self.take(iter([Submission("", system, (Part("party:links", "record", args),))]))

    def _receive(self, cases: int) -> list[str]:
        desk = self.people["operator-1"]
        read = [
            reading(self.needs, desk, self.command_id(), Said(**person(number)), self.now) for number in range(cases)
        ]
        wished = [one for one in read if isinstance(one, Submission)]
        assert len(wished) == cases
        assert [one.refused for one in self.house.ledger.submit_many(wished) if one.refused] == []
        requests = [one.parts[0].stream.partition(":")[2] for one in wished]
        self.take(self._order(number, request) for number, request in enumerate(requests) if number % ORDERED == 1)
        return requests

    def _order(self, number: int, request: str) -> Submission:
        """The request is an order of the city, which has told more of it since."""
        received = self.house.reader.state(f"request:{request}").received
        stream, ref = f"city_order:{request}", f"v:{number:032x}"
        taken = {"number": received.text, "desk": received.desk, "sent_at": self.now, "due_at": self.now + 10**12}
        parts = (Part(stream, "take", taken), Part(stream, "supplement", {"text": ref}))
        secret = Secret(ref, received.requester, "text", person(number)["text"])
        return Submission("", Actor("city", "system"), parts, secrets=(secret,))

    def _add_photos(self, told: list[Told]) -> None:
        """While the requests have no case, so that the desk may; each was taken at a place that its head tells."""
        needs, desk = attachment_needs_of(self.house, self.needs), self.people["dispatcher-1"]
        for one in told[::PHOTOS]:
            owner = needs.owner(desk, "request", one.request, self.now)
            assert owner is not None
            added = add(needs, desk, self.command_id(), owner, Upload(f"密件{one.number:04d}.jpg", picture()))
            assert isinstance(added, str)
            self.files[one.request] = added

    def _add_photo_of_work(self, told: Told) -> None:
        """A photo that belongs to a case."""
        needs, worker = attachment_needs_of(self.house, self.needs), self.people["handler-street-01"]
        owner = needs.owner(worker, "case", told.case, self.now)
        assert owner is not None
        added = add(needs, worker, self.command_id(), owner, Upload(f"密件{told.number:04d}.jpg", picture()))
        assert isinstance(added, str)
        self.files[told.case] = added

    def _open(self, told: Iterator[Told]) -> None:
        opens = DeskOpening(self.house.cases)
        mechanisms = {
            one.mechanism.matter: one.mechanism for one in self.house.matters.in_force(self.now) if one.mechanism
        }

        def commands() -> Iterator[Submission]:
            for one in told:
                request = self.house.reader.state(f"request:{one.request}")
                street = STREETS[one.number % len(STREETS)]
                wish = Wish("w", one.matter, street=street, fields=required(mechanisms[one.matter]))
                opening = opens.submission(request, wish)
                opening.parts[0].args["subjects"] = list(one.subjects)
                yield opening

        self.take(commands())
        self.house.run()

    def known(self, one: Told) -> Told:
        if not one.case:
            return one
        case_id = self.house.reader.state(f"request:{one.request}").case
        case = self.case(case_id)
        return one._replace(case=case_id, lead=case.lead, subjects=tuple(sorted(case.subjects)))

    def _work(self, told: list[Told]) -> list[Told]:
        """Most are dispatched, many worked on with the police and the firm; some people unmasked. Those finished."""
        have = [one for one in told if one.case]
        free = [one for one in have if self.case(one.case).state == "filed"]
        self.take((self.made(one.case, "dispatcher-1", "dispatch") for one in free), may_fail=True)
        own = [one for one in map(self.known, have) if one.lead == "street-01"]
        worker, helpers = "handler-street-01", ("police", FIRM)

        def worked(step: str, every: int = 1, who: str = worker, **args: Any) -> None:
            chosen = [one for one in own if one.number % every == 0]
            self.take((self.made(one.case, who, step, **_filled(args, one)) for one in chosen), may_fail=True)

        worked("accept")
        worked("plan", tasks=[{"key": unit, "unit": unit} for unit in helpers])
        worked("note", note="现场记录：密记NUMBER，住户说了很多")
        worked("message", every=5, request="REQUEST", note="请问密记NUMBER那盏灯还亮吗？")
        worked("unmask", every=4, request="REQUEST", ground="to_call")
        worked("reword", every=3, who="dispatcher-1", task="t2", note="检修路灯线路")
        done = [*own[::7], *[one for one in own if one.subjects][::4]]
        for one in done:
            tasks = [task for task in self.case(one.case).open_tasks if task.spec != "lead"]
            self.take(
                (
                    self.made(one.case, "coordinator-1", "waive", task=task.id, ground="statutory_route")
                    for task in tasks
                ),
                may_fail=True,
            )
            self.take(iter([self.made(one.case, worker, "finish")]), may_fail=True)
        self.house.run()
        return done

    def case_of(self, number: int) -> Case:
        return self.case(self.told[number].case)


def _filled(args: dict[str, Any], one: Told) -> dict[str, Any]:
    words = {"REQUEST": one.request}
    return {
        name: words.get(value, value.replace("NUMBER", f"{one.number:04d}")) if isinstance(value, str) else value
        for name, value in args.items()
    }


def leaks_in(text: str) -> set[tuple[str, int]]:
    """Every (kind, number of the case) that a text tells."""
    return {(found.lastgroup or "", int(found[found.lastgroup or 0])) for found in LEAKS.finditer(text)}
