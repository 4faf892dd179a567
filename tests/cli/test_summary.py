"""`bounces summary` counts recipients, not lines, and groups the texts that no rule decided."""

import json
from pathlib import Path

from bounce_verdict.cli.bulk.tally import template_of
from tests.cli.running import run

LINE = '{"reply": "%s", "recipient": "%s"}\n'


def test_many_attempts_are_one_recipient_and_the_last_counts(rules: Path) -> None:
    storm = (LINE % ("450 4.2.0 later", "ana@example.org")) * 40 + LINE % ("550 user unknown", "Ana@example.org")
    counted = json.loads(run(rules, "summary", "--to", "json", stdin=storm.encode()).out)
    assert (counted["recipients"], counted["answers"]) == (1, 41)
    assert counted["by"]["verdict"] == {"permanent": 1}
    assert counted["by"]["rule"] == {"generic.user-unknown": 1}


def test_undecided_texts_that_differ_in_names_and_numbers_are_one_template(rules: Path) -> None:
    text = "".join(
        f"550 odd thing {number} for u{number}@example.org at mx{number}.example.org id {number}\n" for number in range(3)
    )
    counted = json.loads(run(rules, "summary", "--to", "json", stdin=text.encode()).out)
    assert counted["undecided"] == [["550 odd thing N for ADDRESS at HOST id N", 3]]


def test_a_template_keeps_codes_and_words() -> None:
    text = "550 5.7.1 [192.0.2.1] refused <a@b.example>: see https://x.example/?q=1 (4fBx9Qz1abc) 12 times"
    assert template_of(text) == "550 5.7.1 [IP] refused ADDRESS: see URL (ID) N times"


def test_the_table_says_how_many_and_their_share(rules: Path) -> None:
    out = run(rules, "summary", stdin=b"550 user unknown\n452 4.2.2 full\n").out
    assert out.startswith("2 recipients in 2 answers\n")
    assert [line.split() for line in out.splitlines() if line.startswith("permanent")] == [["permanent", "1", "50.0%"]]
