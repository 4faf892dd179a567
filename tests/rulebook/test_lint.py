"""`bounces rules check`: what it refuses, with file and line, and what it lets pass."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bounce_verdict.cli.rules import rules_app
from bounce_verdict.model import ReplyInput, Rulebook
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.rulebook.findings import Finding
from bounce_verdict.rulebook.lint import check
from bounce_verdict.rulebook.load import rules_folder
from tests.rulebook.rule_files import rule, told, write


def test_the_shipped_rules_have_no_errors(tmp_path: Path) -> None:
    assert [one for one in check(rules_folder(), local=tmp_path) if one.level == "error"] == []


def test_a_sound_rule_passes(folder: Path) -> None:
    write(folder, "generic.toml", rule("a"))
    assert check(folder) == []


# --- hits and misses -------------------------------------------------------------------------------------------------


def test_a_hit_that_the_pattern_does_not_find(folder: Path) -> None:
    write(folder, "generic.toml", rule("a", hits=["550 a wombat", "550 5.7.1 a wallaby"]))
    assert told(folder) == ["rules/generic.toml:7: a: hit 2 does not match in `a wallaby`"]


def test_a_hit_whose_codes_do_not_fit(folder: Path) -> None:
    when = "when = { code = [450], enhanced = ['X.7.1'], command = ['RCPT'] }\nverdict = 'policy'\nreason = 'policy-other'"
    write(folder, "generic.toml", rule("a", more=when))
    assert told(folder) == [
        "rules/generic.toml:8: a: hit 1 does not meet `when`: the reply code is 550, the enhanced status code is absent, the command is absent"
    ]


def test_a_hit_on_its_own_line_is_named_with_that_line(folder: Path) -> None:
    text = rule("a").replace("hits = ['550 a wombat']", "hits = [\n  '550 a wombat',\n  { reply = '550 a koala' },\n]")
    write(folder, "generic.toml", text.replace("misses = ['550 a koala']", "misses = ['550 a wallaby']"))
    assert told(folder) == ["rules/generic.toml:9: a: hit 2 does not match in `a koala`"]


def test_a_hit_that_goes_to_an_earlier_rule(folder: Path) -> None:
    write(folder, "generic.toml", rule("a", "a w"), rule("b"))
    assert told(folder) == ["rules/generic.toml:16: b: hit 1 goes to a at rules/generic.toml:1"]


def test_a_miss_that_the_rule_wins(folder: Path) -> None:
    write(folder, "generic.toml", rule("a", misses=["550 a koala", "550 another wombat"]))
    assert told(folder) == ["rules/generic.toml:8: a: decides its own miss 2"]


def test_a_miss_that_goes_to_an_earlier_rule_is_left(folder: Path) -> None:
    write(folder, "generic.toml", rule("a", "a sick wombat", ["550 a sick wombat"]), rule("b", misses=["550 a sick wombat"]))
    assert check(folder) == []


def test_in_a_providers_file_the_provider_counts_as_known(folder: Path) -> None:
    write(folder, "generic.toml", rule("a"))
    write(folder, "providers/zoo.toml", rule("zoo.wombat"))
    assert told(folder) == []


def test_a_provider_known_from_the_reply_precedes_generic_rules(folder: Path) -> None:
    write(folder, "providers/zoo.toml", "hosts = ['zoo.example']", rule("zoo.wombat"))
    write(folder, "generic.toml", rule("a", hits=["550 a wombat", "host mx.zoo.example[192.0.2.1] said: 550 a wombat"]))
    assert told(folder) == ["rules/generic.toml:7: a: hit 2 goes to zoo.wombat at rules/providers/zoo.toml:2"]


def test_the_rules_of_one_provider_do_not_precede_those_of_another(folder: Path) -> None:
    write(folder, "providers/a.toml", rule("a.wombat"))
    write(folder, "providers/b.toml", rule("b.wombat"))
    assert check(folder) == []


def test_a_fallback_rule_loses_to_a_specific_enhanced_code(folder: Path) -> None:
    write(folder, "fallback.toml", rule("a", hits=["550 a wombat", "550 5.1.1 a wombat"]))
    assert told(folder) == [
        "rules/fallback.toml:7: a: hit 2 is decided ahead of it by 5.1.1 bad destination mailbox address (RFC 3463 §3.2)"
    ]


def test_a_quoted_reply_is_tried_as_the_service_reads_it(folder: Path) -> None:
    write(folder, "generic.toml", rule("a", "^a wombat$", ["host mx.example.org[192.0.2.1] said: 550 a wombat"]))
    assert check(folder) == []


def test_the_service_judges_hits_as_the_check_does(book: Rulebook, pipeline: Pipeline) -> None:
    for shipped in book.rules:
        for hit in shipped.hits if shipped.layer in {"generic", "language", "fallback"} else ():
            answer = pipeline.reply(ReplyInput(hit.reply, hit.command, hit.remote_mta, hit.recipient))
            assert answer.rule is not None
            assert answer.rule.id == shipped.id


# --- claims ----------------------------------------------------------------------------------------------------------


def test_two_rules_with_the_same_conditions(folder: Path) -> None:
    write(folder, "generic.toml", rule("a"), rule("b"))
    assert "rules/generic.toml:10: b: same conditions as a at rules/generic.toml:1" in told(folder)


@pytest.mark.parametrize("key", ["hosts", "domains", "tokens"])
def test_a_name_listed_twice(folder: Path, key: str) -> None:
    write(folder, "providers/a.toml", f"{key} = ['a.example']")
    write(folder, "providers/b.toml", f"{key} = [\n  'b.example',\n  'a.example',\n]")
    assert told(folder) == [f"rules/providers/b.toml:3: `a.example` in {key} is already listed at rules/providers/a.toml:1"]


def test_a_providers_rule_should_bear_its_name(folder: Path) -> None:
    write(folder, "providers/zoo.toml", rule("wombat"))
    assert told(folder, "warning") == ["rules/providers/zoo.toml:2: wombat: should be called `zoo.…`"]


def test_every_error_of_the_files_is_told_at_once(folder: Path) -> None:
    write(folder, "generic.toml", rule("a", more="verdict = 'soft'\nreason = 'none'\nsubcode = 1"))
    write(folder, "fallback.toml", "[[rule]")
    write(folder, "languages/en.toml", rule("en.wombat", hits=["550 koala"]))
    assert [line.split(": ", 1)[0] for line in told(folder)] == [
        "rules/fallback.toml:1", "rules/generic.toml:4", "rules/generic.toml:6", "rules/languages/en.toml:7",
    ]  # fmt: skip


def test_a_folder_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    assert check(tmp_path) == [
        Finding("rules/reasons.toml", 0, "error", f"no such file in {tmp_path}: this folder holds no rules")
    ]


# --- rules that the tables make needless -----------------------------------------------------------------------------


def test_a_rule_that_repeats_the_tables_is_a_warning(folder: Path) -> None:
    full = rule("a", hits=["552 5.2.2 a wombat"], more='verdict = "storage"\nreason = "mailbox-full"')
    write(folder, "generic.toml", full)
    assert told(folder, "warning") == ["rules/generic.toml:1: a: its hits get the same answer from the code tables alone"]


def test_a_rule_that_keeps_a_reply_from_a_later_rule_is_not_needless(folder: Path) -> None:
    full = rule("a", hits=["552 5.2.2 a wombat"], more='verdict = "storage"\nreason = "mailbox-full"')
    write(folder, "generic.toml", full, rule("b", "wom", hits=["550 a wom"]))
    assert check(folder) == []


# --- the operator's own rules ----------------------------------------------------------------------------------------


def test_local_rules_do_not_make_shipped_ones_look_wrong(folder: Path) -> None:
    write(folder, "generic.toml", rule("a"))
    write(folder, "local/own.toml", rule("own", "a wom"))
    assert [(one.level, one.path, one.line, one.message) for one in check(folder)] == [
        ("note", "rules/local/own.toml", 1, "own: overrides a at rules/generic.toml:1")
    ]


def test_a_shipped_rule_that_is_switched_off_is_a_note(folder: Path) -> None:
    write(folder, "generic.toml", rule("a"))
    write(folder, "local/mine.toml", "[[rule]]\ndisable = 'a'\nbecause = 'It is wrong for us.'\n")
    assert told(folder) == []
    assert told(folder, "note") == ["rules/local/mine.toml:1: switches off a at rules/generic.toml:1"]


def test_the_command_fails_where_the_named_local_folder_is_missing(folder: Path) -> None:
    result = CliRunner().invoke(rules_app, ["check", "--rules", str(folder), "--local", "/no/such/rules"])
    assert result.exit_code == 1
    assert result.stdout.startswith("/no/such/rules:0: error: no such folder")


def test_the_command_says_which_folders_were_read(folder: Path) -> None:
    write(folder, "local/mine.toml", rule("a"))
    result = CliRunner().invoke(rules_app, ["check", "--rules", str(folder)])
    assert f"0 rules from {folder}\n1 local rules from {folder}/local\n" in result.stdout


def test_local_rules_are_checked_among_themselves(folder: Path) -> None:
    write(folder, "local/1.toml", rule("first", "wom"))
    write(folder, "local/2.toml", rule("second"))
    assert told(folder) == ["rules/local/2.toml:7: second: hit 1 goes to first at rules/local/1.toml:1"]


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_prints_file_line_level_and_fails_on_errors(folder: Path) -> None:
    write(folder, "generic.toml", rule("a", hits=["550 a koala"], misses=["550 no"]))
    result = CliRunner().invoke(rules_app, ["check", "--rules", str(folder)])
    assert result.exit_code == 1
    assert "rules/generic.toml:7: error: a: hit 1 does not match in `a koala`\n" in result.stdout
    assert "1 error, 0 warnings, 0 notes" in result.stdout


def test_the_command_prints_json_lines(folder: Path) -> None:
    write(folder, "generic.toml", rule("a", hits=["550 a koala"], misses=["550 no"]))
    result = CliRunner().invoke(rules_app, ["check", "--rules", str(folder), "--json"])
    expected = '{"path":"rules/generic.toml","line":7,"level":"error","message":"a: hit 1 does not match in `a koala`"}\n'
    assert (result.stdout, result.exit_code) == (expected, 1)


def test_the_command_succeeds_on_sound_rules(folder: Path) -> None:
    assert CliRunner().invoke(rules_app, ["check", "--rules", str(folder)]).exit_code == 0
