"""Makes what a store needs before it is used: its tables, and projections of the declared version, refilled if asked.

SQLAlchemy is loaded here and in `migrations`; a SQLite store that is ready (`preparing`) is opened without either.
"""

from __future__ import annotations

from collections.abc import Mapping

from sanban.kernel.errors import SanbanError
from sanban.ledger.migrations.upgrading import engine_of, hold, make_or_check
from sanban.ledger.port import Aggregate
from sanban.ledger.proof.rebuild import make_tables, refill, register, remake_changed, stale
from sanban.ledger.stores.store import Store


def prepare(url: str, district: str, aggregates: Mapping[str, Aggregate]) -> None:
    make_or_check(url)
    with engine_of(url) as engine, engine.begin() as connection:
        hold(connection)
        if tables := stale(connection, district, aggregates):
            raise SanbanError(f"these projections must be refilled: {', '.join(tables)}", "sanban rebuild")
        make_tables(connection, aggregates)
        register(connection, district, aggregates)


def remake(url: str, aggregates: Mapping[str, Aggregate]) -> None:
    make_or_check(url)
    with engine_of(url) as engine, engine.begin() as connection:
        hold(connection)
        remake_changed(connection, aggregates)


def refill_store(store: Store, url: str, aggregates: Mapping[str, Aggregate]) -> int:
    try:
        count = refill(store, aggregates)
    except Exception as error:
        raise store.failure(error) or error from error
    finally:
        store.close()
    with engine_of(url) as engine, engine.begin() as connection:
        register(connection, store.district, aggregates)
    return count
