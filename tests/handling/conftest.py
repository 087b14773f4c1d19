"""A fresh small district, and one that the tests of reading share because they change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from handling.small_district import DAY, District, worked_case


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    """A district of one's own."""
    made = District(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[District, str]]:
    """A district with one case that the street works on, two days old; for reading alone."""
    made = District(tmp_path_factory.mktemp("worked"))
    case_id = worked_case(made)
    made.pass_time(2 * DAY)
    yield made, case_id
    made.close()
