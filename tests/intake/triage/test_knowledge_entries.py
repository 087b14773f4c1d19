"""Declared answers that fit a text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.event import Candidate
from sanban.intake.triage.knowledge import AT_MOST, Knowledge
from sanban.kernel.mechanism import Title
from sanban.packs.desk.knowledge import KnowledgeEntry

START, END = 1_000, 2_000


def entry(code: str, *words: tuple[str, int], matter: str = "", until: int | None = None) -> KnowledgeEntry:
    title = Title(code, code)
    return KnowledgeEntry(code, title, words, START, until, "local", "手册", answer=title, matter=matter)


KNOWLEDGE = Knowledge(
    (
        entry("permit", ("居住证", 60)),
        entry("bill", ("水费", 20), matter="water-outage"),
        entry("old", ("居住证", 60), until=END),
        entry("school", ("入学", 30)),
        entry("school-late", ("入学", 30)),
    ),
    "1",
)


def found(text: str, now: int = START, *matters: str) -> list[str]:
    thought = [Candidate(matter, 9000) for matter in matters]
    return [one.entry.code for one in KNOWLEDGE.fitting(text, "", now, thought)]


def test_an_entry_fits_by_its_words_between_its_dates() -> None:
    assert found("居住证在哪里办") == ["old", "permit"]
    assert found("居住证在哪里办", END) == ["permit"]
    assert found("居住证在哪里办", START - 1) == []
    assert found("别的事情") == []


def test_a_weak_word_needs_its_matter_and_a_matter_alone_fits_nothing() -> None:
    assert found("水费怎么查") == []
    assert found("水费怎么查", START, "water-outage") == ["bill"]
    assert found("停水了怎么办", START, "water-outage") == []


def test_an_entry_is_found_by_its_code_while_it_is_in_force() -> None:
    assert KNOWLEDGE.entry("old", START) is not None
    assert KNOWLEDGE.entry("old", END) is None
    assert KNOWLEDGE.entry("none", START) is None


def test_what_spoke_is_read_back() -> None:
    (one, *_) = KNOWLEDGE.fitting("居住证在哪里办", "", END)
    assert [KNOWLEDGE.word(code) for code in one.words] == ["居住证"]


def test_there_may_be_none() -> None:
    assert Knowledge().fitting("居住证", "", START) == ()


@given(st.text(st.sampled_from("居住证水费入学 的"), max_size=40), st.integers(0, 3_000))
def test_at_most_three_best_first_and_only_those_in_force(text: str, now: int) -> None:
    fitting = KNOWLEDGE.fitting(text, "", now)
    assert len(fitting) <= AT_MOST
    assert [one.points for one in fitting] == sorted((one.points for one in fitting), reverse=True)
    assert all(one.entry.in_force(now) for one in fitting)
