"""What the tests of the stream share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bounce_verdict.pipeline import Pipeline
from bounce_verdict.rulebook.files import read_files
from bounce_verdict.rulebook.load import load_files
from tests.running import make_few_rules
from tests.stream.running import Nats, create


@pytest.fixture(scope="session")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Few rules, so that a worker starts quickly."""
    return make_few_rules(tmp_path_factory.mktemp("rules") / "rules")


@pytest.fixture(scope="session")
def few_rules_pipeline(rules: Path) -> Pipeline:
    """The same in this process; not under the name `pipeline`, which the session's service has."""
    return Pipeline(load_files(read_files(rules)))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Nats]:
    """A broker with the streams and the consumer."""
    with Nats(tmp_path / "jetstream") as running:
        create(running)
        yield running
