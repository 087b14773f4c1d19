"""Every number of a proposal's replay opens the cases behind it, and no others, whatever is written afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sanban.kernel.permission import Actor
from sanban.main.house import House
from sanban.main.revision.counting import counted, record_of
from sanban.main.revision.keeping import keep
from sanban.main.revision.opening import Opening
from sanban.main.revision.wiring import needs_of
from sanban.revision.aggregate import Revision, stream_of
from sanban.revision.change import Change
from sanban.revision.effect import effect
from sanban.revision.opening import Behind, Number
from sanban.revision.proposing.finding import Finding, Looked
from sanban.revision.replay.result import Replayed
from sanban.revision.seeing import replayed_cases
from sanban.revision.share import Share

CHANGES = (
    Change("limit", "noise", "resolve", count=1, counting="working_day"),
    Change("row", "*", "d-street-02", "street", "street-02", "street-04"),
)


@pytest.fixture(scope="module", params=CHANGES, ids=lambda one: one.kind)
def revision(request: pytest.FixtureRequest, worked: House) -> Revision:
    """A proposal with its replays, of a district that has been at work."""
    (kept,) = keep(worked, Looked((Finding(request.param, Share(30, 40), 4_000, 3, ()),), 12)).new
    found = worked.reader.state(stream_of(kept))
    assert isinstance(found, Revision)
    return found


def every(opening: Opening, revision: Revision, number: Number) -> Iterator[Behind]:
    """All pages, one after another."""
    after = ""
    while True:
        page = opening.page(revision, number, after)
        yield from page.cases
        if not page.next:
            return
        after = page.next


def numbers(one: Replayed) -> Iterator[tuple[Number, int | tuple[Share, Share] | tuple[int, int]]]:
    """What a result counts, with how many."""
    for of, count in (("cases", one.cases), ("touched", one.touched), ("changed", one.changed)):
        yield Number(one.response, of), count
    for limit in one.moved:
        for of in ("earlier", "later", "gone", "added"):
            yield Number(one.response, of, limit.limit), getattr(limit, of)
    for of, compared in (("overdue", one.overdue), ("figure", one.figures)):
        for each in compared:
            yield Number(one.response, of, each.code), (each.recorded, each.replayed)
    for load in one.workload:
        yield Number(one.response, "load", load.unit), (load.recorded, load.replayed)
    for sent in one.dispatches:
        yield Number(one.response, "sent", sent.unit, sent.instead), sent.cases
    for of, several in (("lost", one.lost), ("unmapped", one.unmapped)):
        for named in several:
            yield Number(one.response, of, named.step, named.reason), named.cases


def one_of_each(one: Replayed) -> list[tuple[Number, int | tuple[Share, Share] | tuple[int, int]]]:
    """The first number of each kind that is not nothing."""
    chosen: dict[str, tuple[Number, int | tuple[Share, Share] | tuple[int, int]]] = {}
    for number, count in numbers(one):
        if (isinstance(count, tuple) and count[0] != count[1]) or (isinstance(count, int) and count):
            chosen.setdefault(number.of, (number, count))
    return list(chosen.values())


def added(text: str) -> Share:
    """A fraction of a case."""
    holds, _, of = text.partition(" / ")
    return Share(int(holds), int(of or 0))


def total(parts: list[Behind], side: Callable[[Behind], str]) -> Share:
    return sum((added(side(one)) for one in parts), Share())


def test_the_cases_behind_every_number_add_up_to_it(worked: House, revision: Revision) -> None:
    opening = Opening(worked)
    for result in revision.results[: 2 if revision.finding.change.kind == "limit" else 1]:
        assert result.changed > 0
        for number, count in one_of_each(result):
            behind = list(every(opening, revision, number))
            assert len({one.case for one in behind}) == len(behind)
            if isinstance(count, tuple):
                sums = [total(behind, lambda one: one.part.recorded), total(behind, lambda one: one.part.replayed)]
                told = [one if isinstance(one, Share) else Share(one) for one in count]
                assert sums == told, number
            elif number.of in ("earlier", "later", "gone", "added"):
                assert sum(int(one.part.replayed) for one in behind) == count, number
            else:
                assert len(behind) == count, number


def test_an_effect_opens_what_it_counted_and_nothing_that_was_written_before_it_was_kept(worked: House) -> None:
    whole = record_of(worked)
    ((position, now),) = worked.reader.query(
        "SELECT position, recorded_at FROM ledger_event WHERE district = :district AND position = :half",
        {"half": whole.position * 3 // 4},
    )
    finding = Finding(CHANGES[1], Share(1, 2), 0, 0, ())
    revision = Revision(
        "r", finding, 0, 0, 0, 0, from_day="2026-01-01", from_at=1, position=int(position), counted_at=int(now)
    )
    told, later = (
        effect(counted(worked, revision, whole._replace(position=end), at), revision.from_at).after
        for end, at in ((revision.position, revision.counted_at), (whole.position, worked.clock()))
    )
    assert 0 < told.of < later.of
    assert total(list(every(Opening(worked), revision, Number("kept", "after"))), lambda one: one.part.recorded) == told


def test_a_page_shows_what_the_viewer_may_know_of_and_says_how_many_are_kept(worked: House, revision: Revision) -> None:
    needs, number = needs_of(worked), Number("kept", "touched")
    first = needs.behind(revision, number, "", ()).cases[0].case
    handler = Actor("handler-of-nowhere", "handler", "nowhere", unit_kind="department")
    for viewer, kept in ((Actor("owner", "mechanism_owner"), False), (handler, True)):
        seen = replayed_cases(needs, viewer, revision, number)
        assert (needs.case(viewer, first) is None) == kept
        assert len(seen.cases) + seen.hidden == min(20, revision.results[0].touched)
        assert (seen.hidden > 0) == kept


def test_a_case_about_the_viewer_is_behind_no_number_not_even_as_one_that_is_hidden(
    worked: House, revision: Revision
) -> None:
    rows = worked.reader.query("SELECT stream, subject FROM case_subject WHERE district = :district")
    subject = max(party for _, party in rows)
    about = {stream.partition(":")[2] for stream, party in rows if party == subject}
    needs, number = needs_of(worked), Number("kept", "cases")
    for party in ("", subject):
        viewer, pages = Actor("owner", "mechanism_owner", party=party), [""]
        seen = []
        while pages:
            found = replayed_cases(needs, viewer, revision, number, pages.pop())
            seen += [one.case.id for one in found.cases]
            assert found.hidden == 0
            assert not party or found.next not in about
            pages += [found.next] if found.next else []
        assert (about & set(seen) == set()) == bool(party)
