"""Recorded cases under other rules: the same rules give the record; a changed one changes what it says and no more."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

import read_once
from sanban.kernel.case.engine import decide, fired
from sanban.kernel.case.event import CaseDispatched, CaseOpened, CaseSupervised, Event, TaskPlanned
from sanban.kernel.case.fold import fold
from sanban.kernel.case.situation import Command, Situation
from sanban.kernel.case.state import LEAD, Case, Clock, Task
from sanban.kernel.case.timers import Wanted
from sanban.kernel.clock.calendar import HOUR
from sanban.kernel.clock.limit import Length
from sanban.kernel.errors import FaultsFound, Refused, SanbanError
from sanban.kernel.mechanism import Field, Mechanism, Title, compile_mechanism
from sanban.kernel.permission import Actor
from sanban.main.figures.wiring import figures_of, open_facts
from sanban.main.house import House
from sanban.main.revision.replaying import in_words, recorded_rules, replay_new, replaying, replays, rules_of
from sanban.packs.loading import SHIPPED
from sanban.revision.replay.changing import Rules
from sanban.revision.replay.likeness import came_alike, steps_alike, unanswered
from sanban.revision.replay.playing import Played, Player, Response, recorded_case
from sanban.revision.replay.reach import reach_of
from sanban.revision.replay.recalling import Recall, command_of
from sanban.revision.replay.result import Replayed
from sanban.revision.replay.running import cases_of, replay
from sanban.scorecard.figures.asking import compute
from sanban.scorecard.figures.spans import period_of

ALL = (0, 2**62)
DAYS = ("2026-07-01", "2026-08-01")
BOTH: tuple[Response, ...] = ("kept", "shifted")
Edit = Callable[[str], str]


@pytest.fixture(scope="session")
def record(worked: House) -> list[list[Event]]:
    return list(cases_of(replaying(worked, recorded_rules(worked), ALL, "kept")))


@pytest.fixture(scope="session")
def rules(worked: House) -> Rules:
    return replaying(worked, recorded_rules(worked), ALL, "kept").rules


def changed(rules: Rules, matter: str, **parts: object) -> Rules:
    """The rules with a matter whose mechanism has other parts."""
    mechanism = rules.mechanism_of(matter, rules.until)
    assert mechanism is not None
    other: Mechanism = msgspec.structs.replace(mechanism, version="2030-01-01", **parts)
    return rules._replace(changed={matter: compile_mechanism(other)})


def with_limit(rules: Rules, matter: str, limit: str, within: Length) -> Rules:
    mechanism = rules.mechanism_of(matter, rules.until)
    assert mechanism is not None
    was = mechanism.limits[limit]
    by = was.extend and msgspec.structs.replace(was.extend, by=Length(was.extend.by.count, within.unit))
    one = msgspec.structs.replace(was, within=within, extend=by)
    return changed(rules, matter, limits={**mechanism.limits, limit: one})


def of_matter(record: list[list[Event]], matter: str) -> list[list[Event]]:
    return [events for events in record if recorded_case(events[:1]).matter == matter]


def copied(folder: Path, matter: str, edit: Edit) -> str:
    """A shipped matter's folder with its mechanism edited."""
    place = folder / matter
    shutil.copytree(SHIPPED / matter, place)
    path = place / "mechanism.yaml"
    path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
    return str(place)


def quicker(text: str) -> str:
    return text.replace("\nlimits:\n", "\nlimits:\n  resolve: {within: 1 working_day}\n")


@pytest.mark.parametrize("response", BOTH)
def test_the_rules_of_the_record_give_the_record(record: list[list[Event]], rules: Rules, response: Response) -> None:
    assert len(record) > 200
    decided, spared = Player(rules, response, every=True), Player(rules, response)
    for events in record:
        same = Played(recorded_case(events), recorded_case(events))
        assert (decided.play(events), spared.play(events)) == (same, same)


@pytest.mark.parametrize("response", BOTH)
@pytest.mark.parametrize(
    ("limit", "within"),
    [
        ("resolve", Length(1, "hour")),
        ("resolve", Length(30, "working_day")),
        ("sign_for", Length(20, "minute")),
        ("first_contact", Length(2, "hour")),
        ("promised", Length(40, "working_day")),
        ("verifying", Length(1, "hour")),
        ("calling_back", Length(1, "hour")),
        ("supervision", Length(1, "hour")),
        ("measured", Length(2, "hour")),
    ],
)
def test_what_a_change_cannot_reach_comes_out_as_if_every_step_were_decided(
    record: list[list[Event]], rules: Rules, limit: str, within: Length, response: Response
) -> None:
    for matter in ("noise", "waste", "parking"):
        mechanism = rules.mechanism_of(matter, rules.until)
        assert mechanism is not None
        if limit in mechanism.limits:
            other = with_limit(rules, matter, limit, within)
            decided, spared = Player(other, response, every=True), Player(other, response)
            for events in of_matter(record, matter):
                assert spared.play(events) == decided.play(events)


