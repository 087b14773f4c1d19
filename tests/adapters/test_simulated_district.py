"""Thirty simulated days of the demo district walk every path, through public commands alone, and come out the same."""

from __future__ import annotations

import random  # noqa: TID251 -- seeded, in a test
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple, cast

import pytest

import read_once
from sanban.adapters.simulation import PATHS, Persona, SimulatedClock, Walked, World, personas, simulate
from sanban.adapters.simulation.fates import Fates
from sanban.adapters.simulation.moves.acting import Acts
from sanban.adapters.simulation.moves.aside import everyday
from sanban.adapters.simulation.night import FLOOD, QUARRELS
from sanban.adapters.simulation.people import REQUESTERS, Staff, asking_again, requester
from sanban.adapters.simulation.texts import said
from sanban.adapters.simulation.world import STEP, Wait, in_office, moment, step_at
from sanban.handling.aggregate import CaseAggregate
from sanban.handling.directory import DirectoryAggregate
from sanban.intake.aggregate import RequestAggregate
from sanban.intake.request import Request
from sanban.jobs.running import once
from sanban.kernel.case.state import Case
from sanban.kernel.clock.calendar import HOUR, MINUTE, Calendar, day_of_iso
from sanban.kernel.errors import SanbanError
from sanban.ledger.opening import open_sqlite
from sanban.ledger.port import Ledger, Reader
from sanban.ledger.reading.failed import ReactionAggregate
from sanban.ledger.reading.reactions import Reaction
from sanban.ledger.writing.writer import Writer
from sanban.main.meeting.facts import facts_of, promise_of
from sanban.main.reactions import reactions
from sanban.packs.district import District
from sanban.packs.loading import Matters

ENDS_AT = 1_784_041_200_000_000
"""2026-07-14T23:00+08:00, a Tuesday."""


class Work(NamedTuple):
    """What the runner works on."""

    ledger: Ledger
    reader: Reader
    reactions: tuple[Reaction, ...]

    def recomputations(self) -> list[object]:
        return []

    def asides(self, now: int) -> list[object]:
        return []

    def aside_heard(self, sent: list[object], answers: list[object], now: int) -> None:
        """Nothing was sent."""

    def catch_up(self) -> int:
        return 0

    def advice(self, now: int) -> list[object]:
        return []


@pytest.fixture(scope="module")
def matters() -> Matters:
    return read_once.matters()


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return read_once.calendar()


@pytest.fixture(scope="module")
def district() -> District:
    return read_once.district()


class Deployment:
    """A ledger with reactions, and a world around it."""

    def __init__(self, path: Path, matters: Matters, calendar: Calendar, district: District, seed: int) -> None:
        cases, requests = (
            CaseAggregate(matters, calendar, district.duty, district.links, facts_of),
            RequestAggregate(promise_of),
        )
        clock = SimulatedClock()
        self.writer, self.reader = open_sqlite(
            path, district.code, (cases, requests, DirectoryAggregate(), ReactionAggregate()), clock=clock
        )
        work = Work(self.writer, self.reader, reactions(cases, requests, self.reader))
        self.world = World(
            ledger=self.writer,
            reader=self.reader,
            clock=clock,
            advance=partial(once, work, recompute=False, advise=False),  # type: ignore[arg-type]  # the runner's own protocol
            matters=matters,
            calendar=calendar,
            district=district,
            chance=random.Random(seed),
            follows=frozenset(kind for one in work.reactions for kind in one.types),
        )

    def close(self) -> None:
        self.writer.close()
        self.reader.close()


@pytest.fixture(scope="module")
def deployments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Deployment]]:
    made: list[Deployment] = []
    yield made
    for deployment in made:
        deployment.close()


