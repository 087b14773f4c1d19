"""Links between parties: transitive, dated, and safe in rings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.party import NO_LINKS, Link, LinkKind, Party, links

NAMES = ["a", "b", "c", "d", "e"]


def agent(source: str, target: str, start: int = 0, end: int | None = None) -> Link:
    return Link("agent_of", source, target, start, end)


def member(source: str, target: str) -> Link:
    return Link("member_of", source, target, 0)


CHAIN = links([agent("b", "a"), agent("c", "b", 5, 9), agent("d", "c"), member("e", "b")])


@pytest.mark.parametrize(
    ("party", "instant", "agents", "bound"),
    [
        ("a", 0, {"b"}, {"a", "b", "e"}),
        ("a", 5, {"b", "c", "d"}, {"a", "b", "c", "d", "e"}),
        ("a", 9, {"b"}, {"a", "b", "e"}),
        ("d", 5, set(), {"d"}),
        ("nobody", 5, set(), {"nobody"}),
    ],
)
def test_agents_are_found_at_any_remove_while_their_links_hold(
    party: str, instant: int, agents: set[str], bound: set[str]
) -> None:
    assert CHAIN.agents_of(party, instant) == agents
    assert CHAIN.bound_to(party, instant) == bound


def test_ring_of_agents_ends_and_leaves_the_party_itself_out() -> None:
    ring = links([agent("a", "b"), agent("b", "c"), agent("c", "a")])
    assert ring.agents_of("a", 0) == {"b", "c"}
    assert ring.stands_for(["a"], 0) == {"a", "b", "c"}


def test_without_links_a_party_stands_for_itself() -> None:
    party = Party("p1", "person")
    assert NO_LINKS.stands_for([party.id], 0) == {"p1"}
    assert NO_LINKS.agents_of(party.id, 0) == frozenset()


KINDS: list[LinkKind] = ["agent_of", "member_of"]
LINKS = st.lists(
    st.builds(
        Link,
        st.sampled_from(KINDS),
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.integers(0, 5),
        st.none() | st.integers(6, 9),
    ),
    max_size=12,
)


@given(LINKS, st.sampled_from(NAMES), st.integers(-1, 10))
def test_bound_to_and_stands_for_are_the_two_ends_of_one_relation(found: list[Link], party: str, instant: int) -> None:
    index = links(found)
    assert index.bound_to(party, instant) == {name for name in NAMES if party in index.stands_for([name], instant)}


@given(LINKS, st.sampled_from(NAMES), st.integers(-1, 10))
def test_agents_are_closed_under_agency_and_among_those_bound(found: list[Link], party: str, instant: int) -> None:
    index = links(found)
    agents = index.agents_of(party, instant)
    assert agents <= index.bound_to(party, instant)
    assert {more for one in agents for more in index.agents_of(one, instant)} - {party} <= agents


@given(LINKS, st.sampled_from(NAMES), st.integers(-1, 10))
def test_order_of_links_does_not_matter(found: list[Link], party: str, instant: int) -> None:
    assert links(found).bound_to(party, instant) == links(reversed(found)).bound_to(party, instant)
