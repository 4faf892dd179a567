"""`bounces rules suggest` shows the decided texts that are written most like those that no rule decides."""

import json
from pathlib import Path

from tests.cli.running import run

MISSPELT = b"550 usser unknwon\n550 usser unknwon\n551 zzzz\n"


def test_the_nearest_rule_comes_first_with_what_it_says_and_why(rules: Path) -> None:
    first, second = (json.loads(line) for line in run(rules, "rules", "suggest", "--json", stdin=MISSPELT).out.splitlines())
    assert (first["text"], first["recipients"], second["text"]) == ("550 usser unknwon", 2, "551 zzzz")
    nearest = first["nearest"][0]
    assert (nearest["verdict"], nearest["reason"], nearest["rule"]) == ("permanent", "mailbox-unknown", "generic.user-unknown")
    assert 0 < nearest["similarity"] < 1


def test_a_person_is_told_that_these_are_proposals(rules: Path) -> None:
    out = run(rules, "rules", "suggest", stdin=MISSPELT).out
    assert out.startswith("2 recipients: 550 usser unknwon\n  0.")
    assert out.endswith("Proposals for a person to judge, never answers.\n")


def test_a_file_that_rules_decide_whole_has_nothing_to_propose(rules: Path) -> None:
    assert run(rules, "rules", "suggest", stdin=b"550 user unknown\n").out == "A rule decided every text.\n"
