"""Deployments for the tests of what surrounds a whistle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from joint.small_joint import Joint


@pytest.fixture
def joint(tmp_path: Path) -> Iterator[Joint]:
    """A deployment on SQLite."""
    made = Joint(tmp_path / "home")
    yield made
    made.close()