@pytest.fixture(scope="module")
def month(
    tmp_path_factory: pytest.TempPathFactory,
    deployments: list[Deployment],
    matters: Matters,
    calendar: Calendar,
    district: District,
) -> tuple[Walked, Deployment]:
    deployment = Deployment(tmp_path_factory.mktemp("month") / "ledger.db", matters, calendar, district, 1)
    deployments.append(deployment)
    return simulate(deployment.world, 30, ENDS_AT), deployment


def test_a_month_walks_every_path(month: tuple[Walked, Deployment]) -> None:
    walked, _ = month
    assert walked.missing == ()
    assert set(PATHS) <= set(walked.paths)


def test_a_month_has_the_size_of_a_real_one(month: tuple[Walked, Deployment]) -> None:
    walked, _ = month
    assert 1_300 <= walked.requests <= 2_100
    assert walked.cases > 0.9 * walked.requests
    assert 0.5 * walked.cases < walked.closed < walked.cases
    assert walked.paths["clock_missed"] < walked.cases


def test_a_month_ends_with_a_desk_full_of_calls_and_orders_that_nobody_wants(month: tuple[Walked, Deployment]) -> None:
    _, deployment = month
    waiting = deployment.reader.query(
        "SELECT grid, requester, received_at FROM request_view WHERE district = :district AND case_id = :none",
        {"none": ""},
    )
    assert 40 <= len(waiting) <= 70
    assert sum(grid == "" for grid, _, _ in waiting) >= 3
    assert max(Counter(grid for grid, _, _ in waiting if grid).values()) >= FLOOD
    assert len({person for _, person, _ in waiting}) < len(waiting)
    assert all(ENDS_AT - 13 * HOUR < received_at < ENDS_AT for _, _, received_at in waiting)
    states = dict(
        deployment.reader.query("SELECT state, COUNT(*) FROM case_view WHERE district = :district GROUP BY state")
    )
    assert states["reassigning"] >= QUARRELS.count(1)
    assert states["ruling"] >= QUARRELS.count(2)


def test_what_is_counted_is_what_the_ledger_holds(month: tuple[Walked, Deployment]) -> None:
    walked, deployment = month
    ((requests,),) = deployment.reader.query("SELECT COUNT(*) FROM request_view WHERE district = :district")
    ((cases, closed),) = deployment.reader.query(
        "SELECT COUNT(*), COUNT(closed_at) FROM case_view WHERE district = :district"
    )
    ((events, last),) = deployment.reader.query(
        "SELECT COUNT(*), MAX(recorded_at) FROM ledger_event WHERE district = :district"
    )
    assert (walked.requests, walked.cases, walked.closed) == (requests, cases, closed)
    assert sum(walked.events.values()) == events
    assert last <= ENDS_AT


def test_no_case_is_overdue_when_it_is_opened(month: tuple[Walked, Deployment]) -> None:
    _, deployment = month
    opened = deployment.reader.query("SELECT case_id, number FROM case_view WHERE district = :district")
    cases = [(number, deployment.reader.state(f"case:{case}")) for case, number in opened]
    late = [number for number, case in cases if any(one.due_at and one.due_at <= one.started_at for one in case.clocks)]
    assert late == []


def test_a_case_is_found_where_its_first_request_was(month: tuple[Walked, Deployment]) -> None:
    _, deployment = month
    opened = deployment.reader.query("SELECT case_id FROM case_view WHERE district = :district")
    cases = [case for (one,) in opened if isinstance(case := deployment.reader.state(f"case:{one}"), Case)]
    first = [(case, deployment.reader.state(f"request:{case.requests[0].id}")) for case in cases]
    told = [(case.found, request.received.found) for case, request in first if isinstance(request, Request)]
    assert {found for found, _ in told} == {True, False}
    assert all(found == before for found, before in told)


