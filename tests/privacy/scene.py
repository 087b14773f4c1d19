"""A district with a thousand cases, every person, word, number, photo and note of which can be told when it leaks.

Whatever identifies the person of case 17 holds 17: the name, the phone, the street of the address, the words, the
plate, the identity number, the name of the photo. So every leak of every case is found, and whose
it is.

The cases came in and were worked on at the end of a week, which is over when everything is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from attachments.sample_files import PLACE, picture
from notices.telling_house import HOUR, Telling
from privacy.afterwards import close, dispute, hand_shifts_over, hold_visit, list_day
from sanban.attachments.filing import add
from sanban.handling.pages.forms import submission
from sanban.intake.city.messages import Delivery, Incoming
from sanban.intake.city.ports import CityNeeds
from sanban.intake.city.taking import order_id, take
from sanban.intake.desk.receiving import Said, reading
from sanban.intake.ports import Wish
from sanban.kernel.case.state import LEAD, Case
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.notice import Parcel
from sanban.kernel.permission import Actor
from sanban.kernel.view import Upload
from sanban.ledger.home import open_home
from sanban.ledger.port import Part, Submission
from sanban.main.attaching import attachment_needs_of
from sanban.main.binding import intake_needs_of, needs_of
from sanban.main.city.wiring import city_needs_of
from sanban.main.deployment.offered import accounts
from sanban.main.deployment.settings_line import change_setting
from sanban.main.meeting.desk import DeskOpening
from sanban.main.setup import init
from sanban.main.telling import needs_of as notice_needs_of
from sanban.main.telling import webhooks
from sanban.notices.sending import WEBHOOK, wrapped_text
from sanban.notices.webhooks.telling import EventParcels
from sanban.packs.district import load_district, shipped_district

BEGAN = 1_780_833_600_000_000
"""2026-06-07 20:00 in Shanghai, a Sunday."""
READ = BEGAN + 13 * HOUR
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

LEAKS = {
    "name": ("欧阳密", r"欧阳密(\d{4})"),
    "phone": ("1377", r"(?<![0-9a-f])1377(\d{7})(?![0-9a-f])"),
    "tail": ("*" * 7, r"(?<!\d)\*{7}(\d{4})"),
    "address": ("密道", r"密道(\d{4})"),
    "text": ("密语", r"密语(\d{4})"),
    "plate": ("沪Z", r"沪Z(\d{5})"),
    "identity": ("3101011990", r"3101011990(\d{8})"),
    "mail": ("@", r"mi(\d{4})@"),
    "file": ("密件", r"密件(\d{4})"),
    "note": ("密记", r"密记(\d{4})"),
    "number": ("SH2026-", r"SH2026-(\d{4})"),
}
"""Of each kind: signs without which there is none, which are looked for fast, and what tells the number."""
CAMERA = PLACE.encode()
NO_TEXT = "v:" + "0" * 32
"""Stands where a form of a matter requires a text or a place that nobody said."""


class Told(NamedTuple):
    """One request of the scene; `case` '' for one that has none, `station` where its lead has not passed it down."""

    number: int
    request: str
    case: str
    matter: str
    subjects: tuple[str, ...]
    lead: str = ""
    station: str = ""


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


def is_ordered(number: int) -> bool:
    """Whether a request came as an order of the city."""
    return number % ORDERED == 1


def order_number(number: int) -> str:
    """What the city calls its order."""
    return f"SH2026-{number:04d}"


class Scene(Telling):
    """The district. `told` by number; later requests of some of them, by the same numbers: `disputes`, and `issues`
    that were noted on a `visit`.

    `files`: of each request or case with a photo, the file's id.
    """

    person = staticmethod(person)

    def __init__(self, folder: Path, cases: int = CASES) -> None:
        init(folder, code="demo", title="示范区", mode="demo")
        change_setting(open_home(folder), "city", "city")
        super().__init__(folder, units=("street-01=sms:13911110001", "police=sms:13911110004"))
        self.now = BEGAN
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
        self.open(one for one in told if one.case)
        finished = self._work([self.known(one) for one in told])
        closed = close(self, finished[1::2])
        self.told = [self.known(one) for one in told]
        self.disputes = dispute(self, closed)
        hand_shifts_over(self, (one for one in self.told if one.lead == "street-01" and FIRM in one.subjects))
        self._add_photo_of_work(next(one for one in self.told if one.lead == "street-01"))
        led = [one for one in self.told if one.lead == "street-01"]
        self.visit, self.issues = hold_visit(
            self, [next(one for one in led if one.subjects == about) for about in ((), (FIRM,))]
        )
        list_day(self, [order_number(number) for number in range(cases) if is_ordered(number)])
        self.now = READ
        self.house.run()

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
        read = {
            number: reading(self.needs, desk, self.command_id(), Said(**person(number)), self.now)
            for number in range(cases)
            if not is_ordered(number)
        }
        wished = {number: one for number, one in read.items() if isinstance(one, Submission)}
        assert len(wished) == len(read)
        assert [one.refused for one in self.house.ledger.submit_many(list(wished.values())) if one.refused] == []
        city = city_needs_of(self.house)
        return [
            wished[number].parts[0].stream.partition(":")[2] if number in wished else self._order(city, number)
            for number in range(cases)
        ]

    def _order(self, city: CityNeeds, number: int) -> str:
        """The request of an order of the city, which has told more of it since."""
        said, about = person(number), {"number": order_number(number), "said_at": self.now}
        order = Incoming(place=1, due_at=self.now + 10**12, **said, **about)
        more = Incoming(place=2, kind="supplement", text=said["text"], **about)
        _, rejected = take(city, Delivery(f"delivery-{number}", (order, more)), self.now)
        assert rejected == ()
        return order_id(city, order.number)

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

    def open(self, told: Iterator[Told]) -> None:
        """Opens a case for each, about its subjects."""
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
        station = next((task.station for task in case.open_tasks if task.spec == LEAD), "")
        return one._replace(case=case_id, lead=case.lead, subjects=tuple(sorted(case.subjects)), station=station)

    def _work(self, told: list[Told]) -> list[Told]:
        """Most are dispatched, many worked on with the police and the firm, some by a station; those finished.

        Some people are unmasked.
        """
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
        worked("pass_down", every=10, task="t1", station="grids-01a")
        worked("reword", every=10, task="t1", note="检修路灯线路")
        done = [*own[::7], *[one for one in own if one.subjects][::4]]
        for one in done:
            tasks = [task for task in self.case(one.case).open_tasks if task.spec != LEAD]
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
    found = ((kind, form) for kind, (sign, form) in LEAKS.items() if sign in text)
    return {(kind, int(number)) for kind, form in found for number in re.findall(form, text)}
