"""`bounces rules new` begins a rule from an undecided reply; `rules check` says what is missing."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounce_verdict.cli.rules.skeleton import skeleton
from bounce_verdict.model import ReplyInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.rulebook.load import load_rulebook
from tests.cli.running import run
from tests.running import make_few_rules

ODD = "550 5.7.1 <bob@example.com>: odd thing's (refused) id 4fBx9Qz1abc at mx3.example.com"


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    return Pipeline(load_rulebook(make_few_rules(tmp_path_factory.mktemp("new") / "rules")))


def test_the_check_names_each_thing_that_a_person_has_to_fill_in(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(run(rules, "rules", "new", ODD).out, encoding="utf-8")
    done = run(rules, "rules", "check", "--local", str(tmp_path))
    assert done.code == 1
    assert re.findall(r"ours\.toml:\d+: error: local\.odd-thing-refused: `(\w+)`", done.out) == [
        "verdict",
        "reason",
        "reference",
        "misses",
    ]


def test_filled_in_it_is_a_rule_that_wins_its_hit(rules: Path, tmp_path: Path) -> None:
    written = run(rules, "rules", "new", ODD, "--command", "RCPT", "--id", "local.odd").out
    for key, content in {"verdict": "retry", "reason": "greylisted", "reference": "our own log"}.items():
        written = written.replace(f'{key} = ""', f'{key} = "{content}"')
    (tmp_path / "ours.toml").write_text(written.replace("misses = []", 'misses = ["550 no"]'), encoding="utf-8")
    done = run(rules, "rules", "check", "--local", str(tmp_path))
    assert (done.code, done.out.splitlines()[-1]) == (0, "0 errors, 0 warnings, 0 notes")


def test_addresses_of_people_do_not_get_into_the_rule(rules: Path) -> None:
    assert "bob" not in run(rules, "rules", "new", ODD).out


def test_a_reply_that_a_rule_decides_needs_none(rules: Path) -> None:
    done = run(rules, "rules", "new", "-", stdin=b"550 user unknown\n")
    assert done.code == 2
    assert re.fullmatch(r"bounces: REPLY: is decided by generic\.user-unknown \(\S+:\d+\)\n", done.error)


def test_a_reply_of_codes_alone_gives_a_rule_by_its_code(rules: Path) -> None:
    (rule,) = tomllib.loads(run(rules, "rules", "new", "571").out)["rule"]
    assert (rule["when"], "match" in rule) == ({"code": [571]}, False)


@given(text=st.text(min_size=1, max_size=400).filter(str.strip))
def test_whatever_the_reply_says_the_skeleton_is_toml_and_its_pattern_finds_the_text(text: str, pipeline: Pipeline) -> None:
    answer = pipeline.reply(ReplyInput(f"550 {text}", None, None))
    (rule,) = tomllib.loads(skeleton(f"550 {text}", answer, command=None, remote_mta=None, rule_id=None))["rule"]
    said = answer.reply.text if answer.reply is not None else ""
    assert re.search(rule.get("match", ""), said, re.IGNORECASE | re.DOTALL)
    assert rule["hits"]