@pytest.mark.parametrize(
    ("days_before", "is_spoken_of"), [(100, False), (60, True), (1, True), (0, False), (-30, False)]
)
def test_people_speak_of_what_has_a_fixed_date_in_the_weeks_before_it(
    matters: Matters, calendar: Calendar, district: District, days_before: int, *, is_spoken_of: bool
) -> None:
    exams = calendar.start_of(day_of_iso("2026-06-05"))
    world = World(
        ledger=cast(Ledger, None),
        reader=cast(Reader, None),
        clock=SimulatedClock(exams - days_before * 24 * HOUR),
        advance=lambda _now: None,
        matters=matters,
        calendar=calendar,
        district=district,
        chance=random.Random(1),
    )
    spoken = {one.matter for one in everyday(Acts(world, Staff(district), "season"))}
    assert ("exam-preparation" in spoken) == is_spoken_of
    assert "noise" in spoken


def test_nobody_is_refused_but_who_is_late_or_overtaken(month: tuple[Walked, Deployment]) -> None:
    walked, _ = month
    overtaken = "close:guard_failed"  # another request joined, and nobody has called its requester back
    relieved = "finish:not_permitted"  # another unit was made the lead while the work was being done
    misled = "pass_down:not_under"  # the unit that the faulty row of the directory names has no team there
    reasons = {refusal.partition(":")[2] for refusal in walked.refused.keys() - {overtaken, relieved, misled}}
    assert reasons <= {"too_late", "wrong_state", "unknown_request", "over_cap", "nothing_to_stop"}
    assert sum(walked.refused.values()) < walked.commands / 100


def test_supervision_is_answered_in_time_by_good_units_and_never_by_those_that_shirk(
    month: tuple[Walked, Deployment], district: District
) -> None:
    _, deployment = month
    deployment.writer.catch_up()
    tempers = Fates(district, random.Random(0))
    answered: dict[str, Counter[bool]] = {"good": Counter(), "slow": Counter(), "shirk": Counter()}
    for unit, holds in deployment.reader.query(
        "SELECT unit, holds FROM case_figure WHERE district = :district AND figure = 'accounted_in_time'"
    ):
        answered[tempers.temper(unit)][bool(holds)] += 1
    assert answered["good"][True] > 10
    assert answered["good"][True] > answered["good"][False]
    assert answered["slow"][False]
    assert not answered["shirk"][True]
    assert answered["shirk"][False] > 10


def test_nobody_verifies_or_calls_back_what_they_handled(month: tuple[Walked, Deployment]) -> None:
    _, deployment = month
    rows = deployment.reader.query(
        "SELECT stream, type, actor FROM ledger_event WHERE district = :district "
        "AND type IN ('case.verified', 'requester.called_back', 'task.finished')"
    )
    workers = {(stream, actor) for stream, kind, actor in rows if kind == "task.finished"}
    checkers = {(stream, actor) for stream, kind, actor in rows if kind != "task.finished"}
    assert workers
    assert checkers
    assert workers.isdisjoint(checkers)


def test_the_same_seed_gives_the_same_days_and_another_gives_others(
    tmp_path: Path, matters: Matters, calendar: Calendar, district: District
) -> None:
    heads = []
    for number, seed in enumerate((7, 7, 8)):
        deployment = Deployment(tmp_path / f"{number}.db", matters, calendar, district, seed)
        simulate(deployment.world, 2, ENDS_AT)
        heads.append(deployment.reader.query("SELECT head_hash FROM shard WHERE district = :district"))
        deployment.close()
    assert heads[0] == heads[1]
    assert heads[0] != heads[2]


def test_a_district_without_matters_cannot_be_simulated(tmp_path: Path, calendar: Calendar, district: District) -> None:
    deployment = Deployment(tmp_path / "ledger.db", Matters([]), calendar, district, 1)
    with pytest.raises(SanbanError, match="takes requests"):
        simulate(deployment.world, 1, ENDS_AT)
    deployment.close()


def test_it_works_with_one_matter_alone(
    tmp_path: Path, matters: Matters, calendar: Calendar, district: District
) -> None:
    few = Matters([one for one in matters if one.base or one.head.matter == "noise"])
    deployment = Deployment(tmp_path / "ledger.db", few, calendar, district, 1)
    assert simulate(deployment.world, 2, ENDS_AT).cases > 20
    deployment.close()


