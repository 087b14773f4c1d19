"""Coverage of the kernel is of its examples: every branch has one, and properties run beside them unmeasured.

So chance decides nothing about coverage, and thousands of drawn cases are not traced line by line.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import is_hypothesis_test

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the properties in this folder."""
    for item in items:
        if isinstance(item, pytest.Function) and HERE in item.path.parents and is_hypothesis_test(item.obj):
            item.add_marker(pytest.mark.no_cover)
