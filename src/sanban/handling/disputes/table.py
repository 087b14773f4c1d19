"""The table `case_dispute`: one row for each spell of a disputed case, filled behind the commands like the figures."""

from __future__ import annotations

from sanban.handling.disputes.spells import dispute_of
from sanban.kernel.case.state import Case
from sanban.ledger.port import Projection, columns

Row = tuple[object, ...]


def case_disputes() -> Projection:
    """Spells by their place (`part`), each with what is known of the whole dispute."""
    return Projection(
        table="case_dispute",
        version=1,
        columns=columns(
            "part:int unit:text held:int since:int until:int? began_at:int settled_at:int? "
            "lost_by:text case_id:text number:text matter:text"
        ),
        key=("part",),
        indexes=(("began_at", "case_id", "part"), ("unit", "began_at"), ("lost_by", "began_at")),
        rows=lambda _stream, case: _rows(case),
        deferred=True,
    )


def _rows(case: Case) -> list[Row]:
    dispute = dispute_of(case)
    if dispute is None:
        return []
    whole = (dispute.began_at, dispute.settled_at, dispute.lost_by, case.id, case.number, case.matter)
    return [
        (part, spell.unit, int(spell.held), spell.since, spell.until, *whole)
        for part, spell in enumerate(dispute.spells)
    ]
