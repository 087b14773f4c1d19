"""A figure's question is put into words once, and asks of every period what it would ask if it were made anew."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sanban.main.figures.wiring import figures_of, open_facts
from sanban.scorecard.figures.building import Span, sums
from sanban.scorecard.figures.preparing import question
from scorecard.conftest import Scene
from scorecard.conftest import scene as scene  # noqa: PLC0414 -- the fixture
from working_house import DAY, NOW

INSTANTS = st.integers(NOW - 3 * DAY, NOW + 40 * DAY)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["in_time", "resolved", "requests"]), INSTANTS, INSTANTS)
def test_words_that_were_made_once_ask_of_every_span_what_new_words_ask(
    scene: Scene, key: str, since: int, until: int
) -> None:
    house = scene.working.house
    figure = figures_of(house).figure(key, house.calendar.day_of(NOW))
    span = Span(since, until)
    with open_facts(house) as session:
        assert session.answer(question(session, figure, span)) == session.rows(sums(figure, span))
