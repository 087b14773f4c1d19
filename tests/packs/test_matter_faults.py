"""Every fault of a matter's file is found, at its line, with a valid example, and all at once.

Each case is a file; a wrong line ends in `#! code` for every fault that must be reported there, and nowhere else.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sanban.kernel.errors import Fault, FaultsFound
from sanban.packs.loading import SHIPPED, load_matters, read_matters

HEAD = """\
format: 1
matter: {name}
version: 2025-01-01
title: {{zh: 试, en: Trial}}
origin: illustrative
extends: seven-steps
"""
MARK = re.compile(r"#! ([a-z_ ]+)$")
ANY_TEXT = frozenset({"missing_text"})

# What a matter adds to the seven steps, by the name of the case.
ADDED: dict[str, str] = {
    "nothing-wrong": "priority: requests\n",
    "unknown-key": "limit: {a: {}}  #! unknown_key\n",
    "unknown-key-inside": "limits:\n  resolve: {withing: 5 working_days}  #! unknown_key\n",
    "unknown-verb": "steps:\n  inspect: {from: handling, by: lead_unit}  #! unknown_verb\n",
    "misspelt-verb": "steps:\n  accept_now: {verb: acept, from: dispatched, by: lead_unit}  #! unknown_verb\n",
    "system-verb": "steps:\n  expire: {from: handling, by: system}  #! system_verb\n",
    "unknown-relation": "steps:\n  accept: {by: leed_unit}  #! unknown_relation\n",
    "unknown-need": "steps:\n  accept: {needs: [legal_ground]}  #! unknown_need\n",
    "unknown-state": "steps:\n  accept: {to: handeling}  #! unknown_state\n",
    "unknown-source-state": "steps:\n  accept: {from: [dispatched, sent]}  #! unknown_state\n",
    "unknown-stage": "limits:\n  visit: {within: 1 day, while: visiting, counts_for: stage}  #! unknown_state\n",
    "unknown-start": "start: field  #! unknown_state\n",
    "unreachable-state": "states:\n  visited: {holder: lead_unit}  #! unreachable_state\n",
    "no-way-out": """\
states:
  stuck: {holder: lead_unit}  #! no_way_out
steps:
  get_stuck: {verb: move, from: handling, to: stuck, by: lead_unit}
""",
    "no-end": "states:  #! no_end\n  closed: {holder: desk, end: no}  #! no_clock\n",
    "no-holder": "states:\n  handling: {holder: nobody}  #! no_holder\n",
    "holder-left-out": """\
states:
  visited: {title: x}  #! missing_key unknown_key no_holder
steps:
  visit: {verb: move, from: handling, to: visited, by: lead_unit}
  leave: {verb: move, from: visited, to: handling, by: lead_unit}
""",
    "no-clock": """\
remove: [limits.promised]
states:
  visited: {holder: lead_unit}  #! no_clock
steps:
  visit: {verb: finish, from: handling, to: visited, by: lead_unit}
  leave: {verb: verify, from: visited, to: calling_back, by: verifier}
""",
    "conditional-clock-is-no-clock": """\
remove: [limits.promised]
states:
  visited: {holder: lead_unit}  #! no_clock
steps:
  visit: {verb: finish, from: handling, to: visited, by: lead_unit}
  leave: {verb: verify, from: visited, to: calling_back, by: verifier}
limits:
  visit: {within: 2 days, while: visited, counts_for: stage, when: supervised}
