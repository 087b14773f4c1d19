"""What a viewer sees of a case: nothing unless granted, and never the requester for the party complained about."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.party import NO_LINKS, Link, Links, links
from sanban.kernel.permission import RELATIONS, Actor, CaseFacts, Role, relations
from sanban.kernel.sight import BLIND, GRANTS, UNDECLARED, Sight, Visibility, sight

ROLES: tuple[Role, ...] = get_args(Role)
FACTS = CaseFacts(
    lead_unit="s1",
    co_units=frozenset({"fire", "firm1"}),
    requesters=frozenset({"p1"}),
    subjects=frozenset({"p9"}),
    inner_units=frozenset({"team1"}),
    street="s2",
)
LEAD = Actor("h1", "handler", "s1", unit_kind="street")
CO_UNIT = Actor("h2", "handler", "fire", unit_kind="department")
TEAM = Actor("g1", "grid_worker", "team1", unit_kind="grid_team")
FIRM = Actor("f1", "property_manager", "firm1", unit_kind="firm")
DESK = Actor("o1", "operator", "desk", unit_kind="desk")
VERIFIER = Actor("v1", "verifier")
COORDINATOR = Actor("c1", "coordinator")
AUDITOR = Actor("a1", "auditor")
LEADER = Actor("l1", "leader")
OWNER = Actor("m1", "mechanism_owner")
REQUESTER = Actor("", "requester", party="p1")

UNDECLARED_SIGHT = [
    ("lead unit", LEAD, Sight(True, "masked", "full", "exact", True, True)),
    ("co-unit", CO_UNIT, Sight(True, "none", "rewritten", "coarse", True)),
    ("inner unit", TEAM, Sight(True, "none", "rewritten", "coarse", True)),
    ("firm", FIRM, Sight(True, "none", "rewritten", "coarse", True)),
    (
        "street of the place",
        Actor("h4", "handler", "s2", unit_kind="street"),
        Sight(True, "none", "rewritten", "coarse", True),
    ),
    ("desk", DESK, Sight(True, "full", "full", "exact", True, True)),
    ("verifier", VERIFIER, Sight(True, "none", "rewritten", "exact", True, True)),
    ("coordinator", COORDINATOR, Sight(True, "masked", "full", "exact", True, True)),
    ("auditor", AUDITOR, Sight(True, "masked", "rewritten", "coarse", True, True)),
    ("leader", LEADER, Sight(True, "none", "rewritten", "coarse", True, True)),
    ("mechanism owner", OWNER, Sight(True, "none", "none", "none", True, True)),
    ("requester", REQUESTER, Sight(True, "none", "none", "coarse", True, True, own=True)),
    ("system", Actor("system", "system"), BLIND),
    ("another street", Actor("h5", "handler", "s3", unit_kind="street"), BLIND),
    ("another person", Actor("", "requester", party="p2"), BLIND),
    ("unknown role", Actor("x", "chief", "s1"), BLIND),  # type: ignore[arg-type]  # a role nobody declared
    ("subject", Actor("", "requester", party="p9"), BLIND),
]


@pytest.mark.parametrize(
    ("viewer", "expected"), [row[1:] for row in UNDECLARED_SIGHT], ids=[row[0] for row in UNDECLARED_SIGHT]
)
def test_sight_before_the_mechanism_says_anything(viewer: Actor, expected: Sight) -> None:
    assert sight(viewer, FACTS, NO_LINKS, 0) == expected


WIDEST = Visibility(
    requester=tuple(sorted(RELATIONS)),
    text=dict.fromkeys(RELATIONS, "full"),
    place=dict.fromkeys(RELATIONS, "exact"),
)


@pytest.mark.parametrize(
    ("viewer", "most"),
    [
        (LEAD, ("full", "full", "exact")),
        (TEAM, ("full", "full", "exact")),
        (VERIFIER, ("full", "full", "exact")),
        (CO_UNIT, ("none", "rewritten", "exact")),
        (FIRM, ("none", "rewritten", "coarse")),
        (Actor("c2", "coordinator", unit_kind="firm"), ("none", "rewritten", "coarse")),
        (AUDITOR, ("masked", "rewritten", "exact")),
        (LEADER, ("none", "rewritten", "coarse")),
        (OWNER, ("none", "none", "coarse")),
        (REQUESTER, ("none", "none", "coarse")),
    ],
)
def test_widest_declaration_stays_within_what_the_relation_may_ever_see(
    viewer: Actor, most: tuple[str, str, str]
) -> None:
    seen = sight(viewer, FACTS, NO_LINKS, 0, WIDEST)
    assert (seen.requester, seen.text, seen.place) == most


def test_declaration_of_a_matter_file_shows_the_requester_to_the_lead_and_a_coarse_place_to_it() -> None:
    declared = msgspec.convert({"requester": ["lead_unit"], "place": {"lead_unit": "coarse"}}, Visibility)
    seen = sight(LEAD, FACTS, NO_LINKS, 0, declared)
    assert (seen.requester, seen.text, seen.place) == ("full", "full", "coarse")
    assert declared.words() == {"lead_unit"}


def test_closed_case_shows_the_requester_to_nobody_beyond_the_desk() -> None:
    closed = msgspec.structs.replace(FACTS, open=False)
    assert sight(LEAD, closed, NO_LINKS, 0, WIDEST).requester == "masked"
    assert sight(TEAM, closed, NO_LINKS, 0, WIDEST).requester == "none"
    assert sight(DESK, closed, NO_LINKS, 0, WIDEST).requester == "full"


def test_viewer_with_two_relations_sees_the_most_that_either_gives() -> None:
    both = Actor("c1", "coordinator", "fire", unit_kind="department")
    assert {"coordinator", "co_unit"} <= relations(both, FACTS)
    assert sight(both, FACTS, NO_LINKS, 0) == sight(COORDINATOR, FACTS, NO_LINKS, 0)


NAMES = ["p1", "p9", "s1", "fire", "firm1", "team1", "a1"]
KINDS = ["", "desk", "centre", "street", "department", "station", "grid_team", "firm"]
ACTORS = st.builds(
    Actor,
    st.sampled_from(NAMES),
    st.sampled_from([*ROLES, "chief"]),
    st.sampled_from(["", *NAMES]),
    st.sampled_from(["", *NAMES]),
    st.sampled_from(KINDS),
)
NAME_SETS = st.frozensets(st.sampled_from(NAMES), max_size=3)
CASES = st.builds(
    CaseFacts,
    st.sampled_from(NAMES),
    NAME_SETS,
    NAME_SETS,
    NAME_SETS,
    NAME_SETS,
    st.booleans(),
    NAME_SETS,
    st.sampled_from(NAMES),
)
LINKS = st.lists(
    st.builds(
        Link, st.sampled_from(["agent_of", "member_of"]), st.sampled_from(NAMES), st.sampled_from(NAMES), st.just(0)
    ),
    max_size=5,
).map(links)
WORDS = st.sampled_from(sorted(RELATIONS))
DECLARED = st.builds(
    Visibility,
    st.lists(WORDS, max_size=4).map(tuple),
    st.dictionaries(WORDS, st.sampled_from(["none", "rewritten", "full"]), max_size=4),
    st.dictionaries(WORDS, st.sampled_from(["none", "coarse", "exact"]), max_size=4),
)


@given(ACTORS, CASES, LINKS, DECLARED)
def test_subject_and_all_bound_to_it_see_nothing(
    viewer: Actor, facts: CaseFacts, found: Links, declared: Visibility
) -> None:
    bound = {name for party in facts.subjects for name in found.bound_to(party, 0)}
    if bound & {viewer.id, viewer.unit, viewer.party}:
        assert sight(viewer, facts, found, 0, declared) == BLIND


@given(ACTORS, CASES, LINKS, DECLARED)
def test_viewer_without_a_granted_relation_sees_nothing(
    viewer: Actor, facts: CaseFacts, found: Links, declared: Visibility
) -> None:
    seen = sight(viewer, facts, found, 0, declared)
    if not relations(viewer, facts) & GRANTS.keys():
        assert seen == BLIND
    if not seen.case:
        assert seen == BLIND


@given(ACTORS, CASES, LINKS, DECLARED)
def test_firms_leaders_and_mere_co_units_never_learn_who_complained(
    viewer: Actor, facts: CaseFacts, found: Links, declared: Visibility
) -> None:
    seen = sight(viewer, facts, found, 0, declared)
    outsider = viewer.role in {"property_manager", "leader", "mechanism_owner", "system", "requester", "chief"}
    only_helps = not relations(viewer, facts) - {"co_unit", "street", "handler", "not_handler"}
    if outsider or only_helps or viewer.unit_kind == "firm":
        assert seen.requester == "none"
        assert seen.text != "full"


@given(ACTORS, CASES, LINKS)
def test_undeclared_mechanism_shows_the_requester_in_full_to_the_desk_alone(
    viewer: Actor, facts: CaseFacts, found: Links
) -> None:
    seen = sight(viewer, facts, found, 0, UNDECLARED)
    assert seen.requester != "full" or "desk" in relations(viewer, facts)
