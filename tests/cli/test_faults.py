"""What goes wrong outside of the command ends it with one line and the documented exit code; one bad record costs no other."""

import csv
import io
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from bounce_verdict.cli.bulk.answering import answer_or_problem
from bounce_verdict.response import Problem
from tests.cli.running import BOUNCES, SECONDS, Done, environment, run

REPLY = ("classify", "--reply", "550 user unknown")


def run_in_shell(rules: Path, arguments: Sequence[str], how: str, **more: str) -> Done:
    """Run it as a shell does that was given `how` behind the command."""
    done = subprocess.run(  # noqa: S603
        ["/bin/sh", "-c", f'"$0" "$@" {how}', BOUNCES, *arguments],
        capture_output=True,
        env=environment(rules, **more),
        timeout=SECONDS,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments", [REPLY, (*REPLY, "--to", "table"), ("explain", "550 user unknown"), ("rules", "list"), ("version",), ("--help",)]
)
def test_a_full_disk_is_one_line(rules: Path, arguments: tuple[str, ...], unbuffered: str) -> None:
    done = run_in_shell(rules, arguments, ">/dev/full", PYTHONUNBUFFERED=unbuffered)
    assert (done.code, done.error) == (2, "bounces: stdout: cannot be written: No space left on device\n")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_pipe_that_nobody_reads_on_ends_it_in_silence(rules: Path, unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.run(  # noqa: S603
        [BOUNCES, *REPLY], stdout=writer, stderr=subprocess.PIPE, env=environment(rules, PYTHONUNBUFFERED=unbuffered), check=False
    )
    os.close(writer)
    assert (process.returncode, process.stderr) == (1, b"")


def test_without_stdout_it_says_so(rules: Path) -> None:
    done = run_in_shell(rules, REPLY, ">&-")
    assert (done.code, done.error) == (2, "bounces: stdout: is closed, so that no answer can be written\n")


@pytest.mark.parametrize("command", ["classify", "summary"])
def test_without_stdin_nothing_is_read(rules: Path, command: str) -> None:
    done = run_in_shell(rules, [command], "<&-")
    assert (done.code, done.out, done.error) == (2, "", "bounces: -: is empty\n")


def test_what_leads_nowhere_in_a_folder_is_told_and_the_rest_read(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("550 user unknown\n", encoding="utf-8")
    (tmp_path / "b.txt").symlink_to(tmp_path / "gone")
    done = run(rules, "classify", str(tmp_path))
    assert (done.code, done.out.count("\n")) == (1, 1)
    assert done.error == f"bounces: {tmp_path}/b.txt: cannot be read: No such file or directory\n"


def test_a_file_that_cannot_be_read_from_its_beginning_is_one_line(rules: Path) -> None:
    done = run(rules, "classify", "/proc/self/mem")
    assert (done.code, done.error) == (2, "bounces: /proc/self/mem: cannot be read: Input/output error\n")


@pytest.mark.parametrize("command", [("summary",), ("summary", "--to", "json")])
def test_a_summary_of_nothing_is_none(rules: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "empty").touch()
    done = run(rules, *command, str(tmp_path / "empty"))
    assert (done.code, done.out, done.error) == (2, "", f"bounces: {tmp_path}/empty: is empty\n")


def test_a_row_with_more_cells_than_columns_is_a_problem_and_moves_none_of_ours(rules: Path) -> None:
    wide = b"reply,email\n550 user unknown, but see below,ana@example.org\n550 user unknown,bob@example.org,,\n"
    done = run(rules, "classify", "--to", "csv", stdin=wide)
    ana, bob = csv.DictReader(io.StringIO(done.out))
    assert done.code == 1
    assert (ana["reply"], ana["email"], ana["verdict"], bob["verdict"]) == (
        "550 user unknown", " but see below,ana@example.org", "", "permanent",
    )  # fmt: skip
    assert ana["explanation"] == "row has 3 cells, and the head names 2."


def test_a_fault_of_ours_on_one_record_is_a_problem_that_quotes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    assert answer_or_problem(int, "7") == 7
    found = answer_or_problem(int, "ana@example.org")
    assert isinstance(found, Problem)
    assert (found.status, "ValueError" in caplog.text, "ana" in found.detail + caplog.text) == (500, True, False)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("bounces classify --format p", ["postfix", "powermta"]),
        ("bounces summary --format mb", ["mbox"]),
        ("bounces classify --to ", ["table", "ndjson", "csv"]),
        ("bounces explain --command RC", ["RCPT"]),
        ("bounces key new ana --scope w", ["webhooks"]),
        ("bounces rules sug", ["suggest"]),
    ],
)
def test_a_shell_completes_commands_and_what_options_take(rules: Path, words: str, expected: list[str]) -> None:
    asked = {"_BOUNCES_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    done = subprocess.run([BOUNCES], capture_output=True, env=environment(rules, **asked), timeout=SECONDS, check=False)  # noqa: S603
    assert done.stdout.decode().split() == expected
