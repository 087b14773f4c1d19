"""A figure's question is put into words once, and asks of every period what it would ask if it were made anew."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sanban.main.figures.wiring import OWN, figures_of, open_facts
from sanban.packs.figures.loading import FIGURES
from sanban.scorecard.figures.building import Span, first, sums
from sanban.scorecard.figures.preparing import listing, question
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
        for unit in (None, "street-01", "street-02"):
            which = {"unit": unit, "excluded": False, "limit": 20}
            assert session.answer(listing(session, figure, span, **which)) == session.rows(first(figure, span, **which))


def test_a_changed_file_of_a_home_is_read_anew(scene: Scene) -> None:
    house = scene.working.house
    own, day = house.home.folder / OWN, house.calendar.day_of(NOW)
    before = figures_of(house)
    assert figures_of(house) is before
    own.mkdir(exist_ok=True)
    shipped = (FIGURES / "resolved.yaml").read_text("utf-8")
    (own / "resolved.yaml").write_text(re.sub(r"zh: [^,}]+", "zh: 另一名称", shipped, count=1), "utf-8")
    told = [book.figure("resolved", day).title.zh for book in (before, figures_of(house))]
    assert told[0] != told[1] == "另一名称"
    (own / "resolved.yaml").unlink()
    assert figures_of(house) == before
