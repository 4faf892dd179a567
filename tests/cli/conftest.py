"""Rules that compile in no time, made once."""

from pathlib import Path

import pytest

from tests.running import make_few_rules


@pytest.fixture(scope="package")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_few_rules(tmp_path_factory.mktemp("cli") / "rules")
