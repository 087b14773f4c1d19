"""One district's server for each test, and a client before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from intake.open311.small_server import Client, District


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., tuple[District, Client]]]:
    """Opens the server with settings of the test's own."""
    with ExitStack() as stack:

        def opened(**told: Any) -> tuple[District, Client]:
            district = District(tmp_path, **told)
            stack.callback(district.close)
            http = stack.enter_context(TestClient(district.app(), raise_server_exceptions=False))
            return district, Client(http, district.key)

        yield opened


@pytest.fixture
def district_and_client(serve: Callable[..., tuple[District, Client]]) -> tuple[District, Client]:
    return serve()


@pytest.fixture
def district(district_and_client: tuple[District, Client]) -> District:
    return district_and_client[0]


@pytest.fixture
def client(district_and_client: tuple[District, Client]) -> Client:
    return district_and_client[1]
