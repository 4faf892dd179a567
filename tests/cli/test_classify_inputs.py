"""`bounces classify` tells by itself what a file holds, and answers each recipient of it."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from bounce_verdict.cli.loading import MAX_BODY
from bounce_verdict.settings import Settings
from tests.cli.running import run
from tests.cli.test_cli import BOUNCE

LOG = (
    "Nov 29 09:15:01 mail postfix/qmgr[7]: 4X1: from=<n@example.com>, size=1, nrcpt=1 (queue active)\n"
    "Nov 29 09:15:01 mail postfix/smtp[7]: 4X1: to=<ana@example.org>, relay=none, delay=1, dsn=5.1.1, status=bounced (550 user unknown)\n"
)
FROM = "From MAILER-DAEMON Sun Nov 29 10:00:00 2026\n"


def classified(rules: Path, *arguments: str, stdin: bytes = b"") -> list[dict[str, Any]]:
    done = run(rules, "classify", *arguments, stdin=stdin)
    assert (done.code, done.error) == (0, "")
    return [json.loads(line) for line in done.out.splitlines()]


def found(answers: list[dict[str, Any]]) -> list[tuple[int, object, object]]:
    return [(one["number"], one.get("recipient"), one.get("verdict", one.get("kind"))) for one in answers]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("550 user unknown\n\n452 4.2.2 full\n", [(1, None, "permanent"), (3, None, "storage")]),
        ("550-5.1.1 sorry\n550 5.1.1 user unknown\n421 busy\n", [(1, None, "permanent"), (3, None, "retry")]),
        ("550-5.1.1 user unknown\n550-5.1.1 user unknown\n", [(1, None, "permanent"), (2, None, "permanent")]),
        ("550 user unknown, error\n452 4.2.2 full; message\n", [(1, None, "permanent"), (2, None, "storage")]),
        (BOUNCE, [(1, "ana@example.org", "permanent")]),
        (FROM + BOUNCE + "\n" + FROM + "Subject: hello\n\nFrom here on.\n", [(1, "ana@example.org", "permanent"), (2, None, "not-a-report")]),
        ('{"reply": "550 user unknown", "recipient": "ana@example.org"}\n', [(1, "ana@example.org", "permanent")]),
        (json.dumps({"message": BOUNCE}) + "\n", [(1, "ana@example.org", "permanent")]),
        (LOG, [(2, "ana@example.org", "permanent")]),
        ("email,reply\nana@example.org,550 user unknown\n", [(2, "ana@example.org", "permanent")]),
        ('sep=;\r\nemail;reply\r\nana@example.org;"550 user\nunknown"\r\nbob@example.org;452 4.2.2 full', [(3, "ana@example.org", "permanent"), (5, "bob@example.org", "storage")]),
    ],
)  # fmt: skip
def test_what_a_file_holds_is_recognised(rules: Path, tmp_path: Path, content: str, expected: list[object]) -> None:
    file = tmp_path / "input"
    file.write_text(content, encoding="utf-8", newline="")
    assert found(classified(rules, str(file))) == expected


def test_a_gzip_of_it_and_stdin_are_read_as_the_file(rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "log.gz"
    file.write_bytes(gzip.compress(LOG.encode()))
    packed, typed = classified(rules, str(file)), classified(rules, "-", stdin=gzip.compress(LOG.encode()))
    assert found(packed) == found(typed) == found(classified(rules, stdin=LOG.encode()))


def test_a_zstandard_file_is_read(rules: Path, tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    file = tmp_path / "log.zst"
    file.write_bytes(zstandard.compress(LOG.encode()))
    assert found(classified(rules, str(file))) == [(2, "ana@example.org", "permanent")]


def test_a_damaged_gzip_is_told_and_the_others_are_read(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(LOG.encode())[:-12])
    (tmp_path / "b.txt").write_text("550 user unknown\n", encoding="utf-8")
    done = run(rules, "classify", str(tmp_path))
    assert done.code == 1
    assert done.error == f"bounces: {tmp_path}/a.gz: ends in the middle of compressed data\n"
    assert json.loads(done.out)["file"] == f"{tmp_path}/b.txt"


def test_what_is_read_of_a_message_where_nothing_is_set_is_the_settings_default() -> None:
    assert Settings.model_fields["max_body"].default == MAX_BODY


def test_a_maildir_is_its_messages_and_not_what_is_being_written(rules: Path, tmp_path: Path) -> None:
    for name in ("cur", "new", "tmp"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.mx:2,S").write_text(BOUNCE, encoding="utf-8")
    answers = classified(rules, str(tmp_path))
    assert [one["file"] for one in answers] == [f"{tmp_path}/cur/1.mx:2,S", f"{tmp_path}/new/1.mx:2,S"]


def test_a_folder_is_all_that_it_holds_but_for_hidden_files(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("deep/b.eml", "a.eml", ".hidden.eml"):
        (tmp_path / name).write_text(BOUNCE, encoding="utf-8")
    assert [one["file"] for one in classified(rules, str(tmp_path))] == [f"{tmp_path}/a.eml", f"{tmp_path}/deep/b.eml"]


def test_an_mbox_quotes_its_own_lines_and_a_paragraph_begins_no_message(rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "mbox"
    file.write_text(f"{FROM}Subject: a\n\n>{FROM}\nFrom then on all was well.\n\n{FROM}Subject: b\n\nb\n", encoding="utf-8")
    assert [one["number"] for one in classified(rules, str(file))] == [1, 2]


def test_the_format_can_be_forced(rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "input"
    file.write_text(LOG.splitlines()[1] + "\n", encoding="utf-8")
    assert found(classified(rules, str(file), "--format", "replies"))[0][1] is None
    assert found(classified(rules, str(file), "--format", "postfix")) == [(1, "ana@example.org", "permanent")]


def test_a_log_in_another_format_than_was_said_is_told(rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "input"
    file.write_text("hello\n", encoding="utf-8")
    done = run(rules, "classify", str(file), "--format", "log")
    assert (done.code, "no line of a mail log" in done.error) == (2, True)


def test_a_line_of_many_megabytes_takes_the_next_with_it_no_more_than_memory(rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "input"
    with file.open("wb") as opened:
        opened.write(b"550 user unknown ")
        for _ in range(40):
            opened.write(b"x" * 1_000_000)
        opened.write(b"\n550 user unknown\n")
    assert found(classified(rules, str(file))) == [(1, None, "permanent"), (2, None, "permanent")]


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("--reply", "550 no", "file"), "FILE: does not go with --reply"),
        (("--reply", ""), "--reply: is empty"),
        (("--command", "RCPT"), "--command: goes with --reply only"),
        (("--bom",), "--bom: goes with --to csv only"),
        (("--format", "frob"), "--format: must be one of message, mbox"),
        (("--format", "mbox", "--column", "reply"), "--column: goes with CSV only"),
        (("--column", "reply"), "--column: does not go with -, which is read as replies"),
        (("--envelope-to", "a@b.example"), "--envelope-to or --envelope-from: does not go with -, which is read as replies"),
        (("--resume", "next"), "--resume: must be what a stopped run said"),
        (("--resume", "9:0:1"), "--resume: begins at file 9"),
    ],
)
def test_an_option_that_does_not_apply_is_an_error(rules: Path, arguments: tuple[str, ...], fault: str) -> None:
    done = run(rules, "classify", *arguments, stdin=b"550 no\n")
    assert (done.code, done.out) == (2, "")
    assert fault in done.error
