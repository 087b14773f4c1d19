"""Who may take a step: denied by default, and never by the party complained about or its agents."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.errors import Refused
from sanban.kernel.party import NO_LINKS, Link, Links, links
from sanban.kernel.permission import (
    NOT_HANDLER,
    RELATIONS,
    STAFF_ROLES,
    Actor,
    CaseFacts,
    Role,
    is_of_lead,
    is_subject,
    may,
    may_be_dispatched,
    relations,
)

ROLES: tuple[Role, ...] = get_args(Role)
FACTS = CaseFacts(
    lead_unit="s1",
    co_units=frozenset({"fire", "firm1"}),
    requesters=frozenset({"p1", "p2"}),
    subjects=frozenset({"p9", "firm9"}),
    handlers=frozenset({"h1"}),
    inner_units=frozenset({"team1"}),
    street="s2",
)
HELD: list[tuple[str, Actor, set[str]]] = [
    ("lead", Actor("h2", "handler", "s1", unit_kind="street"), {"lead_unit", "street", "handler", NOT_HANDLER}),
    ("lead who handled it", Actor("h1", "handler", "s1", unit_kind="street"), {"lead_unit", "street", "handler"}),
    ("co-unit", Actor("h3", "handler", "fire", unit_kind="department"), {"co_unit", "handler", NOT_HANDLER}),
    ("team", Actor("g1", "grid_worker", "team1", unit_kind="grid_team"), {"inner_unit", "grid_worker", NOT_HANDLER}),
    (
        "grid leader",
        Actor("g2", "grid_leader", "s1", unit_kind="street"),
        {"lead_unit", "street", "grid_leader", NOT_HANDLER},
    ),
    ("street of the place", Actor("h4", "handler", "s2", unit_kind="street"), {"street", "handler", NOT_HANDLER}),
    ("another street", Actor("h5", "handler", "s3", unit_kind="street"), {NOT_HANDLER}),
    ("handler without unit", Actor("h6", "handler"), {NOT_HANDLER}),
    ("operator", Actor("o1", "operator", "desk", unit_kind="desk"), {"desk", "operator", NOT_HANDLER}),
    ("dispatcher", Actor("d1", "dispatcher", "centre", unit_kind="centre"), {"desk", "dispatcher", NOT_HANDLER}),
    ("operator away from the desk", Actor("o2", "operator", "s3", unit_kind="street"), {NOT_HANDLER}),
    ("verifier", Actor("v1", "verifier", "s1"), {"verifier", NOT_HANDLER}),
    ("verifier who handled it", Actor("h1", "verifier"), set()),
    ("coordinator", Actor("c1", "coordinator", "centre", unit_kind="centre"), {"coordinator", NOT_HANDLER}),
    ("leader of the lead unit", Actor("l1", "leader", "s1"), {"leader", NOT_HANDLER}),
    ("mechanism owner", Actor("m1", "mechanism_owner"), {"mechanism_owner", NOT_HANDLER}),
    ("auditor", Actor("a1", "auditor"), {"auditor", NOT_HANDLER}),
    ("system", Actor("system", "system"), {"system"}),
    ("requester", Actor("", "requester", party="p1"), {"requester"}),
    ("another person", Actor("", "requester", party="p3"), set()),
    ("requester at work", Actor("h7", "handler", party="p1"), {NOT_HANDLER}),
    ("subject", Actor("", "requester", party="p9"), {"subject"}),
    ("firm that helps", Actor("f1", "property_manager", "firm1", unit_kind="firm"), {"co_unit"}),
    ("firm named as lead", Actor("f2", "property_manager", "s1", unit_kind="firm"), set()),
    ("firm without unit", Actor("f3", "property_manager"), set()),
    ("unknown role", Actor("x", "chief", "s1"), set()),  # type: ignore[arg-type]  # a role nobody declared
]


@pytest.mark.parametrize(("actor", "held"), [row[1:] for row in HELD], ids=[row[0] for row in HELD])
def test_relations_follow_from_role_unit_and_facts(actor: Actor, held: set[str]) -> None:
    assert relations(actor, FACTS) == held
    assert held <= RELATIONS


def test_nobody_is_a_requester_or_subject_by_having_no_name() -> None:
    nameless = CaseFacts("", requesters=frozenset({""}), subjects=frozenset({""}))
    assert relations(Actor("", "requester"), nameless) == frozenset()
    assert not is_subject(Actor("", "requester"), nameless, NO_LINKS, 0)


VERIFIER, LEAD, HANDLED = (HELD[at][1] for at in (11, 0, 1))


@pytest.mark.parametrize(
    ("actor", "step_by", "allowed"),
    [
        (LEAD, {"lead_unit"}, True),
        (LEAD, {"dispatcher", "lead_unit"}, True),
        (LEAD, {"dispatcher"}, False),
        (LEAD, set(), False),
        (LEAD, {"lead_unit", NOT_HANDLER}, True),
        (HANDLED, {"lead_unit", NOT_HANDLER}, False),
        (VERIFIER, {"lead_unit", NOT_HANDLER}, False),
        (VERIFIER, {NOT_HANDLER}, True),
        (HANDLED, {NOT_HANDLER}, False),
        (Actor("", "requester", party="p1"), {NOT_HANDLER}, False),
    ],
)
def test_step_takes_one_of_its_relations_and_not_handler_narrows_them(
    actor: Actor, step_by: set[str], allowed: bool
) -> None:
    found = may(actor, frozenset(step_by), FACTS, NO_LINKS, 0)
    assert (found is None) == allowed
    if found is not None:
        assert found.reason == "not_permitted"
        assert found.example


BINDINGS = [
    ("the subject itself", [], "firm9"),
    ("its agent", [Link("agent_of", "firm1", "firm9", 0)], "firm1"),
    ("its member", [Link("member_of", "fire", "firm9", 0)], "fire"),
    ("an agent's member", [Link("member_of", "s1", "firm5", 0), Link("agent_of", "firm5", "p9", 0)], "s1"),
]


@pytest.mark.parametrize(("found", "unit"), [row[1:] for row in BINDINGS], ids=[row[0] for row in BINDINGS])
def test_unit_bound_to_the_subject_is_not_dispatched_to(found: list[Link], unit: str) -> None:
    refused = may_be_dispatched(unit, FACTS, links(found), 5)
    assert isinstance(refused, Refused)
    assert refused.reason == "unit_is_subject"


def test_unit_is_dispatched_to_again_once_its_agency_has_ended() -> None:
    was_agent = links([Link("agent_of", "firm1", "firm9", 0, 5)])
    assert may_be_dispatched("firm1", FACTS, was_agent, 4) is not None
    assert may_be_dispatched("firm1", FACTS, was_agent, 5) is None


def test_refusal_of_the_subject_reads_like_any_other() -> None:
    agent = links([Link("agent_of", "p5", "p9", 0)])
    bound = Actor("h2", "handler", "s1", "p5", "street")
    stranger = Actor("h5", "handler", "s3", unit_kind="street")
    step = frozenset({"lead_unit"})
    assert may(bound, step, FACTS, NO_LINKS, 0) is None
    refused = may(bound, step, FACTS, agent, 0)
    assert refused is not None
    assert refused == may(stranger, step, FACTS, agent, 0)


NAMES = ["p1", "p9", "s1", "fire", "firm1", "team1", "a1"]
ACTORS = st.builds(
    Actor,
    st.sampled_from(NAMES),
    st.sampled_from(ROLES),
    st.sampled_from(["", *NAMES]),
    st.sampled_from(["", *NAMES]),
    st.sampled_from(["", "desk", "centre", "street", "department", "station", "grid_team", "firm"]),
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


@given(ACTORS, CASES, LINKS, st.frozensets(st.sampled_from(sorted(RELATIONS))))
def test_subject_and_all_bound_to_it_are_refused_every_step(
    actor: Actor, facts: CaseFacts, found: Links, step_by: frozenset[str]
) -> None:
    bound = {name for party in facts.subjects for name in found.bound_to(party, 0)}
    if bound & {actor.id, actor.unit, actor.party}:
        assert may(actor, step_by, facts, found, 0) is not None


@given(ACTORS, CASES, st.frozensets(st.sampled_from(sorted(RELATIONS))))
def test_step_is_taken_only_by_someone_with_a_declared_relation(
    actor: Actor, facts: CaseFacts, step_by: frozenset[str]
) -> None:
    held = relations(actor, facts)
    assert held <= RELATIONS
    if may(actor, step_by, facts, NO_LINKS, 0) is None:
        assert held & step_by
    if actor.role not in STAFF_ROLES:
        assert NOT_HANDLER not in held
    if actor.id in facts.handlers:
        assert not held & {"verifier", NOT_HANDLER}


@given(ACTORS, CASES, st.frozensets(st.sampled_from(sorted(RELATIONS)), max_size=3), st.booleans())
def test_who_is_of_the_lead_is_told_without_gathering_facts(
    actor: Actor, facts: CaseFacts, step_by: frozenset[str], by_lead: bool
) -> None:
    step_by |= {"lead_unit"} if by_lead else frozenset()
    leads = "lead_unit" in relations(actor, facts)
    assert is_of_lead(actor, step_by, facts.lead_unit) == (
        leads and "lead_unit" in step_by and NOT_HANDLER not in step_by
    )
    if is_of_lead(actor, step_by, facts.lead_unit) and not is_subject(actor, facts, NO_LINKS, 0):
        assert may(actor, step_by, facts, NO_LINKS, 0) is None


def test_a_case_that_nobody_leads_is_of_nobody() -> None:
    assert is_of_lead(Actor("h", "handler", "s1"), frozenset({"lead_unit"}), "s1")
    assert not is_of_lead(Actor("h", "handler"), frozenset({"lead_unit"}), "")
