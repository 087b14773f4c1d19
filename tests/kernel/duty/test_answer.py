"""Who answers: exactly one unit or a reason, by the declared order, at every instant."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.handling.directory import Precedents, duty_with
from sanban.kernel.duty import (
    ANY,
    NOWHERE,
    Answer,
    DutyTable,
    Entry,
    Grid,
    Level,
    NoAnswer,
    Place,
    Point,
    Roster,
    Span,
    Unit,
    UnitKind,
    duty_officers,
    duty_table,
    gaps,
    in_words,
    on_duty,
    turns,
    who_answers,
)
from sanban.kernel.duty.answer import MOST_KEPT
from sanban.kernel.errors import SanbanError

PLACES = [NOWHERE, Place("g1", "s1"), Place("g2", "s1"), Place(None, "s2"), Place("g9", None)]
MATTERS = ["noise", "waste"]


def unit(code: str, kind: UnitKind, parent: str | None = None, start: int = 0, end: int | None = None) -> Unit:
    return Unit(code, kind, f"{code}单位", code, parent, start, end)


def area(code: str, street: str, west: int, start: int = 0, end: int | None = None) -> Grid:
    corners = tuple(Point(west + lon, lat) for lon, lat in ((0, 0), (10, 0), (10, 10), (0, 10)))
    return Grid(code, street, (corners,), start, end)


UNITS = [
    unit("u1", "street"),
    unit("u2", "street"),
    unit("fire", "department", None, 0, 80),
    unit("team1", "grid_team", "u1"),
    unit("team2", "grid_team", "u2"),
    unit("station", "station", "fire"),
]
GRIDS = [area("g1", "s1", 0), area("g2", "s1", 10, 0, 50), area("g2", "s2", 10, 50)]


def entry(id_: str, unit_: str, duty: str = "street", **more: object) -> Entry:
    fields = {"matter": ANY, "area": ANY, "level": "district", "valid_from": 0} | more
    return Entry(id=id_, duty=duty, unit=unit_, **fields)  # type: ignore[arg-type]  # test data, by keyword


def table(*entries: Entry) -> DutyTable:
    return duty_table("t1", UNITS, GRIDS, entries)


def answered(found: Answer | NoAnswer) -> str:
    return found.entry if isinstance(found, Answer) else found.reason


ORDER = [
    (entry("p", "u1", origin="precedent"), entry("d", "u2", matter="noise", area="g1"), "p", "precedent first"),
    (entry("b", "u1", matter="noise"), entry("a", "u2", area="g1"), "b", "the matter by name before any matter"),
    (entry("b", "u1", area="g1"), entry("a", "u2", area="s1"), "b", "the grid before the street"),
    (entry("b", "u1", area="s1"), entry("a", "u2"), "b", "the street before anywhere"),
    (entry("b", "u1", valid_from=5), entry("a", "u2", valid_from=4), "b", "the later before the earlier"),
    (entry("b", "u1"), entry("a", "u2"), "a", "the lowest id last of all"),
    (entry("a", "u1", valid_to=10), entry("b", "u2"), "b", "a row holds up to and not including its end"),
    (entry("a", "u1", valid_from=11), entry("b", "u2"), "b", "a row holds from its start"),
    (entry("a", "u1", "police"), entry("b", "u2"), "b", "only rows of the duty asked for"),
    (entry("a", "u1", level="grid"), entry("b", "u2"), "b", "only rows of the level asked for"),
    (entry("a", "u1", matter="waste"), entry("b", "u2"), "b", "only rows of the matter"),
    (entry("a", "u1", area="s2"), entry("b", "u2"), "b", "only rows of the area"),
]


@pytest.mark.parametrize(("one", "other", "expected", "why"), ORDER, ids=[row[3] for row in ORDER])
def test_of_two_rows_the_declared_order_picks_one(one: Entry, other: Entry, expected: str, why: str) -> None:
    for rows in ((one, other), (other, one)):
        assert answered(who_answers(table(*rows), "noise", "street", PLACES[1], 10)) == expected, why


def test_answer_names_the_unit_the_row_and_the_reasons_in_two_languages() -> None:
    row = entry("d7", "u1", matter="noise", area="s1", cites="hongkou-2025-3")
    found = who_answers(table(row), "noise", "street", PLACES[1], 10)
    assert found == Answer("u1", "d7", "u1", ("directory:d7", "matter:noise", "street:s1", "cites:hongkou-2025-3"))
    assert isinstance(found, Answer)
    assert [in_words(reason) for reason in found.reasons] == [
        ("派单目录：d7", "the dispatch directory: d7"),
        ("事项：noise", "the matter noise"),
        ("所在街道：s1", "the street s1"),
        ("依据：hongkou-2025-3", "on the ground of hongkou-2025-3"),
    ]
    anywhere = who_answers(table(entry("d8", "u1")), "noise", "street", PLACES[1], 10)
    assert isinstance(anywhere, Answer)
    assert anywhere.reasons == ("directory:d8", "any_matter", "anywhere")
    assert in_words("any_matter") == ("适用于所有事项", "for any matter")


@pytest.mark.parametrize(("instant", "expected"), [(49, "u1"), (50, "u2")], ids=["before the redraw", "at the redraw"])
def test_case_located_before_a_redraw_shows_the_new_duty_holder_after_it(instant: int, expected: str) -> None:
    streets = table(entry("d1", "u1", area="s1"), entry("d2", "u2", area="s2"))
    located_in_april = Place("g2", "s1")
    found = who_answers(streets, "noise", "street", located_in_april, instant)
    assert isinstance(found, Answer)
    assert found.unit == expected


NO_ANSWERS: list[tuple[list[Entry], int, str]] = [
    ([], 10, "unknown_duty:street"),
    ([entry("a", "u1", valid_from=11)], 10, "unknown_duty:street"),
    ([entry("a", "u1", level="grid")], 10, "unknown_duty:street"),
    ([entry("a", "u1", area="s2")], 10, "no_row:street"),
    ([entry("a", "u1", valid_to=10), entry("b", "u1", valid_from=20)], 10, "no_row:street"),
    ([entry("a", "fire")], 80, "no_unit:street"),
]


@pytest.mark.parametrize(("rows", "instant", "reason"), NO_ANSWERS)
def test_no_answer_says_what_is_missing(rows: list[Entry], instant: int, reason: str) -> None:
    found = who_answers(table(*rows), "noise", "street", PLACES[1], instant)
    assert found == NoAnswer(reason)
    assert isinstance(found, NoAnswer)
    assert all(text.strip() for text in in_words(found.reason))


def test_row_of_a_unit_that_no_longer_exists_gives_way_to_the_next() -> None:
    rows = table(entry("a", "fire", matter="noise"), entry("b", "u1"))
    assert [answered(who_answers(rows, "noise", "street", NOWHERE, at)) for at in (79, 80)] == ["a", "b"]


TEAMS = [
    entry("up1", "u1", area="s1"),
    entry("up2", "u2", area="s2"),
    entry("in1", "team1", area="g1", level="grid"),
    entry("in2", "team2", level="grid", valid_from=5),
]


@pytest.mark.parametrize(
    ("place", "upper", "expected"),
    [
        (PLACES[1], None, ("team1", "u1")),
        (PLACES[3], None, ("team2", "u2")),
        (PLACES[1], "u2", ("team2", "u2")),
        (PLACES[1], "fire", "not_under:fire"),
        (NOWHERE, None, "no_row:street"),
    ],
    ids=["the street's team", "the other street's team", "the unit it was sent to", "no team there", "no upper unit"],
)
def test_below_the_district_the_answer_stands_under_the_unit_that_stays_answerable(
    place: Place, upper: str | None, expected: tuple[str, str] | str
) -> None:
    found = who_answers(table(*TEAMS), "noise", "street", place, 10, level="grid", upper=upper)
    got = (found.unit, found.answerable) if isinstance(found, Answer) else found.reason
    assert got == expected


def test_answer_below_the_district_says_who_stays_answerable() -> None:
    found = who_answers(table(*TEAMS), "noise", "street", PLACES[1], 10, level="grid")
    assert isinstance(found, Answer)
    assert found.reasons == ("directory:in1", "any_matter", "grid:g1", "passed_down:u1")
    assert in_words(found.reasons[-1]) == ("u1仍为责任单位", "u1 stays answerable")


def test_ring_of_parents_ends() -> None:
    ring = duty_table("t1", [unit("a", "street", "b"), unit("b", "street", "a")])
    assert ring.line_of("a", 0) == ("a", "b")
    assert ring.line_of("nobody", 0) == ()


def test_roster_names_who_is_on_duty_at_the_instant() -> None:
    early = Roster("u1", (Span(8, 16, "p2"), Span(0, 8, "p1"), Span(0, 4, "p1")))
    late = Roster("u1", (Span(7, 9, "p0"),))
    found = duty_table("t1", UNITS, rosters=[early, late])
    assert [on_duty(found, "u1", at) for at in (0, 7, 8, 15, 16)] == [("p1",), ("p0", "p1"), ("p0", "p2"), ("p2",), ()]
    assert on_duty(found, "u2", 0) == ()


def test_turn_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(SanbanError, match="not after 8"):
        Roster("u1", (Span(8, 8, "p1"),))


@pytest.mark.parametrize(
    ("units", "entries", "rosters", "message"),
    [
        ([unit("a", "street"), unit("a", "street", None, 9)], [], [], "unit a: two versions hold at 9"),
        ([unit("a", "street", "x")], [], [], "unit a: no unit has the code x"),
        ([unit("a", "street")], [entry("e", "x")], [], "directory entry e: no unit has the code x"),
        ([], [], [Roster("x", ())], "roster of x: no unit has the code x"),
        ([unit("a", "street")], [entry("e", "a"), entry("e", "a", area="s1")], [], "directory entry e: the id is used"),
    ],
)
def test_table_with_a_fault_is_refused_with_an_example(
    units: list[Unit], entries: list[Entry], rosters: list[Roster], message: str
) -> None:
    with pytest.raises(SanbanError, match=message) as caught:
        duty_table("t1", units, (), entries, rosters)
    assert caught.value.example


@st.composite
def rows(draw: st.DrawFn, start_id: int = 0, start: int = 0) -> list[Entry]:
    """Rows of every kind, with ids from `start_id` and spans from `start`."""
    found = []
    for number in range(draw(st.integers(0, 8))):
        valid_from = draw(st.integers(start, start + 60))
        found.append(
            Entry(
                id=f"e{start_id + number:03}",
                matter=draw(st.sampled_from([ANY, *MATTERS])),
                duty="street",
                area=draw(st.sampled_from([ANY, "g1", "g2", "s1", "s2"])),
                unit=draw(st.sampled_from([u.code for u in UNITS])),
                level=draw(st.sampled_from(["district", "street", "grid"])),
                valid_from=valid_from,
                valid_to=draw(st.none() | st.integers(valid_from + 1, valid_from + 90)),
                origin=draw(st.sampled_from(["directory", "precedent"])),
            )
        )
    return found


QUESTIONS = st.tuples(
    st.sampled_from(MATTERS),
    st.sampled_from(PLACES),
    st.integers(-5, 160),
    st.sampled_from(["district", "street", "grid"]),
)
Asked = tuple[str, Place, int, Level]


def ask(found: DutyTable, asked: Asked) -> Answer | NoAnswer:
    matter, place, instant, level = asked
    return who_answers(found, matter, "street", place, instant, level=level)


@given(rows(), QUESTIONS)
def test_there_is_exactly_one_answer_or_a_reason_at_every_instant(entries: list[Entry], asked: Asked) -> None:
    found = ask(table(*entries), asked)
    if isinstance(found, NoAnswer):
        assert found.reason.split(":")[0] in {"unknown_duty", "no_row", "no_unit", "not_under"}
        return
    row = next(e for e in entries if e.id == found.entry)
    assert row.unit == found.unit
    assert row.valid_from <= asked[2] < (row.valid_to or 10**9)
    assert (found.answerable == found.unit) == (asked[3] == "district")


@given(st.data(), rows(), QUESTIONS)
def test_answers_do_not_depend_on_the_order_of_rows(data: st.DataObject, entries: list[Entry], asked: Asked) -> None:
    shuffled = data.draw(st.permutations(entries))
    assert ask(table(*entries), asked) == ask(table(*shuffled), asked)


@given(rows(), rows(start_id=100, start=40), QUESTIONS)
def test_row_valid_from_an_instant_changes_no_answer_before_it(
    entries: list[Entry], later: list[Entry], asked: Asked
) -> None:
    asked = (asked[0], asked[1], min(asked[2], 39), asked[3])
    assert ask(table(*entries), asked) == ask(table(*entries, *later), asked)


@given(rows(), st.sampled_from(["g1", "s1", "s2"]), QUESTIONS)
def test_precedent_changes_nothing_outside_its_area_and_matter(entries: list[Entry], ruled: str, asked: Asked) -> None:
    ruling = entry("r1", "u1", matter="noise", area=ruled, origin="precedent")
    before, after = table(*entries), table(*entries, ruling)
    matter, place, instant, _ = asked
    inside = matter == "noise" and ruled in {place.grid, before.grids.street_of(place, instant)}
    old, new = ask(before, asked), ask(after, asked)
    if isinstance(new, Answer) and asked[3] == "district" and new.entry == "r1":
        assert inside
    if not inside:
        assert old == new or (isinstance(old, NoAnswer) and isinstance(new, NoAnswer)), "only the reason may be nearer"


def test_table_is_a_frozen_value() -> None:
    with pytest.raises(AttributeError):
        table().version = "t2"  # type: ignore[misc]  # the point of the test
    assert msgspec.json.encode(table().version) == b'"t1"'


@given(st.lists(QUESTIONS, min_size=2, max_size=12), rows())
def test_an_answer_that_was_kept_is_the_answer_of_a_fresh_table(questions: list[Asked], entries: list[Entry]) -> None:
    kept = table(*entries)
    for question in (*questions, *reversed(questions)):
        assert ask(kept, question) == ask(table(*entries), question)


def test_a_redraw_changes_kept_answers_also_beside_precedents() -> None:
    rows = [entry("e1", "u1", area="s1"), entry("e2", "u2", area="s2")]
    joined = duty_with(table(*rows), Precedents(()))
    for found in (table(*rows), joined):
        answers = [who_answers(found, "noise", "street", Place("g2", None), at) for at in (10, 60, 10)]
        assert [answered(one) for one in answers] == ["e1", "e2", "e1"]


def test_a_table_keeps_a_bounded_number_of_answers() -> None:
    full = table(entry("e1", "u1"))
    for number in range(MOST_KEPT + 2):
        who_answers(full, f"matter-{number}", "street", NOWHERE, 5)
    assert len(full.kept) == 2


def test_turns_that_overlap_leave_a_gap_only_where_nobody_is() -> None:
    shifts = Span(2, 8, "o1"), Span(6, 10, "o2"), Span(12, 14, "o3")
    table = duty_table("t", [unit("a", "desk"), unit("b", "desk")], rosters=[Roster("a", shifts)])
    assert turns(table, "a", 7, 12) == shifts[:2]
    assert gaps(table, "a", 0, 20) == ((0, 2), (10, 12), (14, 20))
    assert gaps(table, "a", 3, 9) == ()
    assert gaps(table, "b", 3, 9) == ((3, 9),)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=8), st.integers(0, 20), st.integers(1, 20))
def test_turns_and_gaps_together_are_the_whole_span(pieces: list[tuple[int, int]], since: int, length: int) -> None:
    spans = tuple(Span(start, start + long, f"o{number}") for number, (start, long) in enumerate(pieces))
    table = duty_table("t", [unit("a", "desk")], rosters=[Roster("a", spans)])
    until = since + length
    free = gaps(table, "a", since, until)
    for at in range(since, until):
        there = [turn.officer for turn in turns(table, "a", since, until) if turn.start <= at < turn.end]
        assert set(there) == set(on_duty(table, "a", at))
        assert any(start <= at < end for start, end in free) == (not there)


def test_out_of_its_hours_a_unit_is_answered_for_above_and_at_last_by_the_centre() -> None:
    units = [unit("team", "grid_team", "street"), unit("street", "street"), unit("centre", "centre")]
    rosters = [
        Roster("team", (Span(0, 10, "t"),)),
        Roster("street", (Span(0, 20, "s"),)),
        Roster("centre", (Span(0, 30, "c"),)),
    ]
    table = duty_table("t", units, rosters=rosters)
    found = [duty_officers(table, "team", at, ("centre",)) for at in (5, 15, 25, 35)]
    assert [one and (one.unit, one.officers) for one in found] == [
        ("team", ("t",)),
        ("street", ("s",)),
        ("centre", ("c",)),
        None,
    ]
