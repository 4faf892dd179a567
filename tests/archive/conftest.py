"""Rules that compile in no time, made once; and the same with one more."""

from pathlib import Path

import pytest

from tests.running import RULE, make_few_rules

MORE = """
[[rule]]
id = "generic.greylisted"
match = 'grey hound'
verdict = "policy"
reason = "blocklisted"
reference = "RFC 6647"
hits = ["450 grey hound"]
misses = ["450 no"]
"""


@pytest.fixture(scope="package")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_few_rules(tmp_path_factory.mktemp("archive") / "rules")


@pytest.fixture(scope="package")
def other_rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_few_rules(tmp_path_factory.mktemp("archive") / "rules")
    (folder / "generic.toml").write_text(RULE + MORE, encoding="utf-8")
    return folder
