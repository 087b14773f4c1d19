"""The parts of a mechanism, each read from its section: fields, states, steps, limits, tasks, grounds.

A part is read as far as it can be; what is missing or wrong is noted and stands in by a harmless value, so that the
checks can go on and find the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, cast, get_args

from sanban.kernel.case.verbs.joint.crossing import CROSS_NAMES
from sanban.kernel.clock.limit import FixedDate, Length
from sanban.kernel.clock.ruler import Ends
from sanban.kernel.expression import Scope
from sanban.kernel.mechanism import (
    CountsFor,
    CrossTest,
    Extend,
    Field,
    FieldKind,
    Ground,
    Holder,
    Limit,
    Phase,
    State,
    Step,
    TaskSpec,
)
from sanban.packs.reading.scope import RESERVED, expression
from sanban.packs.reading.section import CODE, Section
from sanban.packs.reading.texts import Texts

OPEN: Final = "open"
ANY: Final = "any"
_AT_MOST: Final = re.compile(r"([1-9][0-9]?)(?: per (case|unit))?")
_STAND_IN: Final = Length(1, "day")


def read_field(section: Section, texts: Texts) -> Field:
    """One field of the form."""
    if section.name in RESERVED:
        message = f"{section.name!r} has a meaning of its own in expressions"
        section.notes.refuse(section.node, "reserved_name", message, f"{section.name}_given: ...", at_key=True)
    kind = cast(FieldKind, section.choice("kind", get_args(FieldKind), default="text", required=True))
    codes = [word for word in section.words("choices", "[loud, at_night]") if _is_code(section, word)]
    choices = {code: texts.title("choices", f"{section.name}.{code}", code) for code in codes}
    if (kind == "choice") != bool(choices):
        message = f"{section}: a choice, and only that, lists its choices"
        section.refuse(section.node, "choices_missing", message, "{kind: choice, choices: [loud, at_night]}")
    low = section.integer("low", -(2**31), 2**31)
    field = Field(
        name=section.name,
        kind=kind if choices or kind != "choice" else "text",
        title=texts.title("fields", section.name),
        required=section.flag("required"),
        subject=section.flag("subject"),
        choices=choices,
        low=low,
        high=section.integer("high", low, 2**31, default=max(low, 1_000_000)),
    )
    section.close()
    return field


def _is_code(section: Section, word: str) -> bool:
    if CODE.fullmatch(word):
        return True
    section.refuse(section.node, "bad_name", f"{word!r} is not a code: small letters, digits and _", "at_night")
    return False


def read_state(section: Section, texts: Texts) -> State:
    """One state."""
    end = section.flag("end")
    if section.name in (OPEN, ANY):
        message = f"{section.name!r} means several states after `from` and cannot name one"
        section.notes.refuse(section.node, "reserved_name", message, "opened: {holder: desk}", at_key=True)
    state = State(
        name=section.name,
        title=texts.title("states", section.name),
        holder=cast(Holder, section.choice("holder", get_args(Holder), default="nobody", required=not end)),
        phase=cast(Phase, section.choice("phase", get_args(Phase), default="responsive")),
        end=end,
    )
    section.close()
    return state


def read_step(section: Section, texts: Texts, scope: Scope, states: Mapping[str, State], start: str) -> Step:
    """One step; without `verb` its name is the verb."""
    verb = section.text("verb", "dispatch", default=section.name)
    opens = verb == "open"
    source = frozenset() if opens else _states(section.words("from", "handling", required=True), states)
    at_most, per = _at_most(section)
    step = Step(
        name=section.name,
        verb=verb,
        title=texts.title("steps", section.name),
        source=source,
        to=start if opens else section.text("to", "handling"),
        by=frozenset(section.words("by", "[lead_unit]", required=True)),
        when=expression(section, "when", scope),
        needs=section.words("needs", "[ground]"),
        at_most=at_most,
        per="unit" if per == "unit" else "case",
        within=section.length("within", "30 days"),
    )
    section.close()
    return step


def _states(words: tuple[str, ...], states: Mapping[str, State]) -> frozenset[str]:
    """The named states; `open` stands for every open one, `any` for all."""
    found = set(words) - {OPEN, ANY}
    found |= {name for name, state in states.items() if ANY in words or (OPEN in words and not state.end)}
    return frozenset(found)


def _at_most(section: Section) -> tuple[int, str]:
    text = section.text("at_most", "1 per unit")
    match = _AT_MOST.fullmatch(text)
    if match is not None:
        return int(match[1]), match[2] or "case"
    if text:
        node = section.take("at_most")
        section.refuse(
            node or section.node, "bad_count", f"{text!r} is not a count per case or unit", "at_most: 1 per unit"
        )
    return 0, "case"


def read_limit(section: Section, texts: Texts, scope: Scope) -> Limit:
    """One limit: a length from a moment, or while in states, or a fixed date; none that cannot be read is extended."""
    within, extend = _within(section), _extend(section)
    limit = Limit(
        name=section.name,
        title=texts.title("limits", section.name),
        within=within,
        counts_for=cast(CountsFor, section.choice("counts_for", get_args(CountsFor), default="unit", required=True)),
        starts=section.text("from", "dispatched"),
        stops=section.text("until", "finished"),
        states=frozenset(section.words("while", "[handling]")),
        task=section.text("task", "lead"),
        promise=section.flag("promise"),
        ends=cast(Ends, section.choice("ends", get_args(Ends), default="midnight")),
        extend=None if within is _STAND_IN else extend,
        remind=section.length("remind", "1 working_day"),
        inner=section.length("inner", "1 working_day"),
        on_expiry=section.text("on_expiry", "accept_silent"),
        when=expression(section, "when", scope),
        kinds=frozenset(section.words("kinds", "[emergency]")),
    )
    section.close()
    return limit


def _within(section: Section) -> Length | FixedDate:
    fixed = section.section("by", "by", example="{date: 2026-06-06}")
    if fixed is None:
        return section.length("within", required=True) or _STAND_IN
    if section.has("within"):
        section.refuse(fixed.node, "two_lengths", f"{section} has a length and a date", "by: {date: 2026-06-06}")
        section.take("within")
    day = fixed.day("date", "2026-06-06", required=True)
    fixed.close()
    return _STAND_IN if day is None else FixedDate(day)


def _extend(section: Section) -> Extend | None:
    part = section.section("extend", "extend")
    if part is None:
        return None
    by = part.length("by", "10 working_days", required=True)
    approvers = part.words("approvers", "[coordinator]", required=True)
    times = part.integer("times", 1, 9, default=max(1, len(approvers)))
    part.close()
    return None if by is None else Extend(by, times, approvers)


def read_task(section: Section, texts: Texts, scope: Scope) -> TaskSpec:
    """One task: the duty that finds its unit, and when it is needed."""
    task = TaskSpec(
        name=section.name,
        duty=section.text("duty", "street", required=True),
        title=texts.title("tasks", section.name),
        when=expression(section, "when", scope),
        mandatory=section.flag("mandatory", default=True),
    )
    section.close()
    return task


def read_cross(section: Section, texts: Texts) -> CrossTest | None:
    """One test of three-cross problems; None where its expression is missing or faulty."""
    if not section.has("when"):
        section.refuse(section.node, "missing_key", f"{section} has no when", "when: departments >= 2")
    when = expression(section, "when", Scope(CROSS_NAMES, {}))
    section.close()
    return None if when is None else CrossTest(section.name, texts.title("tests", section.name), when)


def read_ground(section: Section, texts: Texts) -> Ground:
    """One coded reason."""
    ground = Ground(section.name, texts.title("grounds", section.name), section.length("cap", "90 days"))
    section.close()
    return ground
