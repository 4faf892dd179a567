"""A file that cannot be used is an error with its line, and with what was expected."""

import re
from pathlib import Path

import pytest

from bounce_verdict.model import Rulebook
from bounce_verdict.pipeline.decide import tables
from bounce_verdict.rulebook.tables import OWN_REASONS
from tests.rulebook.rule_files import write
from tests.rulebook.small_rulebook import REASONS, error, folder_of_reasons, rule


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folder_of_reasons(tmp_path)


def test_a_folder_without_reasons_is_no_rulebook(tmp_path: Path) -> None:
    assert error(tmp_path) == f"rules/reasons.toml:0: no such file in {tmp_path}: this folder holds no rules"


def test_a_reason_that_the_program_gives_must_be_there(folder: Path) -> None:
    write(folder, "reasons.toml", REASONS.replace("[delivered]", "[handed-over]"))
    assert error(folder) == "rules/reasons.toml:0: reason `delivered` is missing; the program itself gives it"


def test_a_folder_without_doubts_is_refused_since_nothing_would_hold_now_back(folder: Path) -> None:
    (folder / "doubts.toml").unlink()
    assert error(folder) == "rules/doubts.toml:0: no such file: nothing would hold `suppress: now` back; copy the shipped one"


def test_every_reason_that_the_program_gives_is_known_to_be_needed(book: Rulebook) -> None:
    pipeline = Path(tables.__file__).parent
    words = {
        word
        for name in ("__init__", "tables", "verdict")
        for word in re.findall(r'"([a-z-]+)"', (pipeline / f"{name}.py").read_text())
    }
    assert words & set(book.reasons) <= set(OWN_REASONS)


def test_a_syntax_error_has_its_line(folder: Path) -> None:
    write(folder, "generic.toml", rule("a") + "\n\nmatch = \n")
    assert error(folder) == "rules/generic.toml:12: not TOML: Invalid value"


def test_a_syntax_error_at_the_end_has_the_last_line(folder: Path) -> None:
    write(folder, "generic.toml", "\n\nrule = [")
    assert error(folder).startswith("rules/generic.toml:3: not TOML: ")


def test_a_file_that_is_not_utf_8_has_the_line_of_the_byte(folder: Path) -> None:
    (folder / "generic.toml").write_bytes(b"# fine\n# caf\xe9\n")
    assert error(folder) == "rules/generic.toml:2: not UTF-8, which TOML demands"


def test_a_file_nested_without_end_is_an_error(folder: Path) -> None:
    write(folder, "generic.toml", "a = " + "[" * 100_000)
    assert error(folder) == "rules/generic.toml:0: nested too deep"


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ('verdict = "storage"', 'verdict = "soft"', 14, "b: `verdict`: input should be 'retry', 'permanent', 'policy', 'storage' or 'none'"),
        ('reference = "RFC 5321"', "", 11, "b: `reference` is missing"),
        ('id = "b"', "", 11, "rule 2: `id` is missing"),
        ('id = "b"', 'id = "B b"', 12, "B b: `id`: string should match pattern"),
        ('reason = "mailbox-full"', 'reason = "full"', 15, "b: reason `full` is not in rules/reasons.toml"),
        ('reason = "mailbox-full"', 'reason = "delivered"', 14, "b: reason `delivered` goes with only verdict `none`"),
        ('verdict = "storage"', 'verdict = "none"', 14, "b: reason `mailbox-full` goes with a verdict"),
        ("match = 'full'", "matches = 'full'", 13, "b: unknown key `matches`"),
        ("match = 'full'", "", 11, "b: a rule needs `when`, `match` or both"),
        ("match = 'full'", "when = {}", 13, "b: `when` needs at least one of code, enhanced, command"),
        ("match = 'full'", "when = { code = ['4xx'] }", 13, "b: `when.code.0`: string should match pattern"),
        ("match = 'full'", "when = { code = [55] }", 13, "b: `when.code.0`: input should be greater than or equal to 100"),
        ("match = 'full'", "when = { enhanced = ['5.1'] }", 13, "b: `when.enhanced.0`: string should match pattern"),
        ("match = 'full'", "when = { command = ['rcpt to'] }", 13, "b: `when.command.0`: input should be 'CONNECT'"),
        ('hits = ["552 full"]', "hits = []", 17, "b: `hits`: list should have at least 1 item"),
        ('hits = ["552 full"]', 'hits = [\n  "552 full",\n  { command = "RCPT" },\n]', 19, "b: `hits.1.reply` is missing"),
        ('misses = ["552 empty"]', 'misses = [\n  "552 empty",\n  "",\n]', 20, "b: `misses.1`: string should have at least 1 character"),
        ('id = "b"', 'id = "a"', 12, "a: this id is taken at rules/generic.toml:2"),
        ('id = "b"', 'id = "b"\ntransient = "yes"', 13, "b: `transient`: input should be a valid boolean"),
    ],
)  # fmt: skip
def test_an_error_names_the_line_and_what_was_expected(folder: Path, old: str, new: str, line: int, told: str) -> None:
    write(folder, "generic.toml", rule("a", match="box") + rule("b").replace(old, new))
    assert error(folder).startswith(f"rules/generic.toml:{line}: {told}")


def test_hosts_are_lower_case(folder: Path) -> None:
    write(folder, "providers/a.toml", "domains = ['a.example']\nhosts = [\n  'a.example',\n  'B.example',\n]\n")
    assert error(folder).startswith("rules/providers/a.toml:4: `hosts.1`: string should match pattern")


def test_a_file_of_generic_rules_has_no_hosts(folder: Path) -> None:
    write(folder, "generic.toml", "hosts = ['a.example']\n")
    assert error(folder) == "rules/generic.toml:1: unknown key `hosts`"


def test_a_reply_code_is_listed_once_a_command(folder: Path) -> None:
    code = '\n[[code]]\ncode = 550\ncommands = ["RCPT", "MAIL"]\nmeaning = "no"\nverdict = "storage"\nreason = "mailbox-full"\n'
    write(folder, "codes.toml", (code + 'reference = "RFC 5321"\nstatus = "current"\n') * 2)
    assert error(folder) == "rules/codes.toml:11: 550 at RCPT is listed twice"


def test_command_names_are_lower_case(folder: Path) -> None:
    write(folder, "commands.toml", '[commands]\n"rcpt to" = "RCPT"\n"Mail From" = "MAIL"\n')
    assert error(folder) == "rules/commands.toml:3: `Mail From` is not lower case"
