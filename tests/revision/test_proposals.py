"""A proposal from its evidence to its effect: a person decides, after the replay, and only then a file changes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import pytest

from contracts.ledger_homes import LedgerHome
from sanban.kernel.clock.limit import Length
from sanban.kernel.duty import Answer, Place, who_answers
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor, Role
from sanban.kernel.view import PageRequest, Shown
from sanban.ledger.home import open_home
from sanban.ledger.port import Part, Submission
from sanban.ledger.reading.reader import StoreReader
from sanban.main.deployment.settings_line import change_setting
from sanban.main.house import House
from sanban.main.revision.keeping import keep, measure_all, revisions
from sanban.main.revision.loaded import standing_of
from sanban.main.revision.opening import Opening
from sanban.main.revision.proposing import writable
from sanban.main.revision.rounds import is_due, make_round
from sanban.main.revision.wiring import needs_of
from sanban.main.status import status
from sanban.packs.district import load_district
from sanban.packs.loading import load_running
from sanban.revision.aggregate import Revision, RevisionAggregate, stream_of
from sanban.revision.change import Change
from sanban.revision.effect import Effect, effect
from sanban.revision.opening import SIDES, Number
from sanban.revision.pages import routes, waits
from sanban.revision.proposing.finding import Finding, Looked
from sanban.revision.replay.result import Named
from sanban.revision.round import STREAM, RoundAggregate, last_round
from sanban.revision.seeing import view_of
from sanban.revision.share import Share
from working_house import Working

DAY = 86_400_000_000
FROM = {"day": "2026-09-01", "authority": "区城运中心", "document": "城运〔2026〕9号"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    made = Working(tmp_path_factory.mktemp("revising") / "home", mode="demo")
    yield made
    made.close()


def kept(working: Working, change: Change, cases: tuple[str, ...] = ()) -> str:
    """A proposal in the ledger, replayed; its id."""
    finding = Finding(change, Share(30, 40), 4_000, 3, cases)
    made = keep(working.house, Looked((finding,), 12))
    assert not made.left, made.left
    return made.new[0]


def proposed(working: Working, revision: str) -> Revision:
    found = working.house.reader.state(stream_of(revision))
    assert isinstance(found, Revision)
    return found


def longer(count: int) -> Change:
    """A change that no other test makes."""
    return Change("limit", "noise", "resolve", count=count, counting="working_day")


def sent(working: Working, who: str, revision: str, step: str, **body: str) -> Any:
    headers = {"Idempotency-Key": working.key()}
    return working.call(who, "POST", f"/revisions/{revision}/{step}", json=body, headers=headers)


def test_a_proposal_is_kept_with_both_replays_and_never_twice(place: Working) -> None:
    revision = kept(place, longer(6))
    one = proposed(place, revision)
    assert [result.response for result in one.results] == ["kept", "shifted"]
    assert (one.state, one.finding.share, one.tests) == ("proposed", Share(30, 40), 12)
    assert keep(place.house, Looked((one.finding,), 12)).new == ()


@pytest.mark.parametrize("who", ["leader", "coordinator", "dispatcher", "handler"])
def test_nobody_decides_whose_office_it_is_not(place: Working, who: str) -> None:
    revision = kept(place, longer(20 + len(who)))
    assert sent(place, who, revision, "approve", **FROM).status_code == 403
    assert proposed(place, revision).state == "proposed"


def test_the_system_never_decides_and_nothing_is_approved_before_its_replay(place: Working) -> None:
    house, stream = place.house, stream_of("limit.noise.resolve.41working_day")
    finding = Finding(longer(41), Share(30, 40), 4_000, 3, ())
    args = {"id": "limit.noise.resolve.41working_day", "finding": msgspec.to_builtins(finding), "since": 0, "until": 1}
    system, owner = Actor("system", "system"), Actor("owner", "mechanism_owner")

    def refused(actor: Actor, step: str, **given: object) -> str:
        answer = house.ledger.submit(Submission(place.key(), actor, (Part(stream, step, given),)))
        return "" if answer.refused is None else answer.refused.reason

    assert refused(system, "propose", **args) == ""
    assert refused(system, "approve", day="2026-09-01") == "not_permitted"
    assert refused(owner, "approve", day="2026-09-01") == "not_replayed"
    assert refused(owner, "enact", digest="0", from_at=1) == "not_approved"


def test_an_approved_limit_is_a_new_version_beside_the_old_one(place: Working) -> None:
    revision = kept(place, longer(10))
    answer = sent(place, "mechanism_owner", revision, "approve", **FROM)
    assert (answer.status_code, answer.json()["line"]["state"]) == (200, "in_force"), answer.text
    home = place.house.home
    path = home.folder / "matters" / "noise" / "mechanism-2026-09-01.yaml"
    assert 'adopted: {authority: "区城运中心", document: "城运〔2026〕9号", date: "2026-09-01"}' in path.read_text(
        "utf-8"
    )
    matters = load_running(home.matters, home.settings.shipped_matters)
    day = proposed(place, revision).from_at
    before, after = (matters.mechanism_of("noise", at) for at in (day - 1, day))
    assert before is not None
    assert after is not None
    assert (before.limits["resolve"].within, after.limits["resolve"].within) == (
        Length(5, "working_day"),
        Length(10, "working_day"),
    )
    again = sent(place, "mechanism_owner", revision, "refuse", ground="no_need")
    assert again.json()["code"] == "already_decided"


def test_a_second_approval_keeps_the_first_and_writes_over_nothing(place: Working) -> None:
    answered = {}
    for limit, count, day in (
        ("resolve", 12, "2026-09-01"),
        ("first_contact", 9, "2026-10-01"),
        ("resolve", 13, "2026-10-01"),
        ("resolve", 14, "2026-09-15"),
    ):
        revision = kept(place, Change("limit", "parking", limit, count=count, counting="working_day"))
        answer = sent(place, "mechanism_owner", revision, "approve", **{**FROM, "day": day}).json()
        answered[count] = answer.get("code", "")
    assert answered == {12: "", 9: "", 13: "cannot_be_written", 14: "cannot_be_written"}
    home = place.house.home
    versions = load_running(home.matters, home.settings.shipped_matters).versions["parking"]
    assert [one.head.version for one in versions[-2:]] == ["2026-09-01", "2026-10-01"]
    newest = versions[-1].mechanism
    assert newest is not None
    assert [newest.limits[name].within for name in ("resolve", "first_contact")] == [
        Length(12, "working_day"),
        Length(9, "working_day"),
    ]


def test_what_was_approved_and_could_not_be_written_is_approved_again(place: Working) -> None:
    house, revision = place.house, kept(place, Change("limit", "parking", "towing", count=9, counting="working_day"))
    owner = Actor("owner", "mechanism_owner")
    approving = Part(stream_of(revision), "approve", {"day": "2026-11-01"})
    assert house.ledger.submit(Submission(place.key(), owner, (approving,))).refused is None
    seen = place.call("mechanism_owner", "GET", f"/revisions/{revision}").json()
    assert (seen["line"]["state"], seen["may_approve"], seen["may_refuse"]) == ("approved", True, False)
    answer = sent(place, "mechanism_owner", revision, "approve", **{**FROM, "day": "2026-11-02"})
    assert answer.json()["line"]["state"] == "in_force", answer.text
    assert (house.home.folder / "matters" / "parking" / "mechanism-2026-11-02.yaml").is_file()


def test_what_cannot_be_replayed_is_not_proposed_and_hinders_nothing_else(place: Working) -> None:
    broken, sound = (
        Finding(change, Share(0, 40), 4_000, 3, ())
        for change in (Change("remove", "parking", "tasks.lead"), longer(88))
    )
    kept = keep(place.house, Looked((broken, sound), 12))
    assert kept.new == (sound.change.id,)
    assert [finding for finding, _ in kept.left] == [broken]
    changes = [one.change for one in revisions(place.house)]
    assert sound.change in changes
    assert broken.change not in changes


def test_a_change_that_cannot_be_written_is_named_and_the_others_are_told(place: Working) -> None:
    findings = [
        Finding(change, Share(0, 40), 4_000, 3, ()) for change in (longer(99), Change("remove", "noise", "x.y"))
    ]
    told, left = writable(place.house, Looked(tuple(findings), 12))
    assert [finding for finding, _ in told] == findings[:1]
    assert [finding for finding, _ in left] == findings[1:]


def test_an_approved_row_goes_before_the_one_that_sent_orders_wrongly_from_its_day_on(place: Working) -> None:
    revision = kept(place, Change("row", "*", "d-street-02", "street", "street-02", "street-04"))
    assert sent(place, "mechanism_owner", revision, "approve", **FROM).status_code == 200
    home = place.house.home
    assert home.settings.duty == "district"
    duty = load_district(home.folder / "district").duty
    assert "区城运中心 城运〔2026〕9号 revises d-street-02" in {row.cites for row in duty.entries.values()}
    day = proposed(place, revision).from_at
    answers = [who_answers(duty, "noise", "street", Place(None, "street-02"), at) for at in (day - 1, day)]
    assert [one.unit for one in answers if isinstance(one, Answer)] == ["street-02", "street-04"]
    written = [line for line in needs_of(place.house).diff(proposed(place, revision)).splitlines() if line[:2] == "+ "]
    assert len(written) == 1
    assert "区城运中心 城运〔2026〕9号 revises d-street-02" in written[0], "as it stands there, and not once more"


def test_an_approved_row_that_sends_nothing_ends_on_its_day(place: Working) -> None:
    revision = kept(place, Change("row", "*", "d-gas", "gas"))
    assert sent(place, "mechanism_owner", revision, "approve", **FROM).status_code == 200
    duty = load_district(place.house.home.folder / "district").duty
    one = proposed(place, revision)
    assert duty.entries["d-gas"].valid_to == one.from_at
    assert not standing_of(place.house, one).loaded
    with House(open_home(place.house.home.folder), lambda: place.now) as started:
        assert standing_of(started, one).loaded


def test_an_approved_wave_is_declared_as_it_was_put_and_adopted_from_its_day_on(place: Working) -> None:
    revision = kept(place, Change("wave", "waste", "flood", count=4, minutes=4_320))
    assert sent(place, "mechanism_owner", revision, "approve", **FROM).status_code == 200
    home = place.house.home
    mechanism = load_running(home.matters, home.settings.shipped_matters).mechanism_of("waste", 2**61)
    assert mechanism is not None
    day = proposed(place, revision).from_at
    assert "flood_requests" not in mechanism.parameters_at(day - 1)
    declared = {"flood_requests": 4, "flood_minutes": 4_320, "flood_attach_from": 3}
    assert declared.items() <= mechanism.parameters_at(day).items()
    text = (home.folder / "matters" / "waste" / "parameters" / "flood.yaml").read_text("utf-8")
    assert (text.count("origin: local"), text.count("城运〔2026〕9号"), "illustrative" in text) == (3, 3, False)
    assert all("not replayed" in result.unknown[-1].en for result in proposed(place, revision).results)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"day": "2026-01-01"}, "not_ahead"),
        ({"day": "soon"}, "cannot_be_written"),
        ({"authority": ""}, "cannot_be_written"),
    ],
)
def test_what_cannot_be_put_in_force_is_not_approved_and_nothing_is_written(
    place: Working, given: dict[str, str], reason: str
) -> None:
    revision = kept(place, longer(50 + len(reason) + len(str(given))))
    before = sorted(place.house.home.folder.rglob("*.yaml"))
    answer = sent(place, "mechanism_owner", revision, "approve", **{**FROM, **given})
    assert answer.json()["code"] == reason
    assert proposed(place, revision).state == "proposed"
    assert sorted(place.house.home.folder.rglob("*.yaml")) == before


def test_a_refused_change_is_not_proposed_again(place: Working) -> None:
    revision = kept(place, Change("limit", "waste", "resolve", count=7, counting="working_day"))
    assert sent(place, "mechanism_owner", revision, "refuse", ground="because").json()["code"] == "unknown_ground"
    assert sent(place, "mechanism_owner", revision, "refuse", ground="elsewhere").json()["line"]["state"] == "refused"
    finding = proposed(place, revision).finding
    other = msgspec.structs.replace(finding, change=msgspec.structs.replace(finding.change, count=8))
    assert keep(place.house, Looked((finding, other), 12)).new == ()


def test_what_is_refused_is_what_the_change_says_whatever_its_numbers(place: Working) -> None:
    def row(unit: str) -> Change:
        return Change("row", "*", "d-street-03", "street", "street-03", unit)

    assert sent(place, "mechanism_owner", kept(place, row("street-04")), "refuse", ground="elsewhere").is_success
    again, other = (Finding(row(unit), Share(30, 40), 4_000, 3, ()) for unit in ("street-04", "street-05"))
    assert keep(place.house, Looked((again, other), 12)).new == (other.change.id,)


def test_pending_proposals_that_differ_on_the_same_place_are_rivals(place: Working) -> None:
    waves = [Change("wave", "parking", "flood", count=count, minutes=4_320) for count in (4, 5)]
    every = Change("row", "*", "d-street-05", "street", "street-05", "street-04")
    rows = [every, msgspec.structs.replace(every, matter="parking"), msgspec.structs.replace(every, area="street-06")]
    for several in (waves, rows):
        ids = [kept(place, change) for change in several]
        assert len(set(ids)) == len(several)
        assert [proposed(place, one).change for one in ids] == several
        seen = place.call("mechanism_owner", "GET", f"/revisions/{ids[0]}").json()
        assert {one["id"] for one in seen["rivals"]} == set(ids[1:])
    first, second = (one.id for one in revisions(place.house) if one.change in waves)
    sent(place, "mechanism_owner", first, "refuse", ground="no_need")
    assert place.call("mechanism_owner", "GET", f"/revisions/{second}").json()["rivals"] == []


def test_a_proposal_reads_its_rivals_and_no_other_that_is_pending(
    place: Working, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (kept(place, Change("limit", "noise", "verifying", count=n, counting="day")) for n in (8, 9))
    needs, read = needs_of(place.house), list[str]()

    def state(stream: str) -> Any:
        read.append(stream)
        return StoreReader.state(place.house.reader, stream)

    monkeypatch.setattr(place.house.reader, "state", state)
    view = view_of(needs, Actor("m-1", "mechanism_owner", "centre"), proposed(place, first))
    assert [one.id for one in view.rivals] == [second]
    assert {one for one in read if one.startswith("revision:")} == {stream_of(first), stream_of(second)}


def test_the_evidence_is_paged_and_says_how_many_cases_are_not_for_the_viewer(place: Working) -> None:
    cases = tuple(sorted((*place.real["case"], *(f"zz-unknown-{number:02}" for number in range(30)))))
    revision = kept(place, longer(8), cases)
    first = place.call("mechanism_owner", "GET", f"/revisions/{revision}").json()
    assert (len(first["cases"]), first["hidden"]) == (len(place.real["case"]), 20 - len(place.real["case"]))
    assert first["next"] == "20"
    second = place.call("mechanism_owner", "GET", f"/revisions/{revision}", params={"after": first["next"]}).json()
    assert (second["cases"], second["hidden"], second["next"]) == ([], len(cases) - 20, "")


def test_proposals_are_paged_and_those_that_wait_are_counted(place: Working) -> None:
    first = place.call("mechanism_owner", "GET", "/revisions", params={"limit": 1}).json()
    second = place.call("mechanism_owner", "GET", "/revisions", params={"limit": 200, "after": first["next"]}).json()
    listed = [one["id"] for one in (*first["items"], *second["items"])]
    assert (len(first["items"]), second["next"]) == (1, "")
    every = list(revisions(place.house))
    assert sorted(listed) == sorted(one.id for one in every)
    waits_for = waits(needs_of(place.house), Actor("x", "mechanism_owner"), place.now)
    assert waits_for is not None
    assert waits_for.count == sum(one.state in ("proposed", "approved") for one in every)


def test_nobody_is_told_the_number_of_a_case_about_themselves(place: Working) -> None:
    about = {"grid": place.real["grid"][0], "street": place.real["street"][0], "about": {"firm-anjia": True}}
    place.done("operator", f"/requests/{place.filed()}/open", {"matter": "street-light", **about})
    rows = place.house.reader.query("SELECT number FROM case_view WHERE district = :district ORDER BY number")
    numbers = tuple(number for (number,) in rows)
    needs, one = needs_of(place.house), proposed(place, kept(place, longer(14)))
    named = (Named("finish", "not_in_state", 3, numbers),)
    one = msgspec.structs.replace(one, results=(msgspec.structs.replace(one.results[0], lost=named, unmapped=named),))
    for party, told in (("", numbers), ("firm-anjia", numbers[:-1])):
        (seen,) = view_of(needs, Actor("x", "leader", "centre", party, "centre"), one).results
        assert [few.numbers for few in (*seen.lost, *seen.unmapped)] == [told, told]
        assert seen.lost[0].cases == 3


def test_the_evidence_has_no_place_for_a_case_about_the_viewer(place: Working) -> None:
    rows = place.house.reader.query("SELECT stream, subject FROM case_subject WHERE district = :district")
    about = {stream.partition(":")[2] for stream, subject in rows if subject == "firm-anjia"}
    assert about
    one = proposed(place, kept(place, longer(15), tuple(sorted((*about, *place.real["case"])))))
    for party, count in (("", len(about)), ("firm-anjia", 0)):
        seen = view_of(needs_of(place.house), Actor("x", "leader", "centre", party, "centre"), one)
        assert (len(about & {case.id for case in seen.cases}), seen.hidden) == (count, 0)


@pytest.mark.parametrize("gone", ["version", "file"])
def test_a_number_whose_rules_are_gone_is_not_opened_and_says_why(
    place: Working, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    place.now += 1
    revision = kept(place, longer(16 if gone == "file" else 17))
    (replayed,) = (one for one in routes(needs_of(place.house)) if one.name == "revision.replayed")
    asked = PageRequest(
        Actor("x", "mechanism_owner"), "en", place.now, "c", {"revision_id": revision},
        {"as": ("kept",), "of": ("cases",)},
    )  # fmt: skip
    assert isinstance(replayed.handler(asked), Shown)
    (replayed,) = (one for one in routes(needs_of(place.house)) if one.name == "revision.replayed")
    found = place.house.matters.version_of("noise", place.now)
    assert found is not None
    there = {"version": None, "file": msgspec.structs.replace(found, path=found.path.with_name("gone.yaml"))}[gone]
    monkeypatch.setattr(type(place.house.matters), "version_of", lambda *_: there)
    refused = replayed.handler(asked)
    assert isinstance(refused, Refused)
    assert "noise" in refused.message


def test_what_is_not_in_force_yet_has_no_effect_and_what_is_gets_one(
    place: Working, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = place.house
    assert measure_all(house) == []
    now = place.now
    place.now = max(one.from_at for one in revisions(house)) + DAY

    def counted_while_others_write(counted: Iterable[tuple[int, bool]], from_at: int) -> Effect:
        found = effect(counted, from_at)
        written.append(house.run().timers)
        return found

    written: list[int] = []
    monkeypatch.setattr("sanban.main.revision.keeping.effect", counted_while_others_write)
    head = house.reader.head()
    told = dict(measure_all(house))
    assert told
    assert head is not None
    assert written[0] > 0
    assert {(one.position, one.counted_at) for one in map(partial(proposed, place), told)} == {
        (head.position, place.now)
    }
    place.now = now
    assert all(one.jump is None and "weeks" in one.words.en for one in told.values())
    assert any(one.before.of for one in told.values())
    opening = Opening(house)
    for revision, of, share in ((one, of, getattr(told[one], of)) for one in told for of in SIDES):
        parts, pages = [], [""]
        while pages:
            page = opening.page(proposed(place, revision), Number("kept", of), pages.pop())
            parts += [[int(number) for number in one.part.recorded.split(" / ")] for one in page.cases]
            pages += [page.next] if page.next else []
        assert Share(sum(one for one, _ in parts), sum(one for _, one in parts)) == share


def test_a_written_change_waits_for_the_next_start_and_is_told_against_what_it_was_made_of(place: Working) -> None:
    house, now = place.house, place.now
    place.now = max(one.decided_at for one in revisions(house)) + DAY
    revision = kept(place, Change("limit", "kitchen-fumes", "resolve", count=9, counting="working_day"))
    assert sent(place, "mechanism_owner", revision, "approve", **{**FROM, "day": "2027-03-01"}).is_success
    one = proposed(place, revision)
    with House(open_home(house.home.folder), lambda: place.now) as started:
        stands = [standing_of(running, one) for running in (house, started)]
        assert [(stand.loaded, stand.moved) for stand in stands] == [(False, False), (True, False)]
        before = needs_of(started).differences(one)
        place.now = one.from_at
        later = standing_of(started, one)
        assert (later.reviewed, later.now, later.moved) == (stands[0].reviewed, "2027-03-01", True)
        assert needs_of(started).differences(one) == before
        place.now = now
    served = house.home.owner_file
    assert served.is_file()
    os.utime(served, ns=(0, 0))
    assert "matters/kitchen-fumes/mechanism-2027-03-01.yaml" in status(house).after_restart
    os.utime(served, ns=(2**62, 2**62))
    assert status(house).after_restart == ()


def test_a_deployment_looks_its_rules_over_by_itself_as_often_as_its_settings_say(place: Working) -> None:
    house, now = place.house, place.now
    assert not is_due(house)
    change_setting(house.home, "revise_days", 30)
    assert is_due(house)
    made = make_round(house)
    assert made.at >= now
    assert set(made.proposed) <= {one.id for one in revisions(house)}
    assert place.call("leader", "GET", "/revisions").json()["round"]["tests"] == made.tests
    for days, due in ((29, False), (30, True)):
        place.now = made.at + days * DAY
        assert is_due(house) == due
    assert make_round(house).proposed == ()
    place.now = now


def test_nobody_but_the_ledgers_own_job_keeps_a_round_and_either_store_holds_the_last(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open((RoundAggregate(),))
    args = {"tests": 12, "proposed": ["one"], "unwritable": 0, "measured": 1}

    def refused(number: int, role: Role, step: str = "make", **given: object) -> str:
        part = Part(STREAM, step, given)
        answer = writer.submit(Submission(str(UUID(int=number)), Actor("x", role), (part,)))
        return "" if answer.refused is None else answer.refused.reason

    assert last_round(reader) is None
    assert refused(1, "mechanism_owner", **args) == "not_permitted"
    assert refused(2, "system", "unmake", **args) == "unknown_step"
    assert refused(3, "system") == "bad_arguments"
    assert [refused(4, "system", **args), refused(5, "system", **{**args, "tests": 13})] == ["", ""]
    last = last_round(reader)
    assert last is not None
    assert (last.tests, last.proposed) == (13, ("one",))


def test_there_is_no_proposal_of_another_name(place: Working) -> None:
    assert place.call("mechanism_owner", "GET", "/revisions/nothing").status_code == 404
    assert sent(place, "mechanism_owner", "nothing", "approve", **FROM).status_code == 404
    assert sent(place, "mechanism_owner", "nothing", "refuse", ground="no_need").status_code == 404


def test_a_proposals_stream_holds_the_same_in_either_store(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open((RevisionAggregate(),))
    finding = Finding(longer(10), Share(30, 40), 4_000, 3, ("c1", "c2"))
    args = {"id": "one", "finding": msgspec.to_builtins(finding), "since": 0, "until": 9, "tests": 12}
    writer.submit(Submission(str(UUID(int=1)), Actor("system", "system"), (Part(stream_of("one"), "propose", args),)))
    assert reader.state(stream_of("one")).finding == finding
    rows = reader.query("SELECT revision, state, chance FROM revision_view WHERE district = :district")
    assert rows == [("one", "proposed", 3)]
