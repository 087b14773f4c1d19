"""A process that writes to a ledger until it is killed, and says what was acknowledged, one line a command.

    python ledger_child.py STORE TARGET CALLERS COUNT START...

STORE is sqlite or postgres, TARGET the file or URL. Each of CALLERS threads submits COUNT commands, numbered from its
START; a line is `caller number repeated`, written only after the answer.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from contracts.counter_aggregate import CounterAggregate, add
from sanban.ledger.opening import open_sqlite
from sanban.ledger.opening.postgres import open_postgres
from sanban.ledger.writing.writer import Writer

STREAMS = 5


def main(store: str, target: str, callers: str, count: str, *starts: str) -> None:
    """Opens the ledger and starts the callers."""
    aggregates = [CounterAggregate()]
    if store == "sqlite":
        writer, _ = open_sqlite(Path(target), "heping", aggregates, clock=_now)
    else:
        writer, _ = open_postgres(target, "heping", aggregates, clock=_now)
    threads = [
        threading.Thread(target=_call, args=(writer, caller, int(starts[caller]), int(count)))
        for caller in range(int(callers))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()


def _call(writer: Writer, caller: int, start: int, count: int) -> None:
    for number in range(start, start + count):
        answer = writer.submit(add(f"k{caller}-{number}", f"s{(caller + number) % STREAMS}", 0))
        os.write(1, f"{caller} {number} {int(answer.repeated)}\n".encode())


def _now() -> int:
    return time.time_ns() // 1000


if __name__ == "__main__":
    main(*sys.argv[1:])
