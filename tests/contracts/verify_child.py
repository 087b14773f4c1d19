"""A process without threads that verifies a ledger twice, alone and with others, and prints both reports.

    python verify_child.py STORE TARGET [LIBRARY]

One JSON object: `alone` and `shared` are the reports, `by_others` whether the others settled it, `threads` how many
threads the system counts. LIBRARY: a module that is imported first.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).parent.parent))

from contracts.counter_aggregate import CounterAggregate
from sanban.ledger.opening import read_sqlite
from sanban.ledger.opening.postgres import read_postgres
from sanban.ledger.proof import parts, verify
from sanban.ledger.proof.findings import Report


def main(store: str, target: str, *libraries: str) -> None:
    """Verifies and prints."""
    for library in libraries:
        importlib.import_module(library)
    threads = len(list(Path("/proc/self/task").iterdir()))
    aggregates: Sequence[Any] = [CounterAggregate()]
    if store == "sqlite":
        reader = read_sqlite(Path(target), "heping", aggregates)
    else:
        reader = read_postgres(target, "heping", aggregates)
    parts.FEWEST = 10**9
    alone = verify.verify(reader)
    parts.FEWEST = 1
    parts.LEAST = 5
    outcomes: list[Report | None] = []
    whole = verify._whole

    def told(*given: Any) -> Report | None:
        outcomes.append(whole(*given))
        return outcomes[-1]

    verify._whole = told
    shared = verify.verify(reader)
    reader.close()
    by_others = [one is not None for one in outcomes]
    told_all = {"alone": alone, "shared": shared, "by_others": by_others, "threads": threads}
    print(msgspec.json.encode(told_all).decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
