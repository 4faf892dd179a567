"""A stranger's file of rules is checked in a child process, within limits."""

from pathlib import Path

import pytest

from bounce_verdict.errors import InputError
from bounce_verdict.model import ReplyInput
from bounce_verdict.rulebook.findings import Finding
from bounce_verdict.rulebook.sandbox import MAX_BYTES, check_text
from tests.rulebook.rule_files import rule, write


def test_a_strangers_file_is_checked_beside_the_others(folder: Path) -> None:
    write(folder, "generic.toml", rule("a", "platypus", ["550 a platypus"]))
    checked = check_text(rule("own", hits=["550 a koala"], misses=["550 no"]), None, folder)
    assert list(checked.findings) == [Finding("rules/local/checked.toml", 7, "error", "own: hit 1 does not match in `a koala`")]


def test_a_strangers_file_may_stand_in_for_a_shipped_one(folder: Path) -> None:
    write(folder, "providers/zoo.toml", "not TOML at all")
    assert list(check_text(rule("zoo.wombat"), "rules/providers/zoo.toml", folder).findings) == []


def test_a_strangers_shipped_file_is_tried_without_the_local_rules_but_replies_with_them(folder: Path) -> None:
    write(folder, "local/ours.toml", rule("ours"))
    changed = rule("a", hits=["550 a wombat"], misses=["550 no"])
    checked = check_text(changed, "rules/generic.toml", folder, replies=[ReplyInput("550 a wombat")])
    assert list(checked.findings) == []
    assert checked.replies[0] is not None
    assert checked.replies[0].rule is not None
    assert checked.replies[0].rule.id == "ours"


def test_replies_are_judged_as_the_changed_rules_would(folder: Path) -> None:
    before = check_text("", None, folder, replies=[ReplyInput("550 a wombat", "RCPT")])
    after = check_text(rule("own"), None, folder, replies=[ReplyInput("550 a wombat", "RCPT")])
    assert [answer and answer.verdict for answer in (*before.replies, *after.replies)] == ["permanent", "policy"]
    assert after.replies[0] is not None
    assert after.replies[0].rule is not None
    assert after.replies[0].rule.id == "own"


def test_replies_are_not_judged_by_rules_that_cannot_be_loaded(folder: Path) -> None:
    checked = check_text("[[rule", None, folder, replies=[ReplyInput("550 a wombat")])
    assert (list(checked.replies), checked.findings[0].level) == ([None], "error")


@pytest.mark.parametrize(
    "path", ["../../etc/passwd", "rules/reasons.toml", "rules/local/../x.toml", "rules/local/a/b.toml", "/x.toml"]
)
def test_rules_stand_only_where_rules_stand(folder: Path, path: str) -> None:
    assert "rules stand in" in check_text("", path, folder).findings[0].message


def test_half_a_surrogate_pair_is_no_error(folder: Path) -> None:
    checked = check_text("# \ud800\n[[rule", "\ud800", folder, replies=[ReplyInput("550 \ud800")])
    assert checked.findings[0].level == "error"


def test_a_file_of_more_than_256_kb_is_too_large(folder: Path) -> None:
    with pytest.raises(InputError):
        check_text("#" * (MAX_BYTES + 1), None, folder)


def test_a_file_of_more_than_500_rules_is_too_large(folder: Path) -> None:
    assert "more than 500 rules" in check_text("[[rule]]\n" * 501, None, folder).findings[0].message


def test_a_file_that_takes_too_long_costs_only_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bounce_verdict.rulebook.sandbox.WALL_SECONDS", 0.01)
    checked = check_text(rule("own"), None, folder, replies=[ReplyInput("550 a wombat")])
    assert "too dear" in checked.findings[0].message
    assert list(checked.replies) == [None]
