"""What pages and API show of a year's list: the computed rows with the items that came of them, and one item."""

from __future__ import annotations

import msgspec

from sanban.joint.surrounding import opened_texts
from sanban.joint.yearly.event import CampaignCarriedOver
from sanban.joint.yearly.item import Item, item_id
from sanban.joint.yearly.listing import MatterYear, YearlyList
from sanban.joint.yearly.ports import Needs
from sanban.kernel.mechanism import Title
from sanban.kernel.score import interval, share

_ITEMS = "SELECT matter, item, state FROM campaign_view WHERE district = :district AND year = :year ORDER BY matter"


class ListRow(msgspec.Struct, frozen=True):
    """A matter of the list, and its item, '' where it was not proposed."""

    numbers: MatterYear
    title: Title
    item: str
    state: str


class ListView(msgspec.Struct, frozen=True):
    """A year's list. `kept`: items of matters that are not on the list any more. `position`: of the ledger."""

    year: str
    position: int
    rows: tuple[ListRow, ...]
    others: int
    kept: tuple[ListRow, ...] = ()


class MilestoneLine(msgspec.Struct, frozen=True):
    """One milestone, counted from 1. `reached_at` 0 where it was not."""

    number: int
    due_at: int
    text: str
    reached_at: int
    missed: bool


class ItemView(msgspec.Struct, frozen=True):
    """One item. Shares in basis points. `over`: its measure's time is.

    `carried`: the item of the year before that it goes on from; `carried_to`: the item that it goes on as.
    """

    item: str
    year: str
    matter: str
    title: Title
    state: str
    cases: int
    requests: int
    repeats: int
    unresolved: int
    meeting: str = ""
    unit: str = ""
    unit_title: Title | None = None
    measure: str = ""
    below: int = 0
    minimum: int = 0
    measured_until: int = 0
    milestones: tuple[MilestoneLine, ...] = ()
    measured_at: int = 0
    measured_cases: int = 0
    measured_count: int = 0
    measured_share: int | None = None
    measured_interval: tuple[int, int] | None = None
    met: bool = False
    ended_at: int = 0
    over: bool = False
    carried: str = ""
    carried_to: str = ""


def list_view(needs: Needs, found: YearlyList, now: int) -> ListView:
    """The list with its items. One statement more than the list."""
    items = {matter: (item, state) for matter, item, state in needs.reader.query(_ITEMS, {"year": found.year})}
    rows = tuple(ListRow(row, needs.matter(row.matter, now), *items.get(row.matter, ("", ""))) for row in found.rows)
    listed = {row.matter for row in found.rows}
    kept = tuple(
        ListRow(_no_numbers(matter), needs.matter(matter, now), *told)
        for matter, told in items.items()
        if matter not in listed
    )
    return ListView(found.year, found.position, rows, found.others, kept)


def item_view(needs: Needs, item: Item, now: int) -> ItemView:
    """One item in words."""
    proposed, adopted, measured = item.proposed, item.adopted, item.measured
    view = ItemView(
        item=proposed.id,
        year=proposed.year,
        matter=proposed.matter,
        title=needs.matter(proposed.matter, now),
        state=item.state,
        cases=proposed.cases,
        requests=proposed.requests,
        repeats=proposed.repeats,
        unresolved=proposed.unresolved,
        ended_at=item.ended.at if item.ended else 0,
        carried=proposed.carried,
        carried_to=item_id(item.ended.year, proposed.matter) if isinstance(item.ended, CampaignCarriedOver) else "",
    )
    if adopted is None:
        return view
    texts = opened_texts(needs, [one.text for one in adopted.milestones])
    view = msgspec.structs.replace(
        view,
        meeting=adopted.meeting,
        unit=adopted.unit,
        unit_title=needs.unit(adopted.unit, now),
        measure=adopted.measure,
        below=adopted.below,
        minimum=adopted.minimum,
        measured_until=adopted.measured_until,
        over=adopted.measured_until <= now,
        milestones=tuple(
            MilestoneLine(
                number, one.due_at, texts.get(one.text, ""), item.reached.get(number, 0), number in item.missed
            )
            for number, one in enumerate(adopted.milestones, start=1)
        ),
    )
    if measured is None:
        return view
    return msgspec.structs.replace(
        view,
        measured_at=measured.at,
        measured_cases=measured.cases,
        measured_count=measured.count,
        measured_share=share(measured.count, measured.cases),
        measured_interval=interval(measured.count, measured.cases),
        met=measured.met,
    )


def _no_numbers(matter: str) -> MatterYear:
    return MatterYear(matter, 0, 0, 0, None, None, 0, None, None, 0)
