"""`bounces explain`: the verdict first, then why; nothing cut in a word."""

from pathlib import Path

import pytest

from tests.cli.running import Done, plain, run, run_in_terminal
from tests.cli.test_cli import BOUNCE
from tests.running import make_few_rules

REPLY = (
    "550 5.1.1 <ana@example.org>: Recipient address rejected, because this is a long story: user unknown in virtual mailbox table"
)
RULES = """
[[rule]]
id = "generic.virtual-table"
match = 'virtual mailbox table'
verdict = "permanent"
reason = "mailbox-unknown"
reference = "RFC 3463 §3.2"
hits = ["550 virtual mailbox table"]
misses = ["550 no"]

[[rule]]
id = "generic.virtual-now"
when = { code = ["4yz"] }
match = 'virtual mailbox'
verdict = "retry"
reason = "system-error"
reference = "RFC 3463 §3.2"
hits = ["450 virtual mailbox"]
misses = ["450 no"]
"""

DOUBT = r"""
[[doubt]]
id = "passing.lookup-failed"
kind = "passing"
match = 'ldap down'
hits = ["550 5.1.1 unknown, ldap down"]
misses = ["550 5.1.1 unknown"]
"""


@pytest.fixture
def more_rules(rules: Path) -> Path:
    file = rules / "generic.toml"
    if "virtual" not in file.read_text(encoding="utf-8"):
        file.write_text(file.read_text(encoding="utf-8") + RULES, encoding="utf-8")
    return rules


def explained(done: Done) -> list[str]:
    assert done.code == 0, done.error
    return plain(done.out).splitlines()


def test_the_verdict_comes_first(rules: Path) -> None:
    lines = explained(run(rules, "explain", REPLY, "--command", "RCPT"))
    assert lines[:2] == ["permanent mailbox-unknown", "The mailbox does not exist at the receiving system."]
    assert "suppress   now: stop sending to this address at once" in lines
    assert "reply      550 5.1.1 to RCPT" in lines


def test_what_holds_now_back_is_shown_with_its_words_and_its_place(tmp_path: Path) -> None:
    rules = make_few_rules(tmp_path / "rules")
    (rules / "doubts.toml").write_text(DOUBT, encoding="utf-8")
    told = " ".join(explained(run(rules, "explain", "550 5.1.1 User unknown, ldap down", "--command", "RCPT")))
    assert "(passing.lookup-failed) found “ldap down” (" in " ".join(told.split())
    assert "doubts.toml:2)" in told


def test_it_says_which_other_rules_match_and_why_they_lose(more_rules: Path) -> None:
    text = " ".join(" ".join(explained(run(more_rules, "explain", REPLY))).split())
    assert (
        "generic.virtual-table → permanent mailbox-unknown: found “virtual mailbox table”, and is asked after generic.user-unknown"
        in text
    )
    assert "generic.virtual-now → retry system-error: found “virtual mailbox”, but the code does not fit" in text


def test_nothing_is_cut_in_a_word_and_lines_that_go_on_are_indented(more_rules: Path) -> None:
    narrow, wide = (explained(run_in_terminal(more_rules, "explain", REPLY, columns=columns)) for columns in (80, 200))
    assert max(map(len, narrow)) <= 80 < max(map(len, wide)) <= 200
    assert " ".join(narrow).split() == " ".join(wide).split()
    begun = next(number for number, line in enumerate(narrow) if line.startswith("text "))
    assert narrow[begun + 1].startswith(" " * 11)


def test_a_bounce_is_explained_for_each_recipient(rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "bounce.eml"
    file.write_text(BOUNCE, encoding="utf-8")
    for done in (run(rules, "explain", str(file)), run(rules, "explain", "-", stdin=BOUNCE.encode())):
        lines = explained(done)
        assert (lines[0], lines[3]) == ("permanent mailbox-unknown", "recipient  ana@example.org")


@pytest.mark.parametrize(
    ("arguments", "fault"), [((" ",), "REPLY: is empty"), (("-", "--command", "RCPT"), "--command: goes with a reply")]
)
def test_what_does_not_apply_is_one_line(rules: Path, arguments: tuple[str, ...], fault: str) -> None:
    done = run(rules, "explain", *arguments, stdin=BOUNCE.encode())
    assert (done.code, done.out, fault in done.error) == (2, "", True)


def test_what_could_rewrite_the_terminal_is_shown_as_question_marks(rules: Path) -> None:
    assert "\x1b" not in run(rules, "explain", "550 user unknown \x1b[2J\u202e").out


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ("bounces/gone.eml", "cannot be read: No such file or directory"),
        ("a.mbox", "is read as mbox"),
        ("a.csv", "is read as csv"),
        ("a.ndjson", "is read as ndjson"),
    ],
)
def test_a_file_that_is_no_reply_and_no_bounce_is_one_line(
    rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, fault: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.mbox").write_text("From MAILER-DAEMON Sun Nov 29 10:00:00 2026\nSubject: x\n\n", encoding="utf-8")
    Path("a.csv").write_text("reply,email\n550 user unknown,ana@example.org\n", encoding="utf-8")
    Path("a.ndjson").write_text('{"reply": "550 user unknown"}\n', encoding="utf-8")
    done = run(rules, "explain", given)
    assert (done.code, done.out, done.error.startswith(f"bounces: {given}: {fault}")) == (2, "", True)


@pytest.mark.parametrize("reply", ["5.1.1", "ana@example.org", "smtp;550", "TSS04"])
def test_a_word_that_names_no_file_is_a_reply(rules: Path, reply: str) -> None:
    assert run(rules, "explain", reply).code == 0
