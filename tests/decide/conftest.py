"""The tables of the shipped rules."""

import pytest

from bounce_verdict.model import Rulebook
from bounce_verdict.pipeline.decide.tables import Tables, build_tables


@pytest.fixture(scope="module")
def tables(book: Rulebook) -> Tables:
    return build_tables(book)