@pytest.mark.parametrize("rank", [0, 1])
def test_supervision_waits_for_an_answer_where_the_engine_takes_one(
    record: list[list[Event]], rules: Rules, rank: int
) -> None:
    """Whoever leads may answer; what refuses then, the guard or the verb, is what `unanswered` says."""
    said = Counter[str]()
    for events in record[::4]:
        case = recorded_case(events[:1])
        for event in events[1:]:
            case = fold(case, event)
            at, mechanism = event.at + 1, rules.under(case.mechanism)
            if rank:
                told = CaseSupervised(at=at, actor="coordinator-1", step="supervise", level="street", rank=rank)
                asked = fold(case, told)
            else:
                asked = case
            assert mechanism is not None
            actor = Actor("handler-1", "handler", case.lead, unit_kind="street")
            situation = Situation(mechanism, actor, at, rules.calendar, rules.duty)
            answer = decide(asked, Command("account_for", {"note": "v:" + "1" * 32}), situation)
            reason = answer.reason if isinstance(answer, Refused) else ""
            if reason not in {"wrong_state", "not_permitted"}:
                refused = unanswered(asked, "account_for", at, mechanism)
                assert ("" if refused is None else refused.reason) == reason
                said[reason] += 1
    assert said["" if rank else "guard_failed"] > 50


