"""What a rating leaves in the tables of facts: who rated whom at which whistle, and how it stands. No words."""

from __future__ import annotations

from sanban.columnar.laying import Layout, Rows
from sanban.joint.rating.sheet import KIND, Sheet


def rating_layout() -> Layout:
    """Every sheet that a release opened; what a review made of it stands in place of what was given."""
    return Layout(KIND, lambda sheet: sheet.opened.released_at, _rows)


def _rows(sheet: Sheet) -> Rows:
    opened, given, reviewed = sheet.opened, sheet.given, sheet.reviewed
    final = reviewed if reviewed is not None and reviewed.outcome == "revised" else given
    left_out = reviewed.ground if reviewed is not None and reviewed.outcome == "excluded" else ""
    row = (
        opened.case,
        opened.number,
        opened.whistle,
        "",
        opened.street,
        "",
        opened.unit,
        sheet.state,
        left_out,
        opened.absent,
        final is not None and final.good,
        final.points if final is not None else 0,
        opened.released_at,
        given.at if given is not None else None,
    )
    return {"ratings": [row]}
