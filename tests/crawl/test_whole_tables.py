"""No statement reads a table that grows as a whole: a page costs the same after ten years as on the first day."""

from __future__ import annotations

import pytest

from crawl.crawling import Crawl
from crawl.planning import Plans

FEW = frozenset(
    {
        "alembic_version", "brief_view", "campaign_view", "decision_view", "deferred", "period_view", "project_view",
        "projection", "rating_view", "reaction_cursor", "revision_view", "shard", "sqlite_master", "vault_master",
    }
)  # fmt: skip
"""Tables of which a district has a row or two, or some a week: what meetings decide, and the sheets of whistles."""
WHOLE = {
    "SELECT matter, grid, CASE WHEN closed_at IS NULL": "public cases are counted once a minute, for all who ask",
    "SELECT about.stream, about.subject FROM case_subject": "when parties are linked, open cases are told of it",
    "SELECT DISTINCT stream FROM case_subject": "what is kept from a viewer of figures, from an index alone",
    "SELECT kind, unit, level, at, case_id, number": "what came up stands there as long as its case is open",
    "SELECT count(*), coalesce(sum(CASE WHEN closed_at IS NULL": "the proof page's totals, which are of everything",
    "SELECT state, COUNT(*) FROM case_view": "the counts of `sanban demo`",
    "SELECT state, channel, COUNT(*) FROM request_view": "the totals of `sanban status`, which are of everything",
    "SELECT request FROM request_view WHERE district = :district AND number": "the simulation's own",
}
"""How statements begin that may all the same, and why."""


@pytest.mark.parametrize(
    ("asked", "is_whole"),
    [
        ("district = :district ORDER BY at LIMIT 9", False),
        ("district = :district AND who = :who ORDER BY at LIMIT 9", True),
        ("district = :district AND at > 3 AND who IN (SELECT who FROM b WHERE c = 1) ORDER BY at LIMIT 9", False),
        ("district = :district AND who IN (SELECT who FROM b LIMIT 1) ORDER BY at", True),
    ],
)
def test_a_list_that_stops_at_a_limit_is_a_page_only_where_its_index_finds_what_it_asks_for(
    plans: Plans, asked: str, is_whole: bool
) -> None:
    sql = f"SELECT at FROM a WHERE {asked}"
    plans.steps[sql] = ["SEARCH a USING INDEX a_1 (district=?)"]
    found = any(one.statement == sql for one in plans.whole())
    del plans.steps[sql]
    assert found == is_whole


def test_no_page_no_operation_and_no_step_reads_a_whole_table_that_grows(crawl: Crawl, plans: Plans) -> None:
    pages = list(crawl.pages("en"))
    assert len({page.kind for page in pages}) > 60
    assert len(crawl.answers(pages)) > 30
    assert len(plans.steps) > 100
    found = {one for one in plans.whole() if one.table not in FEW}
    assert {one for one in found if not one.statement.startswith(tuple(WHOLE))} == set()
