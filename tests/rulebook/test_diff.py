"""`bounces rules diff`, `bounces explain`: what a change of the rules would change, and why a reply is judged as it is."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bounce_verdict.cli.explain import explain_command
from bounce_verdict.cli.rules import rules_app
from bounce_verdict.errors import InputError
from bounce_verdict.model import MessageInput, ReplyInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.rulebook.diff import compare
from bounce_verdict.rulebook.explain import explain_reply
from bounce_verdict.rulebook.load import load_rulebook, rules_folder
from tests.reports import report

TABLES = ("reasons.toml", "codes.toml", "enhanced.toml", "commands.toml")
BOUNCE = report({"ana@example.org": "550 5.7.1 a wombat", "ben@example.org": "550 5.1.1 a koala"}).encode()


def rules(folder: Path, text: str) -> Path:
    """A folder of the shipped tables and `text` as its generic rules."""
    folder.mkdir()
    for name in TABLES:
        (folder / name).write_bytes((rules_folder() / name).read_bytes())
    (folder / "doubts.toml").write_text("", encoding="utf-8")
    (folder / "generic.toml").write_text(text, encoding="utf-8")
    return folder


def rule(verdict: str, reason: str, name: str = "wombat") -> str:
    hits = "hits = ['550 a wombat']\nmisses = ['550 a koala']\n"
    return (
        f"[[rule]]\nid = '{name}'\nmatch = 'wombat'\nverdict = '{verdict}'\nreason = '{reason}'\nreference = 'RFC 5321'\n{hits}"
    )


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return rules(tmp_path / "old", rule("policy", "reputation"))


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return rules(tmp_path / "new", rule("storage", "mailbox-full"))


def both(old: Path, new: Path) -> tuple[Pipeline, Pipeline]:
    return Pipeline(load_rulebook(old)), Pipeline(load_rulebook(new))


def test_a_changed_verdict_is_told_with_both_answers(old: Path, new: Path) -> None:
    changes = list(compare(*both(old, new), [("x:1", ReplyInput("550 5.7.1 a wombat"))]))
    assert len(changes) == 1
    change = changes[0]
    assert change is not None
    assert (change.where, change.text, change.alters_verdict) == ("x:1", "a wombat", True)
    assert (change.before.verdict, change.before.by, change.after.verdict, change.after.reason) == (
        "policy",
        "wombat",
        "storage",
        "mailbox-full",
    )


def test_an_answer_that_stays_the_same_is_no_change(old: Path, new: Path) -> None:
    assert list(compare(*both(old, new), [("x:1", ReplyInput("550 5.1.1 a koala"))])) == [None]


def test_the_same_answer_by_another_rule_is_no_change(old: Path, tmp_path: Path) -> None:
    renamed = rules(tmp_path / "renamed", rule("policy", "reputation", "other"))
    assert list(compare(*both(old, renamed), [("x:1", ReplyInput("550 a wombat"))])) == [None]


def test_a_changed_reason_is_a_change_that_leaves_the_verdict(old: Path, tmp_path: Path) -> None:
    other = rules(tmp_path / "other", rule("policy", "spam-content"))
    changes = list(compare(*both(old, other), [("x:1", ReplyInput("550 a wombat"))]))
    assert [change and change.alters_verdict for change in changes] == [False]


def test_each_recipient_of_a_message_is_compared(old: Path, new: Path) -> None:
    changes = list(compare(*both(old, new), [("a.eml", MessageInput(BOUNCE))]))
    assert [change and change.recipient for change in changes] == ["ana@example.org", None]


# --- the commands ----------------------------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    result = CliRunner().invoke(rules_app, ["diff", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_the_command_reads_lines_objects_and_messages(old: Path, new: Path, tmp_path: Path) -> None:
    (tmp_path / "replies.txt").write_text("550 5.7.1 a wombat\n\n550 5.1.1 a koala\n", encoding="utf-8")
    line = {"reply": "550 5.7.1 a wombat", "command": "rcpt to", "recipient": "ana@example.org", "id": "7"}
    (tmp_path / "replies.ndjson").write_text(json.dumps(line) + "\n", encoding="utf-8")
    (tmp_path / "bounce.eml").write_bytes(BOUNCE)
    files = [str(tmp_path / name) for name in ("replies.txt", "replies.ndjson", "bounce.eml")]
    lines = run(str(old), str(new), *files).splitlines()
    assert lines[::2] == [
        f"{files[0]}:1: policy reputation (wombat) → storage mailbox-full (wombat)",
        f"{files[1]}:1 ana@example.org: policy reputation (wombat) → storage mailbox-full (wombat)",
        f"{files[2]} ana@example.org: policy reputation (wombat) → storage mailbox-full (wombat)",
        "3 of 5 answers change, 3 policy to storage",
    ]


def test_the_command_takes_local_rules_beside_either_folder(old: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "ours.toml").write_text(rule("storage", "mailbox-full", "ours.wombat"), encoding="utf-8")
    (tmp_path / "replies").write_text("550 a wombat\n", encoding="utf-8")
    changed = run(str(old), str(old), str(tmp_path / "replies"), "--new-local", str(tmp_path / "mine"))
    assert "policy reputation (wombat) → storage mailbox-full (ours.wombat)" in changed
    back = run(str(old), str(old), str(tmp_path / "replies"), "--old-local", str(tmp_path / "mine"))
    assert "storage mailbox-full (ours.wombat) → policy reputation (wombat)" in back


def test_the_command_tells_of_other_changes_only_where_asked(old: Path, tmp_path: Path) -> None:
    other = rules(tmp_path / "other", rule("policy", "spam-content"))
    (tmp_path / "replies").write_text("550 a wombat\n", encoding="utf-8")
    assert run(str(old), str(other), str(tmp_path / "replies")) == "0 of 1 answers change\n"
    assert "policy reputation" in run(str(old), str(other), str(tmp_path / "replies"), "--all")


def test_the_command_prints_json_lines(old: Path, new: Path, tmp_path: Path) -> None:
    (tmp_path / "replies").write_text("550 a wombat\n", encoding="utf-8")
    change = json.loads(run(str(old), str(new), str(tmp_path / "replies"), "--json"))
    assert (change["before"]["verdict"], change["after"]["verdict"]) == ("policy", "storage")


@pytest.mark.parametrize(
    "line", ['{"reply": "550 x", "colour": 1', '{"reply": 5}', "{" * 100_000, '{"reply": "550", "command": "say"}']
)
def test_a_line_that_is_no_reply_is_named(old: Path, new: Path, tmp_path: Path, line: str) -> None:
    (tmp_path / "replies").write_text(line, encoding="utf-8")
    with pytest.raises(InputError):
        run(str(old), str(new), str(tmp_path / "replies"))


def test_a_terminal_gets_no_control_characters(old: Path, new: Path, tmp_path: Path) -> None:
    (tmp_path / "replies").write_text(
        '{"reply": "550 a wombat \\u001b[2J", "recipient": "\\u001b]0;x@example.org"}', encoding="utf-8"
    )
    assert "\x1b" not in run(str(old), str(new), str(tmp_path / "replies"))


# --- explain ---------------------------------------------------------------------------------------------------------


def test_an_explanation_tells_of_the_rules_that_came_close(new: Path) -> None:
    explained = explain_reply(load_rulebook(new), ReplyInput("550 5.7.1 a wombat", "RCPT"))
    (text,) = explained.texts
    (group,) = text.groups
    assert (group.name, group.others, [(close.result.rule.id, close.result.held, close.words) for close in group.close]) == (
        "generic", 0, [("wombat", True, "wombat")],
    )  # fmt: skip
    assert explained.answer.verdict == "storage"


def test_a_rule_that_did_not_come_close_is_only_counted(new: Path) -> None:
    (text,) = explain_reply(load_rulebook(new), ReplyInput("550 a koala")).texts
    assert [(list(group.close), group.others) for group in text.groups] == [([], 1)]


def test_a_quoted_reply_is_explained_ahead_of_the_one_around_it(new: Path) -> None:
    reply = "550 5.1.0 host mx.example.org[192.0.2.1] said: 552 5.2.2 a wombat"
    explained = explain_reply(load_rulebook(new), ReplyInput(reply))
    assert explained.texts[0].reply.code == 552
    assert explained.texts[0].reply.text == "a wombat"


def test_the_command_shows_the_winner_and_the_verdict(new: Path) -> None:
    app = typer.Typer()
    app.command()(explain_command)
    result = CliRunner().invoke(app, ["550 5.7.1 a wombat", "--command", "rcpt to", "--rules", str(new)])
    assert "550 5.7.1 to RCPT" in result.stdout
    assert "rules: wombat found “wombat” → storage (rules/generic.toml:1)" in result.stdout
    assert result.stdout.startswith("storage mailbox-full\n")
