"""The table `case_dispute`: one row for each spell of a disputed case, filled behind the commands like the figures."""

from __future__ import annotations

from sanban.handling.disputes.spells import Dispute, disputes_in
from sanban.kernel.case.state import Case
from sanban.ledger.port import Projection, columns

Row = tuple[object, ...]


def case_disputes() -> Projection:
    """Spells by their place (`part`) in the case's `nth` dispute, each with what is known of the whole dispute."""
    return Projection(
        table="case_dispute",
        version=2,
        columns=columns(
            "nth:int part:int unit:text held:int since:int until:int? began_at:int settled_at:int? "
            "lost_by:text case_id:text number:text matter:text"
        ),
        key=("nth", "part"),
        indexes=(("began_at", "case_id", "nth", "part"), ("unit", "began_at"), ("lost_by", "began_at")),
        rows=lambda _stream, case: _rows(case),
        deferred=True,
    )


def _rows(case: Case) -> list[Row]:
    return [
        (nth, part, spell.unit, int(spell.held), spell.since, spell.until, *_whole(case, dispute))
        for nth, dispute in enumerate(disputes_in(case), start=1)
        for part, spell in enumerate(dispute.spells)
    ]


def _whole(case: Case, dispute: Dispute) -> Row:
    return (dispute.began_at, dispute.settled_at, dispute.lost_by, case.id, case.number, case.matter)
