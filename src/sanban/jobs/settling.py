"""How a process that stays treats Python's collector of cycles.

The ledger's values hold no cycles: they go when nobody needs them any more, and the collector finds nothing in them.
Its young generation is looked through each time so many more containers were made than are gone; with Python's 700 that
is once or twice a batch, mostly over what the cache of states has just been given. With many times as many it comes
seldom, and most of that has been replaced by then. What was loaded at the start stays: it is not looked at again.

Pages and answers do leave cycles, and what is in the middle of being made when the collector comes is taken for old. A
server looks for these itself (`main.serving`).
"""

from __future__ import annotations

import gc

YOUNG = 20_000
"""Containers; looking through so many takes some 5 ms."""


def settle() -> None:
    """To be called once, when everything that stays is loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
