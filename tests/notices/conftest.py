"""A deployment whose channel is a twin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from notices.telling_house import Telling


@pytest.fixture
def telling(tmp_path: Path) -> Iterator[Telling]:
    made = Telling(tmp_path / "home", mail="memory://")
    yield made
    made.house.close()
