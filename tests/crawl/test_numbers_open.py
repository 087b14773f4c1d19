"""Every number on the pages of figures opens what it counts: a cell with a number that leads nowhere is a fault."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crawl.crawling import Crawl, Element, Page

FIGURES = (
    "/overview", "/scorecard", "/periods", "/briefs/{week}", "/yearly", "/revisions", "/ageing", "/figures", "/ratings",
)  # fmt: skip
"""Where figures are told; everything below belongs to it."""
PLAIN = {
    "95 % interval": "made of the fraction beside it",
    "By, at the median": "of the due times beside it, not a count",
    "Change": "made of the two figures beside it",
    "By working day": "made of the two figures beside it and of the working days",
    "Points": "made of the three numbers beside it",
    "By chance alone": "a chance; the rules looked at are no cases",
    "Ends when": "a mark that was set, and how many are too few",
    "What changes": "what the rule says, not what was counted",
    "Unit": "a name",
    "Leads": "a name",
    "Owner": "a name",
    "Age": "a name: from how many days to how many",
}
"""Columns and terms whose numbers count nothing, and why."""
NUMBER = re.compile(r"(?<![\w.,/-])[1-9][\d,]*(?:\.\d+)?(?![\w-])")
"""Nothing has nothing to open."""
PERCENT = re.compile(r"[\d.]+(?: %)? ?– ?[\d.]+(?: %)?|[\d.]+ %")
"""Shares and their intervals: made of the fraction, which is a link beside them."""
ORDINAL = re.compile(r"^\s*\d+\.\s")
ASIDE = frozenset({"a", "time", "form", "select", "summary", "svg", "label", "h2", "h3"})
"""What opens, what is a time, and what is no statement of the page."""


def test_a_number_on_a_page_of_figures_opens_what_it_counts(crawl: Crawl) -> None:
    kinds: set[str] = set()
    closed: dict[str, str] = {}
    for page in crawl.pages("en", "/overview", "/scorecard", "/yearly", "/revisions", "/ageing", "/figures"):
        if page.kind.startswith(FIGURES):
            kinds.add(page.kind)
            found = numbers_that_lead_nowhere(page)
            closed |= {f"{page.kind} {told.partition(':')[0]}": told for told in found}
    assert {"/overview", "/yearly", "/yearly/items/{item_id}", "/revisions/{revision_id}", "/ageing"} <= kinds
    assert closed == {}


def numbers_that_lead_nowhere(page: Page) -> Iterator[str]:
    """Cells that tell a number outside a link, with the heading that they stand under."""
    for cell in page.main.every("td", "dd", "li"):
        if cell.within("nav") is not None or is_of_a_case(cell) or heading_of(cell) in PLAIN:
            continue
        said = ORDINAL.sub("", own_text(cell))
        opens = any(any(map(str.isdigit, one.text())) for one in cell.every("a"))
        if NUMBER.search(PERCENT.sub("", said) if opens else said):
            yield f"{heading_of(cell)}: {' '.join(said.split())}"


def is_of_a_case(cell: Element) -> bool:
    """Whether the cell's row is a case, which it opens: its numbers are that case's own."""
    row = cell.within("tr")
    return row is not None and any(one.attributes.get("href", "").startswith("/cases/") for one in row.every("a"))


def own_text(cell: Element) -> str:
    """Its words; those of a list inside it are the list's."""
    return "" if any(inner is not cell for inner in cell.every("li")) else cell.text(ASIDE)


def heading_of(cell: Element) -> str:
    """The term, the label of the cell, the head of its column, or of its section."""
    if cell.tag == "dd" and cell.parent is not None:
        return " ".join(next(cell.parent.every("dt")).text().split())
    section, table = cell.within("section"), cell.within("table")
    if cell.tag == "li" and section is not None:
        return next((" ".join(one.text().split()) for one in section.every("h2", "h3")), "")
    if "data-label" in cell.attributes or table is None or cell.parent is None:
        return cell.attributes.get("data-label", "")
    heads = [" ".join(one.text().split()) for one in table.every("th")]
    place = [one for one in cell.parent.inside if isinstance(one, Element)].index(cell)
    return heads[place] if place < len(heads) else ""
