"""Whether a store can be used as it is; if not, `making` makes it so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sanban.kernel.errors import SanbanError
from sanban.ledger.migrations.standing import is_of_this_version
from sanban.ledger.port import Aggregate
from sanban.ledger.stores.shapes import holds
from sanban.ledger.stores.store import Source


def by_kind(aggregates: Sequence[Aggregate]) -> Mapping[str, Aggregate]:
    """Aggregates by the kind of stream they stand for. Raises SanbanError when a kind has two."""
    kinds = {aggregate.kind: aggregate for aggregate in aggregates}
    if len(kinds) != len(aggregates):
        raise SanbanError("every kind of stream has one aggregate", "case, account, pool")
    return kinds


def is_ready(source: Source, aggregates: Mapping[str, Aggregate]) -> bool:
    """Whether a store has all its tables, and rows in them of the declared versions."""
    return is_of_this_version(source) and holds(source, aggregates.values())
