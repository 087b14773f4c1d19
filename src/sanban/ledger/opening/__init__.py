"""Opens a ledger: makes or checks its tables, then gives out its writer and its reader.

    writer, reader = open_sqlite(home / "ledger.db", "heping", aggregates, clock=clock, sealer=vault, opener=vault)
    answer = writer.submit(Submission(command_id, actor, (Part("case:c-17", "dispatch", {...}),)))
    state = reader.state("case:c-17")
    writer.close(); reader.close()

PostgreSQL has the same three functions in `sanban.ledger.opening.postgres`, apart because its driver is an extra.
"""

from __future__ import annotations

from sanban.ledger.opening.sqlite import open_sqlite, read_sqlite, rebuild_sqlite

__all__ = ["open_sqlite", "read_sqlite", "rebuild_sqlite"]