""",
    "limit-without-unit": "limits:\n  resolve: {within: 15}  #! limit_without_unit\n",
    "limit-with-unknown-unit": "limits:\n  resolve: {within: 15 workdays}  #! not_a_length\n",
    "limit-without-length": "limits:\n  visit: {from: dispatched, until: finished, counts_for: unit}  #! missing_key\n",
    "limit-of-two-lengths": "limits:\n  resolve: {by: {date: 2025-06-06}}  #! two_lengths\n",
    "unknown-moment": "limits:\n  resolve: {from: dispatch}  #! unknown_moment\n",
    "limit-without-start": "limits:\n  visit: {within: 1 day, counts_for: unit}  #! limit_without_start\n",
    "limit-without-end": "limits:\n  visit: {within: 1 day, from: received, counts_for: unit}  #! limit_without_end\n",
    "limit-of-both": "limits:\n  resolve: {while: handling}  #! limit_without_start\n",
    "stage-that-counts-for-a-unit": "limits:\n  ruling: {counts_for: unit}  #! wrong_account\n",
    "limit-counts-for-nobody-known": "limits:\n  ruling: {counts_for: stages}  #! not_a_choice wrong_account\n",
    "promise-to-a-unit": "limits:\n  resolve: {promise: yes}  #! wrong_promise\n",
    "unknown-step-on-expiry": "limits:\n  resolve: {on_expiry: accept_silently}  #! unknown_step\n",
    "step-on-expiry-not-by-system": "limits:\n  resolve: {on_expiry: accept}  #! silent_step_not_by_system\n",
    "extension-in-another-unit": "limits:\n  resolve:\n    extend: {by: 10 days}  #! units_differ\n",
    "approver-who-handles": "limits:\n  resolve:\n    extend: {approvers: [lead_unit]}  #! approver_is_handler\n",
    "approver-unknown": "limits:\n  resolve:\n    extend: {approvers: [cordinator]}  #! unknown_relation\n",
    "handler-grants": "steps:\n  grant_extension: {by: [lead_unit, coordinator]}  #! handler_approves\n",
    "handler-verifies": "steps:\n  verify: {by: handler}  #! handler_approves\n",
    "end-without-close": """\
steps:
  drop: {verb: move, from: handling, by: coordinator, to: closed}  #! end_without_close
""",
    "handler-verifies-others": "steps:\n  verify: {by: [handler, not_handler]}\n",
    "task-without-limit": """\
tasks:
  fire: {duty: fire_brigade}  #! task_without_limit
limits:
  resolve: {task: lead}
  rework: {task: lead}
""",
    "limit-of-unknown-task": "limits:\n  resolve: {task: fires}  #! unknown_task\n",
    "no-lead": """\
remove: [tasks.lead]
tasks:  #! no_lead_task
  fire: {duty: fire_brigade}
limits:
  first_contact: {task: fire}
""",
    "returning-without-grounds": """\
remove: [grounds.returning]
steps:
  return_order: {at_most: 1}  #! step_without_grounds
""",
    "figure-of-unknown-event": "figures:\n  solved: {of: case.resolved}  #! unknown_event\n",
    "figure-of-unknown-field": "figures:\n  solved: {of: called_back, having: \"resolve == 'yes'\"}  #! unknown_name\n",
    "guard-of-unknown-field": "steps:\n  accept: {when: return == 0}  #! syntax\n",
    "guard-of-misspelt-name": "steps:\n  accept: {when: retuns == 0}  #! unknown_name\n",
    "guard-that-is-no-condition": "steps:\n  accept: {when: returns + 1}  #! wrong_kind\n",
    "guard-of-optional-field": """\
form:
  floor: {kind: integer, low: 1, high: 60}
steps:
  accept: {when: floor > 3}  #! may_be_unknown
""",
    "priority-that-is-no-number": "priority: supervised  #! wrong_kind\n",
    "field-with-reserved-name": "form:\n  returns: {kind: integer}  #! reserved_name\n",
    "choice-without-choices": "form:\n  request_kind: {kind: choice}  #! choices_missing\n",
    "field-of-unknown-kind": "form:\n  floor: {kind: number}  #! not_a_choice\n",
    "bad-name": "states:\n  In Hand: {holder: desk}  #! bad_name\n",
    "reserved-state": "states:\n  open: {holder: desk}  #! reserved_name unreachable_state\n",
    "unknown-part-removed": "remove: [steps.whistle]  #! unknown_part_to_remove\n",
    "at-most-that-is-no-count": "steps:\n  accept: {at_most: once}  #! bad_count\n",
    "visible-to-unknown-relation": "visible: {requester: [neighbour]}  #! unknown_relation\n",
    "visible-to-unknown-degree": "visible: {place: {co_unit: blurred}}  #! not_a_choice\n",
    "public-about-a-party": """\
