"""How the tests are shared out among workers: a file stays whole, and those that take longest are begun first.

A file whose tests are many is not the one that takes long, and one that is begun last keeps one worker busy while the
others are done. Where the full counts are run, each store of the calls to the API is a share of its own.
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadFileScheduling

LONGEST = (
    "tests/hostile/test_api_document.py",
    "tests/privacy/",
    "tests/contracts/test_verify_in_parts.py",
    "tests/contracts/test_ledger_survives.py",
    "tests/crawl/",
    "tests/browser/",
    "tests/revision/",
    "tests/stories/",
    "tests/contracts/",
)
"""Beginnings of test ids, the longest first."""

APART = {"tests/hostile/test_api_document.py": "[postgres"}
"""A file -> what the ids of those of its tests hold that stand on fixtures of their own."""


TOGETHER = ("tests/crawl/", "tests/revision/")
"""Folders whose files share one district that takes long to make."""


def rank(nodeid: str) -> int:
    """The place of a test in the order in which files are begun."""
    return next((place for place, start in enumerate(LONGEST) if nodeid.startswith(start)), len(LONGEST))


def share(nodeid: str) -> str:
    """What a test is run together with."""
    together = next((folder for folder in TOGETHER if nodeid.startswith(folder)), "")
    if together:
        return together
    path = nodeid.partition("::")[0]
    apart = APART.get(path)
    return f"{path}{apart}" if apart and apart in nodeid else path


class Shares(LoadFileScheduling):
    """Shares out by `share` in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        return share(nodeid)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: rank(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Shares | None:
    return Shares(config, log) if config.getoption("dist") == "loadfile" else None