def test_each_role_has_a_demo_account_of_a_unit_that_exists(district: District) -> None:
    people = personas(district)
    assert len({one.id for one in people}) == len(people)
    assert {one.role for one in people} == {
        "requester", "operator", "dispatcher", "grid_worker", "grid_leader", "handler", "verifier", "coordinator",
        "leader", "mechanism_owner", "auditor", "property_manager",
    }  # fmt: skip
    kinds = {unit.code: unit.kind for unit in district.units}
    assert all(kinds[one.unit] == one.unit_kind for one in people if one.unit)
    assert all(one.title.zh and one.title.en for one in people)


def test_the_demo_handler_has_work_of_the_simulation(month: tuple[Walked, Deployment], district: District) -> None:
    _, deployment = month
    handler: Persona = next(one for one in personas(district) if one.role == "handler")
    assert handler.actor == Staff(district).handler(handler.unit)
    ((count,),) = deployment.reader.query(
        "SELECT COUNT(*) FROM ledger_event WHERE district = :district AND actor = :actor", {"actor": handler.id}
    )
    assert count > 0


def test_names_and_phones_are_visibly_invented() -> None:
    assert requester(7).phone == "19900000007"
    assert requester(7).name == "虚构市民0007"


def test_people_speak_of_every_shipped_matter(matters: Matters) -> None:
    chance = random.Random(3)
    for one in matters.in_force(ENDS_AT):
        if one.mechanism is not None:
            text = said(chance, one.mechanism, "示范一街道虚拟甲路1号")
            assert len(text) > 10
            assert "{" not in text


@pytest.mark.parametrize(
    ("start_hour", "minutes", "end_hour"),
    [(10, 60, 11), (6, 60, 10), (17, 60, 24 + 9.5), (20, 30, 24 + 9.5), (9, 510, 17.5)],
)
def test_office_hours_go_by_only_on_working_days(
    calendar: Calendar, start_hour: int, minutes: int, end_hour: float
) -> None:
    midnight = calendar.start_of(calendar.day_of(ENDS_AT))
    assert in_office(calendar, midnight + start_hour * HOUR, minutes) == midnight + int(end_hour * HOUR)


def test_friday_evening_is_followed_by_monday(calendar: Calendar) -> None:
    friday = calendar.start_of(calendar.day_of(ENDS_AT) - 4)
    monday = calendar.start_of(calendar.day_of(ENDS_AT) - 1)
    assert in_office(calendar, friday + 18 * HOUR, 15) == monday + 9 * HOUR + 15 * MINUTE


def test_steps_follow_each_other_within_an_hour() -> None:
    at = step_at(ENDS_AT)
    for _ in range(100):
        after = step_at(at + 1)
        assert at < after <= at + 2 * STEP
        assert step_at(after) == after
        at = after


def test_what_has_to_be_done_by_then_is_done_before(month: tuple[Walked, Deployment]) -> None:
    world = month[1].world
    now = step_at(ENDS_AT)
    by = now + 6 * HOUR
    assert now < moment(world, Wait(5_000, 6_000, by=by), now) < by


def test_the_writer_is_the_only_way_in(month: tuple[Walked, Deployment]) -> None:
    assert isinstance(month[1].world.ledger, Writer)


def test_who_asks_again_is_the_same_invented_person_or_a_neighbour_of_anybody_else() -> None:
    assert asking_again(requester(41).party) == requester(41)
    others = [f"person:{number:08x}-0000-4000-8000-{number * 7:012x}" for number in range(200)]
    invented = {requester(number) for number in range(1, REQUESTERS + 1)}
    assert all(asking_again(party) in invented for party in others)
    assert [asking_again(party) for party in others] == [asking_again(party) for party in others]
