"""Deferred projections: tables that are filled behind the commands, so that no command pays for them.

    deferred.position --> a page of events after it --> each stream they belong to, folded up to the page's end --> rows

The rows and the new position commit together: what a table holds is exactly what the states gave at that position, and
that is what `sanban verify` compares. `sanban rebuild` fills everything.
"""

from __future__ import annotations

from collections.abc import Mapping

from sanban.ledger.port import Aggregate, Projection
from sanban.ledger.proof.folding import fold_streams
from sanban.ledger.stores.store import FOLD_COLUMNS, Row, Store, identifier
from sanban.ledger.writing.deriving import rows_of

PAGE = 2000
"""Events that are followed in one transaction."""
POSITION = "SELECT position FROM deferred WHERE district = :district"
LAST = (
    "SELECT MAX(position) FROM ledger_event WHERE district = :district AND position > :after "
    "AND position <= :after + :most"
)
FOLDS = (
    f"SELECT {FOLD_COLUMNS} FROM ledger_event WHERE district = :district AND position + 0 <= :last AND stream IN "  # noqa: S608 -- constant columns
    "(SELECT stream FROM ledger_event WHERE district = :district AND position > :after AND position <= :last "
    "AND stream >= :first AND stream < :end) ORDER BY stream, seq"
)
"""The streams of a page. `+ 0`: by their positions SQLite would read all that was ever written before."""
GONE = "DELETE FROM {table} WHERE district = :district AND stream = :stream"


def fill(store: Store, aggregates: Mapping[str, Aggregate]) -> int:
    """Follows one page of events within the caller's transaction; how many, 0 when nothing is left."""
    kinds = {kind: found for kind, each in aggregates.items() if (found := deferred_of(each))}
    known = store.query(POSITION)
    after = known[0][0] if known else 0
    last = store.query(LAST, {"after": after, "most": PAGE})[0][0] if kinds else None
    if last is None:
        return 0
    for kind, projections in kinds.items():
        page = {"after": after, "last": last, "first": f"{kind}:", "end": f"{kind};"}
        filled: dict[str, list[Row]] = {}
        for stream, entry in fold_streams(store.stream(FOLDS, page), aggregates):
            for one in projections:
                store.execute(GONE.format(table=identifier(one.table)), {"stream": stream})
                filled.setdefault(one.table, []).extend(rows_of(store.district, one, stream, entry.state).values())
        for table, rows in filled.items():
            if rows:
                store.upsert(table, rows)
    store.upsert("deferred", [(store.district, last)])
    return int(last - after)


def deferred_of(aggregate: Aggregate) -> list[Projection]:
    """The aggregate's projections that are filled behind the commands."""
    return [one for one in aggregate.projections if one.deferred]
