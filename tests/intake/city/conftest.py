"""One deployment for all tests of a module, with a city and numbers of its own for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from intake.city.city_house import CityHouse


@pytest.fixture(scope="module")
def city_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CityHouse]:
    made = CityHouse(tmp_path_factory.mktemp("city") / "home")
    yield made
    made.close()


@pytest.fixture
def city(city_house: CityHouse) -> CityHouse:
    return city_house.begin()