public: true
form:
  lamps: {kind: integer}
  operator: {kind: party, subject: yes}  #! public_about_a_party
  flat: {kind: place}  #! public_about_a_party
""",
    "public-that-is-no-flag": "public: everybody  #! not_yes_or_no\n",
    "flag-that-is-no-flag": "auto_dispatch: maybe  #! not_yes_or_no\n",
    "list-instead-of-mapping": "limits: [a]  #! wrong_kind\n",
    "triage-weight-too-high": "triage: {words: {噪声: 900}}  #! not_an_integer\n",
    "migration-of-unknown-version": 'migrations: {"2024-09-09": {states: {}}}  #! unknown_older_version\n',
    "many-at-once": """\
limits:
  resolve: {within: 15}  #! limit_without_unit
steps:
  accept: {by: leed_unit}  #! unknown_relation
  inspect: {from: handling, by: lead_unit}  #! unknown_verb
figures:
  solved: {of: resolved}  #! unknown_event
""",
}


def faults_of(folder: Path, name: str, text: str) -> list[Fault]:
    """The faults of a matter of that name and text, missing texts apart."""
    (folder / name).mkdir()
    (folder / name / "mechanism.yaml").write_text(text, encoding="utf-8")
    faults = read_matters([folder / name]).faults
    return [fault for fault in faults if fault.code not in ANY_TEXT]


def marked(text: str) -> set[tuple[int, str]]:
    """Line and code of every fault that the text says it has."""
    found = set()
    for number, line in enumerate(text.splitlines(), start=1):
        match = MARK.search(line)
        found |= {(number, code) for code in match[1].split()} if match else set()
    return found


@pytest.mark.parametrize("name", ADDED)
def test_each_fault_is_reported_at_its_line_with_an_example_and_no_other_is(tmp_path: Path, name: str) -> None:
    text = HEAD.format(name=name) + ADDED[name]
    faults = faults_of(tmp_path, name, text)
    own = [fault for fault in faults if name in fault.path]
    assert {(fault.line, fault.code) for fault in own} == marked(text), "\n".join(map(str, faults))
    assert all(fault.example for fault in faults)


WHOLE: dict[str, str] = {
    "no-head": "title: {{zh: 试, en: Trial}}  #! missing_key\n",
    "future-format": HEAD.replace("format: 1", "format: 2  #! unknown_format"),
    "bad-version": HEAD.replace("2025-01-01", "2025-13-01  #! not_a_date"),
    "half-title": HEAD.replace("{{zh: 试, en: Trial}}", "{{zh: 试}}  #! missing_key"),
    "unknown-kind": HEAD + "kind: cases  #! not_a_choice\n",
    "unknown-base": HEAD.replace("extends: seven-steps", "extends: seven-step  #! unknown_base"),
    "base-of-later": HEAD.replace("2025-01-01", "2023-01-01").replace(
        "seven-steps", "seven-steps  #! base_not_in_force"
    ),
    "official-without-source": HEAD.replace("illustrative", "official  #! origin_without_source"),
    "local-without-authority": HEAD.replace("illustrative", "local  #! origin_without_adoption"),
    "adopted-but-not-local": HEAD
    + "adopted: {{authority: a, document: b, date: 2025-01-01}}  #! adoption_without_local\n",
    "adopted-without-date": HEAD.replace("illustrative", "local")
    + "adopted: {{authority: a, document: b}}  #! missing_key\n",
    "source-without-date": HEAD + "source: {{document: b}}  #! missing_key\n",
    "tabs": HEAD + "\tlimits: 3  #! not_yaml\n",
    "anchor": HEAD + "limits: &a {{}}  #! anchor\n",
    "twice": HEAD + "limits: {{}}\nlimits: {{}}  #! duplicate_key\n",
    "a-list": "- a  #! wrong_kind\n",
}
CONSEQUENCES = frozenset({"missing_step", "no_end", "no_lead_task", "unknown_state", "missing_key", "folder_name"})


@pytest.mark.parametrize("name", WHOLE)
def test_a_wrong_head_is_reported_at_its_line(tmp_path: Path, name: str) -> None:
    text = WHOLE[name].format(name=name)
    found = {(fault.line, fault.code) for fault in faults_of(tmp_path, name, text) if name in fault.path}
    assert marked(text) <= found
    assert {code for _, code in found - marked(text)} <= CONSEQUENCES


def test_a_file_of_more_than_150_lines_is_refused(tmp_path: Path) -> None:
    text = HEAD.format(name="long") + "# a comment\n" * 150
    assert [(fault.line, fault.code) for fault in faults_of(tmp_path, "long", text)] == [(151, "too_long")]


def test_more_than_20_states_are_refused(tmp_path: Path) -> None:
    states = "".join(f"  s{number}: {{holder: desk}}\n" for number in range(12))
    steps = "".join(f"  m{number}: {{verb: move, from: handling, to: s{number}, by: desk}}\n" for number in range(12))
    back = (
        f"  back: {{verb: move, from: [{', '.join(f's{number}' for number in range(12))}], to: handling, by: desk}}\n"
    )
    text = HEAD.format(name="many") + f"states:\n{states}steps:\n{steps}{back}"
    assert [(fault.line, fault.code) for fault in faults_of(tmp_path, "many", text)] == [(7, "too_many_states")]


def test_a_part_without_its_text_is_reported_once_with_both_languages(tmp_path: Path) -> None:
    folder = tmp_path / "silent"
    folder.mkdir()
    added = "steps:\n  look: {verb: note, from: handling, by: lead_unit}\n"
    (folder / "mechanism.yaml").write_text(HEAD.format(name="silent") + added, encoding="utf-8")
    (fault,) = read_matters([folder]).faults
    assert (fault.line, fault.code) == (8, "missing_text")
    assert "zh and en" in fault.message
    assert fault.example == "texts/zh.yaml: steps: {look: ...}"


def test_a_text_for_no_part_is_reported_with_the_part_perhaps_meant(tmp_path: Path) -> None:
    folder = tmp_path / "typo"
    (folder / "texts").mkdir(parents=True)
    (folder / "mechanism.yaml").write_text(HEAD.format(name="typo"), encoding="utf-8")
    (folder / "texts" / "en.yaml").write_text("steps:\n  acept: Sign\nstep: {}\n", encoding="utf-8")
    faults = read_matters([folder]).faults
    assert [(fault.line, fault.code) for fault in faults] == [(2, "unused_text"), (3, "unknown_key")]
    assert "steps.accept" in faults[0].example


@pytest.mark.parametrize("base", ["seven-step", "cut-off", "of-cut-off"])
def test_of_a_file_without_its_base_nobody_says_what_it_lacks_but_all_that_is_wrong_in_it(
    tmp_path: Path, base: str
) -> None:
    """Its base is not there, or is itself, or is there and hangs in the air."""
    own = "limits:\n  resolve: {{within: 5 fortnights}}\ntriag: {{}}\ntexts: {{}}\n"
    texts = {"of-cut-off": HEAD.replace("seven-steps", "nowhere"), "cut-off": HEAD.replace("seven-steps", base) + own}
    for name, text in texts.items():
        (tmp_path / name / "texts").mkdir(parents=True)
        (tmp_path / name / "mechanism.yaml").write_text(text.format(name=name), encoding="utf-8")
        (tmp_path / name / "texts" / "zh.yaml").write_text("steps: {accept: 签收}\n", encoding="utf-8")
    ways = {"seven-step": "unknown_base", "cut-off": "cyclic_extends"}
    found = [fault.code for fault in read_matters([tmp_path]).faults if "of-cut-off" not in fault.path]
    wrong = ["not_a_length", "unknown_key", "unknown_key"]
    assert found == [ways[base], *wrong] if base in ways else found == wrong


def test_a_limit_that_cannot_be_read_is_not_said_to_differ_from_its_extension(tmp_path: Path) -> None:
    text = HEAD.format(name="odd") + "limits:\n  resolve: {within: 5 fortnights}\n"
    assert [(fault.line, fault.code) for fault in faults_of(tmp_path, "odd", text)] == [(8, "not_a_length")]


def test_extends_in_a_ring_is_reported_for_each_file_of_the_ring(tmp_path: Path) -> None:
    for name, base in (("first", "second"), ("second", "third"), ("third", "first")):
        (tmp_path / name).mkdir()
        text = HEAD.format(name=name).replace("seven-steps", base)
        (tmp_path / name / "mechanism.yaml").write_text(text, encoding="utf-8")
    faults = [fault for fault in read_matters([tmp_path]).faults if fault.code == "cyclic_extends"]
    assert {(Path(fault.path).parent.name, fault.line) for fault in faults} == {
        ("first", 6),
        ("second", 6),
        ("third", 6),
    }
    assert "first -> second -> third -> first" in " ".join(fault.message for fault in faults)


def test_two_versions_from_one_day_overlap(tmp_path: Path) -> None:
    folder = tmp_path / "twin"
    folder.mkdir()
    for file in ("mechanism.yaml", "mechanism-2025-01-01.yaml"):
        (folder / file).write_text(HEAD.format(name="twin"), encoding="utf-8")
    assert [(fault.line, fault.code) for fault in read_matters([folder]).faults] == [(3, "overlapping_versions")]


SOURCE = "source: {document: d, date: 2024-01-01}"
PARAMETERS = [
    (f"weight: {{unit: points, {SOURCE}}}", 1, "missing_key"),
    ("weight:\n  unit: points\n  values: [{from: 2024-01-01, value: 1}]", 1, "missing_key"),
    (f"weight:\n  {{unit: points, high: 5, {SOURCE}, values: [{{from: 2024-01-01, value: 6}}]}}", 2, "not_an_integer"),
    (f"weight: {{{SOURCE}, values: [{{from: 2024-01-01, value: 6}}]}}", 1, "missing_key"),
    (f"weight: {{unit: points, {SOURCE}, values: []}}", 1, "no_values"),
    (
        f"""weight:
  unit: points
  {SOURCE}
  values: [{{from: 2024-01-01, value: 6}}, {{from: 2024-01-01, value: 7}}]""",
        2,
        "overlapping_values",
    ),
]


@pytest.mark.parametrize(("parameter", "line", "code"), PARAMETERS)
def test_a_parameter_needs_unit_source_and_values_in_range(
    tmp_path: Path, parameter: str, line: int, code: str
) -> None:
    folder = tmp_path / "weighed"
    (folder / "parameters").mkdir(parents=True)
    (folder / "mechanism.yaml").write_text(HEAD.format(name="weighed"), encoding="utf-8")
    (folder / "parameters" / "weight.yaml").write_text(parameter + "\n", encoding="utf-8")
    faults = [fault for fault in read_matters([folder]).faults if "weight.yaml" in fault.path]
    assert (line, code) in {(fault.line, fault.code) for fault in faults}


PRIMITIVES: dict[str, tuple[str, str]] = {
    "account-without-unit": ("account", "account: {floor: 0}  #! missing_key\n"),
    "account-above-zero": ("account", "account: {unit: coupon, floor: 3}  #! not_an_integer\n"),
    "account-left-out": ("account", "steps: {}  #! unknown_key\n"),
    "pool-without-modes": ("capacity", "capacity: {modes: {}}  #! bad_declaration\n"),
    "pool-of-less-than-none": ("capacity", "capacity: {modes: {on_site: many}}  #! not_an_integer\n"),
    "pool-held-for-working-days": (
        "capacity",
        "capacity: {modes: {on_site: 3}, hold_for: 1 working_day}  #! not_natural_time\n",
    ),
    "checklist-without-items": ("checklist", "checklist: {rounds: 2}  #! bad_declaration\n"),
    "checklist-of-no-rounds": ("checklist", "checklist: {rounds: 0, items: {gate: {}}}  #! not_an_integer\n"),
    "checklist-item-key": ("checklist", "checklist: {items: {gate: {counts: 2}}}  #! unknown_key\n"),
}


@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_wrong_declaration_is_reported_at_its_line(tmp_path: Path, name: str) -> None:
    kind, added = PRIMITIVES[name]
    text = HEAD.format(name=name).replace("extends: seven-steps\n", f"kind: {kind}\n") + added
    found = {(fault.line, fault.code) for fault in faults_of(tmp_path, name, text)}
    assert marked(text) <= found
    assert {code for _, code in found - marked(text)} <= {"missing_key"}


def test_a_key_given_twice_hides_no_other_fault_of_its_file_nor_the_file_from_those_that_extend_it(
    tmp_path: Path,
) -> None:
    written = {
        "lamp": HEAD.format(name="lamp") + "priority: requests\npriority: cases\nlimit: {a: {}}\n",
        "lantern": HEAD.format(name="lantern").replace("seven-steps", "lamp"),
    }
    for name, text in written.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "mechanism.yaml").write_text(text, encoding="utf-8")
    found = read_matters([tmp_path]).faults
    assert {(Path(fault.path).parent.name, fault.line, fault.code) for fault in found} >= {
        ("lamp", 8, "duplicate_key"),
        ("lamp", 9, "unknown_key"),
    }
    assert not [fault for fault in found if Path(fault.path).parent.name == "lantern"]


def test_a_matter_without_a_first_state_is_told_so_once(tmp_path: Path) -> None:
    (tmp_path / "lamp").mkdir()
    text = HEAD.format(name="lamp").replace("extends: seven-steps\n", "")
    (tmp_path / "lamp" / "mechanism.yaml").write_text(text, encoding="utf-8")
    told = [fault for fault in read_matters([tmp_path]).faults if "start" in fault.message or "''" in fault.message]
    assert [fault.code for fault in told] == ["missing_key"]


def test_loading_raises_every_fault_at_once(tmp_path: Path) -> None:
    for name in ("unknown-verb", "limit-without-unit"):
        (tmp_path / name).mkdir()
        text = HEAD.format(name=name) + ADDED[name]
        (tmp_path / name / "mechanism.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FaultsFound) as raised:
        load_matters([tmp_path])
    assert {"unknown_verb", "limit_without_unit"} <= {fault.code for fault in raised.value.faults}


def test_a_folder_without_matters_is_said_to_be_one(tmp_path: Path) -> None:
    (fault,) = read_matters([tmp_path]).faults
    assert fault.code == "no_matter"


def test_a_choice_without_a_title_is_a_fault_in_the_language_that_lacks_it(tmp_path: Path) -> None:
    folder = tmp_path / "trial"
    (folder / "texts").mkdir(parents=True)
    form = "form:\n  request_kind: {kind: choice, choices: [help, praise]}\n"
    (folder / "mechanism.yaml").write_text(HEAD.format(name="trial") + form, encoding="utf-8")
    zh = "fields: {request_kind: 类别}\nchoices: {request_kind: {help: 求助, praise: 表扬}}\n"
    (folder / "texts" / "zh.yaml").write_text(zh, encoding="utf-8")
    en = "fields: {request_kind: Kind}\nchoices: {request_kind: {help: Help}}\n"
    (folder / "texts" / "en.yaml").write_text(en, encoding="utf-8")
    (fault,) = read_matters((SHIPPED, tmp_path)).faults
    assert (fault.code, fault.line) == ("missing_text", 8)
    assert "choices.request_kind.praise has no text in en" in fault.message
    assert "praise" in fault.example
