"""Many requests at once: a real outage is urgent, a few who repeat themselves are looked at, and nobody is closed."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.triage.flood import HOUR, FloodRule, Voice, Wave, signature_of, waves

NOW = 1_780_000_000_000_000
RULE = FloodRule()
VOICES = st.lists(
    st.builds(
        Voice,
        at=st.integers(NOW - 2 * HOUR, NOW + HOUR),
        matter=st.sampled_from(("water-outage", "noise")),
        place=st.sampled_from(("g1", "g2")),
        person=st.integers(0, 40).map(lambda number: f"person:{number}"),
        signature=st.integers(0, 3),
    ),
    max_size=120,
)


def said(number: int, people: int, texts: int) -> list[Voice]:
    """`number` requests inside the hour, from so many people, in so many texts."""
    return [
        Voice(NOW - HOUR + 1 + at * (HOUR // number), "water-outage", "g1", f"person:{at % people}", at % texts)
        for at in range(number)
    ]


def test_five_hundred_requests_from_four_hundred_numbers_are_one_urgent_wave_and_not_flagged() -> None:
    (wave,) = waves(said(500, 400, 480), NOW)
    assert (wave.requests, wave.persons, wave.urgent, wave.flagged) == (500, 400, True, False)


def test_five_hundred_requests_from_three_numbers_with_one_text_are_one_wave_flagged_for_a_person() -> None:
    (wave,) = waves(said(500, 3, 1), NOW)
    assert (wave.requests, wave.persons, wave.urgent, wave.flagged) == (500, 3, False, True)
    assert set(wave.repeaters) == {"person:0", "person:1", "person:2"}


def test_three_who_flood_a_real_outage_are_looked_at_and_take_no_urgency_from_it() -> None:
    flood = [msgspec.structs.replace(one, person=f"bad:{at % 3}") for at, one in enumerate(said(500, 3, 1))]
    (wave,) = waves([*said(500, 400, 480), *flood], NOW)
    assert (wave.urgent, wave.flagged) == (True, True)
    assert wave.repeaters == ("bad:0", "bad:1", "bad:2")


def test_one_who_asks_in_many_words_is_not_flagged() -> None:
    assert [wave.flagged for wave in waves(said(30, 2, 29), NOW)] == [False]


def test_a_wave_can_only_say_look_here() -> None:
    assert set(Wave.__struct_fields__).isdisjoint({"closed", "close", "limit", "due_at", "route"})


@given(VOICES)
def test_each_thing_has_one_wave_at_most_and_the_order_of_voices_does_not_matter(voices: list[Voice]) -> None:
    found = waves(voices, NOW)
    assert len({(wave.matter, wave.place) for wave in found}) == len(found)
    assert waves(voices[::-1], NOW) == found
    inside = [one for one in voices if NOW - HOUR < one.at <= NOW]
    assert all(RULE.fewest <= wave.requests <= len(inside) for wave in found)
    assert all(NOW - HOUR < wave.since <= wave.until <= NOW for wave in found)


@given(VOICES, VOICES)
def test_more_voices_never_make_a_wave_less_urgent(voices: list[Voice], more: list[Voice]) -> None:
    urgent = {(wave.matter, wave.place) for wave in waves(voices, NOW) if wave.urgent}
    assert urgent <= {(wave.matter, wave.place) for wave in waves([*voices, *more], NOW) if wave.urgent}


@given(VOICES)
def test_a_flag_needs_people_who_repeat_themselves(voices: list[Voice]) -> None:
    for wave in waves(voices, NOW):
        assert not wave.flagged or wave.repeaters
        assert wave.persons <= wave.requests
        assert wave.texts <= wave.requests


@given(st.text(max_size=40))
def test_a_signature_does_not_hang_on_case_width_signs_or_figures(text: str) -> None:
    assert signature_of(f" {text}！12 ") == signature_of(text)
    assert 0 <= signature_of(text) < 1 << 56
    assert signature_of("停水了") != signature_of("停电了")
