"""From one merged file to a `Draft`: the kernel's mechanism, what packs keep beside it, and the nodes it came from.

A draft is made even of a faulty file, so that every check can look at it. Only a draft without faults is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple, cast, get_args
from zoneinfo import ZoneInfo

from sanban.kernel.mechanism import CallBacks, CrossTest, Grounds, Mechanism, Migration, Triage, compile_mechanism
from sanban.kernel.sight import PlaceSight, TextSight, Visibility
from sanban.packs.document import Node
from sanban.packs.reading import parts
from sanban.packs.reading.figures import Figure, read_figure
from sanban.packs.reading.head import Head, instant_of_day, read_head
from sanban.packs.reading.parameters import Dated
from sanban.packs.reading.primitive import Primitive, read_primitive
from sanban.packs.reading.scope import expression, scope_of
from sanban.packs.reading.section import Notes, Section
from sanban.packs.reading.texts import Flat, Texts

GROUND_USES: Final = (
    "returning",
    "suspending",
    "shelving",
    "extending",
    "ending",
    "unmasking",
    "naming",
    "supervising",
    "whistling",
    "screening",
)


class Material(NamedTuple):
    """What a draft is made from: the file alone and merged, with its texts and parameters, inherited ones included."""

    path: Path
    own: Node
    merged: Node
    lines: int
    texts: Texts
    own_texts: Mapping[str, Flat]
    parameters: Mapping[str, Dated]
    base: bool


class Draft(NamedTuple):
    """A file as read. Exactly one of `mechanism` and `primitive` is there, by `head.kind`, if it could be made."""

    head: Head
    material: Material
    mechanism: Mechanism | None
    primitive: Primitive | None
    figures: Mapping[str, Figure]
    used: frozenset[str]
    known_keys: frozenset[str]

    def place(self, *path: str) -> Node:
        """The node at a path of keys, or the nearest one above that exists."""
        node = self.material.merged
        for key in path:
            if not isinstance(node.value, dict) or key not in node.value:
                break
            node = node.value[key]
        return node


def read_draft(material: Material, zone: ZoneInfo, notes: Notes) -> Draft:
    """The draft of one file; every fault of reading is noted."""
    own = Notes()
    section = Section(material.merged, "matter", own)
    head = read_head(section, zone)
    section.take("remove")
    mechanism, primitive, figures = None, None, {}
    if head.kind == "case":
        figures = {
            name: read_figure(part, material.texts) for name, part in section.sections("figures", "figure").items()
        }
        mechanism = _mechanism(section, head, material, zone)
    else:
        primitive = read_primitive(section, head)
    section.close()
    notes.faults |= own.faults
    return Draft(head, material, mechanism, primitive, figures, frozenset(own.used), frozenset(own.known))


def _mechanism(section: Section, head: Head, material: Material, zone: ZoneInfo) -> Mechanism:
    texts = material.texts
    form = {name: parts.read_field(part, texts) for name, part in section.sections("form", "field").items()}
    scope = scope_of(form, material.parameters)
    states = {name: parts.read_state(part, texts) for name, part in section.sections("states", "state").items()}
    start = section.text("start", "filed", required=True)
    steps = section.sections("steps", "step").items()
    limits = section.sections("limits", "limit").items()
    tasks = section.sections("tasks", "task").items()
    return compile_mechanism(
        Mechanism(
            matter=head.matter,
            version=head.version,
            valid_from=head.valid_from,
            title=head.title,
            origin=head.origin,
            source=head.adopted or head.source,
            start=start,
            form=form,
            states=states,
            steps={name: parts.read_step(part, texts, scope, states, start) for name, part in steps},
            limits={name: parts.read_limit(part, texts, scope) for name, part in limits},
            tasks={name: parts.read_task(part, texts, scope) for name, part in tasks},
            grounds=_grounds(section, texts),
            visible=_visible(section),
            triage=_triage(section),
            priority=expression(section, "priority", scope, "int"),
            call_backs=_call_backs(section),
            auto_dispatch=section.flag("auto_dispatch"),
            public=section.flag("public"),
            parameters={name: _dated(dated, zone) for name, dated in material.parameters.items()},
            migrations=_migrations(section),
            crosses=_crosses(section, texts),
        )
    )


def _dated(dated: Dated, zone: ZoneInfo) -> tuple[tuple[int, int], ...]:
    return tuple((instant_of_day(day, zone), value) for day, value in dated.values)


def _grounds(section: Section, texts: Texts) -> Grounds:
    part = section.section("grounds", "grounds")
    if part is None:
        return Grounds()
    by_use = {
        use: {code: parts.read_ground(ground, texts) for code, ground in part.sections(use, "ground").items()}
        for use in GROUND_USES
    }
    part.close()
    return Grounds(**by_use)


def _crosses(section: Section, texts: Texts) -> dict[str, CrossTest]:
    part = section.section("joint", "joint", example="{tests: {cross_department: {when: departments >= 2}}}")
    if part is None:
        return {}
    read = (parts.read_cross(test, texts) for test in part.sections("tests", "test").values())
    part.close()
    return {test.name: test for test in read if test is not None}


def _visible(section: Section) -> Visibility:
    part = section.section("visible", "visible")
    if part is None:
        return Visibility()
    requester = part.words("requester", "[lead_unit]")
    text, place = part.section("text", "text"), part.section("place", "place")
    part.close()
    return Visibility(
        requester=requester,
        text=cast("dict[str, TextSight]", _sights(text, get_args(TextSight))),
        place=cast("dict[str, PlaceSight]", _sights(place, get_args(PlaceSight))),
    )


def _sights(section: Section | None, levels: tuple[str, ...]) -> dict[str, str]:
    if section is None:
        return {}
    return {relation: section.choice(relation, levels) for relation in section.texts()}


def _triage(section: Section) -> Triage:
    part = section.section("triage", "triage")
    if part is None:
        return Triage()
    words = part.section("words", "words", example="{噪声: 30}")
    triage = Triage(() if words is None else words.integers(1, 100), part.integer("auto_at", 0, 10_000))
    part.close()
    return triage


def _call_backs(section: Section) -> CallBacks | None:
    part = section.section("call_backs", "call_backs")
    if part is None:
        return None
    found = CallBacks(
        sample_from=part.integer("sample_from", 2, 100_000, default=30, required=True),
        share=part.integer("share", 1, 100, default=10, required=True),
        least=part.integer("least", 1, 10_000, default=20, required=True),
    )
    part.close()
    return found


def _migrations(section: Section) -> dict[str, Migration]:
    table = section.section("migrations", "migrations")
    found: dict[str, Migration] = {}
    for version, node in (table.node.value if table and isinstance(table.node.value, dict) else {}).items():
        part = Section(node, "migration", section.notes, version)
        states = part.section("states", "states", example="{handling: handling}", required=True)
        found[version] = Migration(version, {} if states is None else states.texts())
        part.close()
    return found
