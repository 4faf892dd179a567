"""`bounces codes` and `bounces rules list`: the tables as others can read them."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bounce_verdict.cli.codes import codes_command
from bounce_verdict.cli.output.tables import Format, write_table
from bounce_verdict.cli.rules import rules_app
from tests.running import RULE, make_few_rules


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return make_few_rules(tmp_path / "rules")


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def codes(to: Format, rules: Path, capsys: pytest.CaptureFixture[str]) -> str:
    codes_command(to, rules)
    return capsys.readouterr().out


def test_both_forms_of_the_codes_say_the_same(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = list(csv.DictReader(io.StringIO(codes(Format.CSV, rules, capsys))))
    objects = lines(codes(Format.JSONL, rules, capsys))
    assert table == [{key: text or "" for key, text in one.items()} for one in objects]
    assert len(table) > 300


@pytest.mark.parametrize(
    ("kind", "code", "command", "verdict", "reason"),
    [
        ("reply", "550", "RCPT", "permanent", "mailbox-unknown"),
        ("enhanced", "4.2.2", None, "storage", "mailbox-full"),
        ("enhanced", "5.1.1", None, "permanent", "mailbox-unknown"),
    ],
)
def test_a_code_has_the_verdict_that_follows_from_it_alone(
    rules: Path, capsys: pytest.CaptureFixture[str], kind: str, code: str, command: str | None, verdict: str, reason: str
) -> None:
    told = lines(codes(Format.JSONL, rules, capsys))
    (found,) = (one for one in told if (one["kind"], one["code"], one["command"]) == (kind, code, command))
    assert (found["verdict"], found["reason"]) == (verdict, reason)


def test_rules_are_listed_with_what_they_rest_on(rules: Path) -> None:
    done = CliRunner().invoke(rules_app, ["list", "--to", "jsonl", "--rules", str(rules)])
    assert lines(done.stdout) == [
        {
            "id": "generic.user-unknown",
            "verdict": "permanent",
            "reason": "mailbox-unknown",
            "reference": "RFC 3463 §3.2",
            "source": "rules/generic.toml:1",
            "hits": ["550 user unknown"],
        }
    ]


def test_a_cell_that_a_spreadsheet_would_compute_gets_an_apostrophe(rules: Path) -> None:
    shady = RULE.replace('"550 user unknown"', '"=HYPERLINK(1) user unknown"')
    (rules / "generic.toml").write_text(shady, encoding="utf-8")
    done = CliRunner().invoke(rules_app, ["list", "--to", "csv", "--rules", str(rules)])
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert row["hits"] == "'=HYPERLINK(1) user unknown"


@pytest.mark.parametrize("first", ["=", "+", "-", "@"])
def test_so_does_each_sign_that_begins_a_formula(first: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_table([{"cell": f"{first}1"}], Format.CSV)
    assert list(csv.reader(io.StringIO(capsys.readouterr().out, newline="")))[1] == [f"'{first}1"]
