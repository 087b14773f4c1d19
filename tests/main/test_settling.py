"""A process that stays spares the collector of cycles what it has loaded, and what its ledger makes for a while."""

from __future__ import annotations

import subprocess
import sys

SETTLED = """
import gc
from sanban.jobs.settling import settle
settle()
print(gc.get_freeze_count(), *gc.get_threshold())
"""


def test_what_is_loaded_is_looked_at_no_more_and_what_is_young_seldom() -> None:
    told = subprocess.run([sys.executable, "-c", SETTLED], capture_output=True, text=True, check=True).stdout
    kept, young, *older = map(int, told.split())
    assert kept > 1000
    assert young == 20_000
    assert older == [10, 10]
