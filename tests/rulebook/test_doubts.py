"""`[[doubt]]`: what `bounces rules check` refuses of them, and that the operator's own count."""

from pathlib import Path

import pytest

from bounce_verdict.library import Classifier
from bounce_verdict.rulebook.lint import check
from bounce_verdict.rulebook.load import load_rulebook
from tests.rulebook.rule_files import rule, told, write

DOUBT = """[[doubt]]
id = "blame.wombat"
kind = "blame"
match = '\\bwombats?\\b'
hits = ["550 5.1.1 user unknown to the wombat"]
misses = ["550 5.1.1 user unknown to the koala"]
"""


def test_a_sound_doubt_passes(folder: Path) -> None:
    write(folder, "doubts.toml", DOUBT)
    assert check(folder) == []


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("to the wombat", "to the koala", "5: blame.wombat: hit 1 does not raise it"),
        ("to the koala", "to wombats", "6: blame.wombat: miss 1 raises it"),
        ("to the wombat", "at https://wombat.example/", "5: blame.wombat: hit 1 does not raise it"),
        ('kind = "blame"', 'kind = "anger"', "3: blame.wombat: `kind`: input should be 'blame', 'passing'"),
        ('kind = "blame"', 'kind = "passing"', "2: blame.wombat: should be called `passing.…`"),
        ("hits = ", "note = ", "1: blame.wombat: `hits` is missing"),
        ("misses = [", 'note = "x"\nmisses = [', "6: blame.wombat: unknown key `note`"),
        ("wombats?\\b", "(?=wombat)", "4: blame.wombat: the pattern does not compile: lookahead and lookbehind"),
        ("wombats?\\b", "wombat" * 100, "4: blame.wombat: the pattern has 602 characters"),
        ('["550 5.1.1 user unknown to the koala"]', "[]", "6: blame.wombat: `misses`: list should have at least 1 item"),
    ],
)
def test_what_is_wrong_with_a_doubt_has_its_line(folder: Path, old: str, new: str, finding: str) -> None:
    write(folder, "doubts.toml", DOUBT.replace(old, new))
    assert any(line.startswith(f"rules/doubts.toml:{finding}") for line in told(folder)), told(folder)


def test_an_id_is_one_doubts(folder: Path) -> None:
    write(folder, "doubts.toml", DOUBT)
    write(folder, "local/ours.toml", DOUBT)
    assert told(folder) == ["rules/local/ours.toml:2: blame.wombat: this id is taken at rules/doubts.toml:1"]


def test_a_doubt_of_the_operators_is_tried_in_its_own_file(folder: Path) -> None:
    write(folder, "local/ours.toml", DOUBT.replace("to the wombat", "to the koala"))
    assert told(folder) == ["rules/local/ours.toml:5: blame.wombat: hit 1 does not raise it"]


def test_only_the_operators_and_the_shipped_file_hold_doubts(folder: Path) -> None:
    write(folder, "generic.toml", DOUBT)
    assert told(folder) == ["rules/generic.toml:1: unknown key `doubt`"]


def test_a_file_holds_rules_and_doubts(folder: Path) -> None:
    write(folder, "local/ours.toml", rule("ours"), DOUBT)
    book = load_rulebook(folder)
    assert ([one.id for one in book.rules], [one.source for one in book.doubts]) == (["ours"], ["rules/local/ours.toml:10"])


def test_an_operators_doubt_holds_now_back(folder: Path) -> None:
    dead = 'verdict = "permanent"\nreason = "mailbox-unknown"'
    write(folder, "generic.toml", rule("dead", match="user unknown", hits=["550 user unknown"], misses=["550 no"], more=dead))
    reply = "550 user unknown to the wombat"
    assert Classifier(folder, keep_compiled=False).reply(reply).suppress == "now"
    write(folder, "local/ours.toml", DOUBT)
    answer = Classifier(folder, local_rules=folder / "local", keep_compiled=False).reply(reply)
    assert (answer.verdict, answer.suppress) == ("permanent", "if-repeated")