@pytest.mark.parametrize("response", BOTH)
def test_once_a_change_has_reached_a_case_what_is_like_the_record_is_told_from_it(
    record: list[list[Event]], rules: Rules, response: Response, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Counter[str]()

    def decided(case: Case | None, command: Command, situation: Situation) -> object:
        asked[command.step] += 1
        return decide(case, command, situation)

    def ticked(case: Case, timer: Wanted, situation: Situation) -> object:
        asked[timer.step] += 1
        return fired(case, timer, situation)

    monkeypatch.setattr("sanban.revision.replay.playing.decide", decided)
    monkeypatch.setattr("sanban.revision.replay.playing.fired", ticked)
    player = Player(with_limit(rules, "noise", "first_contact", Length(2, "hour")), response)
    seen = Counter(event.step for events in of_matter(record, "noise") for event in events)
    for events in of_matter(record, "noise"):
        player.play(events)
    assert asked["expire"], "the change reaches cases"
    assert asked["accept"] + asked["contact"] < (seen["accept"] + seen["contact"]) / 2


def test_an_order_sent_on_as_it_was_leaves_a_case_like_the_record(record: list[list[Event]]) -> None:
    """By whom and where may hang on when; that a clock starts with it, which did not then, parts the two."""
    events = [event for events in record for event in events]
    sent = next(event for event in events if isinstance(event, CaseDispatched) and event.started)
    later = [msgspec.structs.replace(task, dispatched_at=sent.at + HOUR) for task in sent.tasks]
    moved = msgspec.structs.replace(sent, at=sent.at + HOUR, tasks=tuple(later), stopped=("other",))
    elsewhere = msgspec.structs.replace(sent, cites="another")
    untimed = msgspec.structs.replace(moved, started=moved.started[1:])
    assert came_alike(sent, (moved,), ())
    assert not any(came_alike(sent, (other,), ()) for other in (elsewhere, untimed, events[0]))
    assert not came_alike(sent, (moved, moved), ())
    assert not came_alike(sent, Refused("too_late", "silence has signed", "accept"), {sent.step})


@pytest.mark.parametrize("parts", [{"at_most": 1}, {"within": Length(1, "day")}])
def test_a_step_that_is_counted_or_bounded_is_decided_again(rules: Rules, parts: dict[str, object]) -> None:
    """How often it was taken, and whether it still may be, can differ in a case that the change has reached."""
    mechanism = rules.mechanism_of("noise", rules.until)
    assert mechanism is not None
    limits = mechanism.limits.values()
    every = steps_alike(mechanism.steps.values(), limits)
    assert {"accept", "call_back", "close", "contact", "finish", "finish_task", "verify"} <= every
    steps = {**mechanism.steps, "finish": msgspec.structs.replace(mechanism.steps["finish"], **parts)}
    assert steps_alike(steps.values(), limits) == every - {"finish"}


def test_a_change_reaches_what_it_may_touch_and_spares_the_rest(rules: Rules) -> None:
    then = rules.mechanism_of("noise", rules.until)
    assert then is not None

    def reach(changed: Rules) -> frozenset[str]:
        found = reach_of(then, changed.changed["noise"])
        return frozenset() if found is None else found.steps

    spared = reach(with_limit(rules, "noise", "resolve", Length(1, "working_day")))
    assert {"accept", "call_back", "dispatch", "finish_task", "return_order", "verify"} <= spared
    assert not {"ask_extension", "rework", "reopen"} & spared
    steps = {name: step for name, step in then.steps.items() if name != "accept"}
    assert reach(changed(rules, "noise", steps=steps)) == spared - {"accept"}
    once = {**then.steps, "finish": msgspec.structs.replace(then.steps["finish"], at_most=1)}
    assert reach(changed(rules, "noise", steps=once)) == spared - {"finish", "finish_task"}
    form = {"witness": Field("witness", "yes_no", Title("证人", "Witness"), required=True)}
    for other in (changed(rules, "noise", form=form), changed(rules, "noise", tasks={})):
        assert reach(other) == frozenset()


def test_an_old_plan_that_waits_for_the_lead_is_replayed_without_that_wait(record: list[list[Event]]) -> None:
    events = next(one for one in record if recorded_case(one).lead_task is not None)
    case = recorded_case(events)
    lead, helper = case.tasks[0], Task("t8", "co", "water", case.opened_at, after=("t1", "t9"))
    waited_for = Task("t9", "co", "power", case.opened_at)
    plan = TaskPlanned(at=case.opened_at, actor="x", step="plan", tasks=(helper, waited_for))
    mechanism = read_once.matters().mechanism_of(case.matter, 2**60)
    assert mechanism is not None
    assert (lead.id, lead.spec) == ("t1", LEAD)
    command = command_of(plan, Recall(case, case, mechanism))
    assert [task["after"] for task in command.args["tasks"]] == [["k-t9"], []]


def test_a_case_differs_by_what_happens_in_it_and_not_by_its_version_alone(worked: House, rules: Rules) -> None:
    result = replay(replaying(worked, changed(rules, "noise"), ALL, "kept"))
    assert (result.touched > 0, result.changed) == (True, 0)


def test_a_shorter_limit_moves_due_times_and_no_step_of_anybody(record: list[list[Event]], rules: Rules) -> None:
    shorter = with_limit(rules, "noise", "resolve", Length(1, "hour"))
    cases = of_matter(record, "noise")
    assert cases
    for events in cases:
        played = Player(shorter, "kept").play(events)
        assert played.now is not None
        before = {clock.id: clock for clock in played.was.clocks}
        for clock in played.now.clocks:
            if clock.limit == "resolve" and clock.id in before and not clock.extended:
                was = before[clock.id].due_at
                assert None in (clock.due_at, was) or (clock.due_at or 0) <= (was or 0)
        assert [task.ended_at for task in played.now.tasks] == [task.ended_at for task in played.was.tasks]


def is_first_of_its_stop(clock: Clock, case: Case) -> bool:
    """Whether no clock that stopped at the same instant was due sooner: a step is taken towards the first."""
    together = [one.due_at for one in case.clocks if one.stopped_at == clock.stopped_at and one.due_at is not None]
    return clock.due_at is not None and clock.due_at <= min(together)


def test_who_works_towards_a_limit_keeps_the_same_distance_to_it(record: list[list[Event]], rules: Rules) -> None:
    longer = with_limit(rules, "noise", "resolve", Length(30, "working_day"))
    moved = 0
    for events in of_matter(record, "noise"):
        played = Player(longer, "shifted").play(events)
        assert played.now is not None
        leads = {task.id for task in played.was.tasks if task.spec == LEAD and len(played.was.tasks) == 1}
        for was, now in zip(played.was.clocks, played.now.clocks, strict=False):
            stopped = None not in (was.stopped_at, now.stopped_at)
            worked_towards = was.limit == "resolve" and was.subject in leads and is_first_of_its_stop(was, played.was)
            if was.id == now.id and worked_towards and stopped:
                assert (was.due_at or 0) - (was.stopped_at or 0) == (now.due_at or 0) - (now.stopped_at or 0)
                moved += was.due_at != now.due_at
    assert moved


def opened_as(record: list[list[Event]], matter: str) -> int:
    """How many cases were opened under a matter; others may have become of it later."""
    return sum(isinstance(one[0], CaseOpened) and one[0].mechanism.startswith(f"{matter}@") for one in record)


def test_a_case_that_cannot_be_opened_under_the_new_rules_is_named_with_the_reason(
    worked: House, record: list[list[Event]], rules: Rules
) -> None:
    form = {"witness": Field("witness", "yes_no", Title("证人", "Witness"), required=True)}
    result = replay(replaying(worked, changed(rules, "noise", form=form), ALL, "kept"))
    assert {one.reason for one in result.unmapped} <= {"missing_field", "unknown_field"}
    assert result.touched >= sum(one.cases for one in result.unmapped) == opened_as(record, "noise") > 0
    assert all(len(one.numbers) == one.cases for one in result.unmapped)


def test_a_new_field_that_no_recorded_case_answers_is_named_and_may_be_assumed(
    worked: House, record: list[list[Event]], folder: Path
) -> None:
    form = "  at_night: {kind: yes_no}\n"
    new = copied(
        folder, "noise", lambda text: text.replace(form, f"{form}  witness: {{kind: yes_no, required: yes}}\n")
    )
    for path in (folder / "noise" / "texts").iterdir():
        path.write_text(path.read_text("utf-8").replace("fields: {", "fields: {witness: Witness, "), "utf-8")
    shutil.rmtree(folder / "noise" / "cases")
    (without,) = replay_new(worked, new, *DAYS, "kept")
    words = [f"{name} {text}" for name, text in in_words(without)]
    assert without.touched >= without.not_replayed == opened_as(record, "noise") > 0
    assert any(f"{without.not_replayed} not replayed" in line for line in words)
    assert any("noise needs witness" in line for line in words)
    assert any("--assume 'witness: true'" in line for line in words)
    (assumed,) = replay_new(worked, new, *DAYS, "kept", ["witness: true"])
    assert (assumed.not_replayed, assumed.touched) == (0, without.touched)
    with pytest.raises(SanbanError, match="witness is true or false"):
        replay_new(worked, new, *DAYS, "kept", ["witness: perhaps"])
    with pytest.raises(SanbanError, match="no field colour"):
        replay_new(worked, new, *DAYS, "kept", ["colour: red"])


def test_what_is_assumed_is_the_answer_to_a_changed_form_alone(record: list[list[Event]], rules: Rules) -> None:
    """A case opened under another matter has no such field; it is asked when the case becomes one of the changed."""
    opening = of_matter(record, "waste")[0][0]
    waste, noise = (rules.mechanism_of(matter, rules.until) for matter in ("waste", "noise"))
    assert waste is not None
    assert noise is not None
    case, desk = recorded_case([opening]), Actor("operator-1", "operator", "hotline", unit_kind="desk")
    situation = Situation(waste, desk, opening.at + 1, rules.calendar, rules.duty, mechanism_of=rules.mechanism_of)
    moved = decide(case, Command("reclassify", {"matter": "noise", "fields": {"at_night": True}}), situation)
    assert not isinstance(moved, Refused)
    form = {**noise.form, "witness": Field("witness", "yes_no", Title("证人", "Witness"), required=True)}
    asked = changed(rules, "noise", form=form)
    without = Player(asked, "kept").play([opening, *moved])
    assert [one.reason for one in without.lost] == ["missing_field"]
    played = Player(asked._replace(assumed={"witness": True}), "kept").play([opening, *moved])
    assert played.now is not None
    assert (played.lost, played.now.matter) == ((), "noise")
    assert played.now.fields == {**played.was.fields, "witness": True}


def test_a_step_that_is_gone_falls_away_with_what_rests_on_it(worked: House, rules: Rules) -> None:
    mechanism = rules.mechanism_of("noise", rules.until)
    assert mechanism is not None
    steps = {name: step for name, step in mechanism.steps.items() if name != "verify"}
    result = replay(replaying(worked, changed(rules, "noise", steps=steps), ALL, "kept"))
    lost = {one.step: one.reason for one in result.lost}
    assert lost["verify"] == "unknown_step"
    assert lost["close"] == "wrong_state"


def test_two_replays_are_equal_to_the_last_byte_however_many_processes_there_are(
    worked: House, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sanban.revision.replay.running.FEWEST", 1)
    monkeypatch.setattr("sanban.revision.replay.running.is_alone", lambda: True)
    rules = rules_of(worked, copied(folder, "noise", quicker))
    asked = replaying(worked, rules, ALL, "shifted")
    results = [msgspec.json.encode(replay(asked, processes)) for processes in (1, 2, 3, 2)]
    assert len(set(results)) == 1


def test_another_directory_sends_orders_elsewhere_and_no_return_comes_from_whoever_never_got_one(
    worked: House, folder: Path
) -> None:
    text = (worked.district_folder / "directory.yaml").read_text(encoding="utf-8")
    path = folder / "directory.yaml"
    path.write_text(text.replace("area: street-01, unit: street-01", "area: street-01, unit: street-02"), "utf-8")
    (result,) = replay_new(worked, str(path), *DAYS, "kept")
    renamed = folder / "directory-2030.yaml"
    shutil.copyfile(path, renamed)
    assert replay_new(worked, str(renamed), *DAYS, "kept") == (result,)
    assert replay_new(worked, str(folder), *DAYS, "kept") == (result,)
    assert [(one.unit, one.instead) for one in result.dispatches] == [("street-01", "street-02")]
    load = {one.unit: one for one in result.workload}
    assert load["street-01"].replayed < load["street-01"].recorded
    assert sum(one.replayed for one in result.workload) <= sum(one.recorded for one in result.workload)
    assert any("another unit" in title.en for title in result.unknown)


@pytest.mark.parametrize("text", ["rows: [\n", "rows: []\nmatter: noise\n", "- rows\n"])
def test_a_file_that_is_neither_a_matter_nor_a_directory_is_refused_as_it_was(
    worked: House, folder: Path, text: str
) -> None:
    path = folder / "some.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SanbanError):
        rules_of(worked, str(path))


def test_what_a_replay_cannot_know_stands_in_every_result(worked: House, folder: Path) -> None:
    kept, shifted = replay_new(worked, copied(folder, "noise", quicker), *DAYS, "")
    assert (kept.response, shifted.response) == BOTH
    for result in (kept, shifted):
        words = dict(in_words(result))
        assert "cannot know" in str(words[f"response {result.response}"])
    assert "due: resolve" in dict(in_words(kept))
    assert any(one.code == "resolve" and one.certain for one in kept.overdue)


def test_cases_outside_the_days_are_not_replayed(worked: House, folder: Path) -> None:
    new = copied(folder, "noise", quicker)
    one, all_days = (replay_new(worked, new, *days, "kept")[0] for days in (("2026-07-08", "2026-07-09"), DAYS))
    assert 0 < one.cases < all_days.cases


def test_a_figure_is_what_the_scorecard_says_of_the_same_days_both_as_recorded_and_as_replayed(worked: House) -> None:
    """The directory of the record in its own place: within reach is every case, and none changes."""
    (result,) = replays(worked, recorded_rules(worked)._replace(redirected=True), ALL, ["kept"])
    days, book = period_of("2026-07", worked.calendar), figures_of(worked)
    with open_facts(worked) as facts:
        told = {one.code: compute(facts, book.figure(one.code, days.first), days) for one in result.figures}
    assert result.touched == result.cases
    assert {one.code: (one.recorded.holds, one.recorded.of) for one in result.figures} == {
        code: (one.numerator, one.denominator) for code, one in told.items()
    }
    assert not any(one.differs for one in result.figures)
    assert {"in_time", "contacted", "resolved", "satisfied"} <= set(told)


def test_the_record_counts_the_same_without_a_change(worked: House) -> None:
    result: Replayed
    (result,) = replays(worked, recorded_rules(worked), ALL, ["kept"])
    assert (result.touched, result.changed, result.lost) == (0, 0, ())
    assert result.events > 2_000


@pytest.mark.parametrize(
    ("new", "days", "response", "said"),
    [
        ("noise", ("2026-13-01", "2026-08-01"), "", "not a date"),
        ("noise", ("2026-08-01", "2026-08-01"), "", "no day lies"),
        ("noise", DAYS, "guessed", "not a response"),
        ("seven-steps", DAYS, "", "no states that cases go through"),
        ("quiet-hours", DAYS, "", "there is no matter quiet-hours"),
        ("elsewhere/directory.yaml", DAYS, "", "there is no file"),
    ],
)
def test_what_cannot_be_replayed_is_said_with_a_valid_example(
    worked: House, new: str, days: tuple[str, str], response: str, said: str
) -> None:
    with pytest.raises(SanbanError, match=said) as caught:
        replay_new(worked, new, *days, response)
    assert caught.value.example


def test_a_new_matter_that_no_case_was_ever_of_is_refused(worked: House, folder: Path) -> None:
    new = copied(folder, "noise", lambda text: text.replace("matter: noise", "matter: quiet"))
    shutil.move(new, folder / "quiet")
    with pytest.raises(SanbanError, match="no case was ever of quiet"):
        replay_new(worked, str(folder / "quiet"), *DAYS, "")


def test_a_faulty_file_is_told_with_its_line(worked: House, folder: Path) -> None:
    new = copied(folder, "noise", lambda text: text.replace("extends: street-complaint", "extends: nobody"))
    with pytest.raises(FaultsFound):
        replay_new(worked, new, *DAYS, "")
