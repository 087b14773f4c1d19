"""Which parts run in a deployment, and what the demo's centre does with them."""

from __future__ import annotations

from msgspec.structs import replace

from joint.small_joint import DAY, LEADER, SYSTEM, Joint
from sanban.joint.meeting.steps import book_of
from sanban.joint.rating.sheet import sheet_id, stream_of
from sanban.joint.team.steps import project_of
from sanban.main.joint.feed import SimulatedCentre
from sanban.main.joint.surrounding import meeting_needs_of, parts, reactions, team_needs_of


def test_in_production_a_part_runs_only_by_terms_of_the_districts_own(joint: Joint) -> None:
    house = joint.house
    house.ledger.reach()
    followed = ["case.released", "campaign.fell_due", "campaign.carried_over"]
    assert (len(parts(house)), list(reactions(house))) == (4, followed)
    house.home = replace(house.home, settings=replace(house.home.settings, mode="production"))
    assert (parts(house), reactions(house)) == ((), {})
    terms = house.joint_terms
    house.__dict__["joint_terms"] = terms._replace(rating=replace(terms.rating, origin="local"))
    (rating,) = parts(house)
    assert {page.path.split("/")[1] for page in rating.pages} == {"ratings"}
    assert list(reactions(house)) == ["case.released"]


def test_the_demos_centre_meets_rates_adopts_a_list_and_leads_a_project(joint: Joint) -> None:
    for number in range(6):
        joint.case(requester=f"person:{number}")
    blocker = joint.case("project-blocker", gate="filing")
    for number in range(8):
        whistle = f"c-{number}.w1"
        facts = {"case": f"c-{number}", "number": f"2026-{number:06}", "whistle": whistle, "unit": "police"}
        stream = stream_of(sheet_id(whistle, "police"))
        opened = {**facts, "street": "street-01", "released_at": joint.now, "absent": number == 0}
        assert joint.send(SYSTEM, stream, "open", **opened) is None
    centre = SimulatedCentre(joint.house, joint.now + 30 * DAY)
    for _ in range(31):
        joint.later(DAY)
        centre.act(joint.now)
    book = book_of(meeting_needs_of(joint.house))
    opened_with = [len(one.called.undone) for one in book.meetings.values()]
    assert (len(opened_with), opened_with[0], opened_with[1] >= 1, opened_with[2] >= opened_with[1]) == (
        3,
        0,
        True,
        True,
    )
    assert book.minutes_that_adopted("yearly_list", "2026") is not None
    query = joint.house.reader.query
    assert query("SELECT count(*) FROM campaign_view WHERE district = :district AND state = 'adopted'") == [(1,)]
    states = dict(query("SELECT state, count(*) FROM rating_view WHERE district = :district GROUP BY state"))
    assert sum(states.values()) == states.get("settled", 0) + states.get("reviewed", 0) == 8
    needs = team_needs_of(joint.house)
    (project,) = (row[0] for row in query("SELECT project FROM project_view WHERE district = :district"))
    assert [one.case for one in needs.blockers(LEADER, project)] == [blocker]
    known = project_of(needs, project)
    assert known is not None
    assert list(known.passed) == ["design"]
    assert [one.season for one in known.risks] == ["rain", "heat"], "what early June may bring"
    assert joint.house.verify().is_whole
