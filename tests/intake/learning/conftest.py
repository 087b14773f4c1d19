"""One small model for all tests of learning."""

from __future__ import annotations

import pytest

from intake.learning.made import examples
from sanban.intake.learning.model import Model
from sanban.intake.learning.training import train


@pytest.fixture(scope="session")
def model() -> Model:
    return train(examples())
