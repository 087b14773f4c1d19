"""Items at work: proposing from the list, adopting, reaching milestones, and measuring from the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from sanban.joint.surrounding import sent, state_of, was_sent, written
from sanban.joint.yearly.event import CampaignCarriedOver
from sanban.joint.yearly.item import Item, item_id, stream_of
from sanban.joint.yearly.listing import cases_as_of, counts, matter_years, position_of, yearly_list
from sanban.joint.yearly.ports import Needs
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Secret, Stored, Submission

SYSTEM = Actor("measuring", "system")


def item_of(needs: Needs, item: str) -> Item | None:
    """The item of an id."""
    found: Item | None = state_of(needs, stream_of(item), Item)
    return found


def propose(needs: Needs, viewer: Actor, command_id: str, year: str, matter: str) -> str | Refused:
    """Proposes a matter of the year's list, with the numbers that the ledger gives now; the item's id."""
    item = item_id(year, matter)
    if was_sent(needs, stream_of(item), command_id):
        return item
    found = yearly_list(needs, year)
    if isinstance(found, Refused):
        return found
    row = next((one for one in found.rows if one.matter == matter), None)
    if row is None:
        on_it = ", ".join(one.matter for one in found.rows) or "none yet"
        return Refused("not_on_the_list", f"{matter[:48]} is not on the list of {year}", on_it)
    args = {
        "year": year, "matter": matter, "cases": row.cases, "requests": row.requests, "repeats": row.repeats,
        "unresolved": row.unresolved, "position": found.position,
    }  # fmt: skip
    return sent(needs, viewer, command_id, Part(stream_of(item), "propose", args)) or item


def adopt(
    needs: Needs,
    viewer: Actor,
    command_id: str,
    item: str,
    now: int,
    *,
    unit: str,
    measure: str,
    below: int,
    measured_until: int,
    milestones: Sequence[tuple[int, str]] = (),
) -> Refused | None:
    """Adopts an item by the minutes that adopted its list. `milestones`: until when, and what."""
    if unit and unit not in needs.units(now):
        return Refused("no_owner", "an item has one unit that answers for it", "street-01")
    stream = stream_of(item)
    secrets: list[Secret] = []
    given = []
    for number, (due_at, text) in enumerate(milestones):
        said = written(needs, stream, command_id, text, name=f"milestone {number}")
        if isinstance(said, Refused):
            return said
        secrets += said.secrets
        given.append({"due_at": due_at, "text": said.ref})
    args = {"unit": unit, "measure": measure, "below": below, "measured_until": measured_until, "milestones": given}
    return sent(needs, viewer, command_id, Part(stream, "adopt", args), tuple(secrets))


def reach(needs: Needs, viewer: Actor, command_id: str, item: str, milestone: int) -> Refused | None:
    """Its owner has reached a milestone."""
    return sent(needs, viewer, command_id, Part(stream_of(item), "reach", {"milestone": milestone}))


def measure(needs: Needs, command_id: str, item: str) -> Refused | None:
    """Says how an item stands, over the cases opened since its adoption; once its time is over, it ends by itself."""
    known = item_of(needs, item)
    if known is None or known.adopted is None:
        return Refused("not_adopted", "no meeting has adopted this item", "adopt it, citing the minutes")
    if was_sent(needs, stream_of(item), command_id):
        return None
    adopted, matter = known.adopted, known.proposed.matter
    found = matter_years(needs, adopted.at, adopted.measured_until, matter)
    cases, count = (found[0].cases, found[0].counted(adopted.measure)) if found else (0, 0)
    args = {"cases": cases, "count": count, "position": position_of(needs)}
    return sent(needs, SYSTEM, command_id, Part(stream_of(item), "measure", args))


def carried_on(needs: Needs, event: Stored) -> Sequence[Submission]:
    """On `campaign.carried_over`: the matter is an item of the next year, with the numbers that it ended with."""
    known = needs.reader.state(event.stream)
    if not isinstance(known, Item) or known.adopted is None or not isinstance(known.ended, CampaignCarriedOver):
        return ()
    year, matter, adopted = known.ended.year, known.proposed.matter, known.adopted
    cases = cases_as_of(needs, matter, adopted.at, adopted.measured_until)
    args = {
        "year": year, "matter": matter, "cases": len(cases), "requests": sum(len(one.requests) for one in cases),
        "repeats": sum(counts(needs.terms, one, "repeat_rate") for one in cases),
        "unresolved": sum(counts(needs.terms, one, "unresolved_share") for one in cases),
        "position": event.position, "carried": known.proposed.id,
    }  # fmt: skip
    return (Submission("", SYSTEM, (Part(stream_of(item_id(year, matter)), "propose", args),)),)


def measured_at_the_end(needs: Needs, event: Stored) -> Sequence[Submission]:
    """On `campaign.fell_due`: the item is measured as its cases stood when the measure's time was over."""
    known = needs.reader.state(event.stream, at=event.recorded_at)
    if not isinstance(known, Item) or known.adopted is None:
        return ()
    adopted = known.adopted
    cases = cases_as_of(needs, known.proposed.matter, adopted.at, adopted.measured_until)
    count = sum(counts(needs.terms, one, adopted.measure) for one in cases)
    args = {"cases": len(cases), "count": count, "position": 0}
    return (Submission("", SYSTEM, (Part(event.stream, "measure", args),)),)
