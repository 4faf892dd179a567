"""`bounces rules check`: what it refuses, with file and line, and what it lets pass."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bounce_verdict.cli.rules import rules_app
from bounce_verdict.errors import TooLarge
from bounce_verdict.model import ReplyInput, Rulebook
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.rulebook.checks.patterns import faults
from bounce_verdict.rulebook.findings import Finding
from bounce_verdict.rulebook.lint import check
from bounce_verdict.rulebook.load import rules_folder
from bounce_verdict.rulebook.sandbox import MAX_BYTES, check_text

TABLES = ("reasons.toml", "codes.toml", "enhanced.toml", "commands.toml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped tables and no rules."""
    folder = tmp_path / "rules"
    folder.mkdir()
    for name in TABLES:
        (folder / name).write_bytes((rules_folder() / name).read_bytes())
    return folder


def write(folder: Path, name: str, *texts: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(texts), encoding="utf-8")


def rule(
    name: str,
    match: str = "wombat",
    hits: Sequence[str] = ("550 a wombat",),
    misses: Sequence[str] = ("550 a koala",),
    more: str = 'verdict = "policy"\nreason = "policy-other"',
) -> str:
    """Eight lines: the header is the first, match the third, hits the seventh, misses the eighth."""
    return f"[[rule]]\nid = '{name}'\nmatch = '{match}'\n{more}\nreference = 'RFC 5321'\nhits = {list(hits)}\nmisses = {list(misses)}\n"


def told(folder: Path, level: str = "error") -> list[str]:
    return [f"{one.path}:{one.line}: {one.message}" for one in check(folder) if one.level == level]


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
    for rule in book.rules:
        for hit in rule.hits if rule.layer in {"generic", "language", "fallback"} else ():
            answer = pipeline.reply(ReplyInput(hit.reply, hit.command, hit.remote_mta, hit.recipient))
            assert answer.rule is not None
            assert answer.rule.id == rule.id


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


# --- patterns --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        ("x" * 501, "501 characters"),
        ("(?=a)b", "lookahead"),
        ("(?<!a)b", "lookahead and lookbehind"),
        (r"(a)\1", "backreferences"),
        ("a++b", "possessive"),
        ("(?>a)b", "atomic"),
        ("a*", "empty"),
        ("a|", "empty"),
        (r"\b", "empty"),
        ("^a*", "empty"),
        ("$", "empty"),
        ("a$b", "`$`"),
        (r"\d{1,33}x", r"`\d{1,33}` repeats more than 32 times"),
        ("(ab){40}", "repeats more than 32 times"),
        ("a.{0,32}b", "write `.*`"),
        ("a[^.]{0,17}b", "write `[^.]*`"),
        ("(?i)a", "`(?i)`"),
        ("(*UCP)a", "flags"),
        (r"\Qa\E", r"`\Q` is not supported"),
        (r"\ä", "is not supported"),
        (r"[\S ]a", "a set cannot hold"),
        ("a\0b", "NUL"),
        ("(", "parenthesis"),
    ],
)
def test_a_pattern_beyond_the_limits_is_refused_in_words(pattern: str, word: str) -> None:
    found = faults(pattern)
    assert found
    assert word in found[0]


@pytest.mark.parametrize(
    "pattern", [r"\d{1,32}x", "a.{0,12}b", "a[^.]*b.*c", r"[{33}]a", r"a\{99\}", r"\(\?i\)", "(?:^|x)a$", "[]^]a", "ящик"]
)
def test_a_pattern_within_the_limits_passes(pattern: str) -> None:
    assert faults(pattern) == []


def test_a_refused_pattern_is_told_with_its_place_and_the_other_rules_are_still_tried(folder: Path) -> None:
    write(
        folder,
        "providers/zoo.toml",
        "tokens = [\n  'zoo',\n  '(?!a)b',\n]",
        rule("zoo.a", "(?=w)ombat"),
        rule("zoo.b", hits=["550 no"]),
    )
    assert [line.split(": the")[0] for line in told(folder)] == [
        "rules/providers/zoo.toml:3: token 2",
        "rules/providers/zoo.toml:7: zoo.a",
        "rules/providers/zoo.toml:20: zoo.b: hit 1 does not match in `no`",
    ]


def test_a_pattern_too_dear_to_compile_is_a_warning_in_a_local_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bounce_verdict.rulebook.checks.patterns.MAX_SECONDS", 0)
    write(folder, "generic.toml", rule("a"))
    write(folder, "local/ours.toml", rule("ours", "koala", ["550 a koala"]))
    levels = {one.path: one.level for one in check(folder) if "to compile" in one.message}
    assert levels == {"rules/generic.toml": "error", "rules/local/ours.toml": "warning"}


def test_blocklists_are_checked_too(folder: Path) -> None:
    write(folder, "blocklists.toml", "[[blocklist]]\nname = 'A'\nzone = 'a.example'\npattern = 'a*'\nurl = 'https://a.example'")
    assert told(folder)[0].startswith("rules/blocklists.toml:4: A: the pattern does not compile: it matches the empty text")


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_prints_file_line_level_and_fails_on_errors(folder: Path) -> None:
    write(folder, "generic.toml", rule("a", hits=["550 a koala"], misses=["550 no"]))
    result = CliRunner().invoke(rules_app, ["check", "--rules", str(folder)])
    assert result.exit_code == 1
    assert "rules/generic.toml:7: error: a: hit 1 does not match in `a koala`\n" in result.stdout
    assert "1 errors, 0 warnings, 0 notes" in result.stdout


def test_the_command_prints_json_lines(folder: Path) -> None:
    write(folder, "generic.toml", rule("a", hits=["550 a koala"], misses=["550 no"]))
    result = CliRunner().invoke(rules_app, ["check", "--rules", str(folder), "--json"])
    expected = '{"path":"rules/generic.toml","line":7,"level":"error","message":"a: hit 1 does not match in `a koala`"}\n'
    assert (result.stdout, result.exit_code) == (expected, 1)


def test_the_command_succeeds_on_sound_rules(folder: Path) -> None:
    assert CliRunner().invoke(rules_app, ["check", "--rules", str(folder)]).exit_code == 0


# --- a stranger's file, in a child process ---------------------------------------------------------------------------


def test_a_strangers_file_is_checked_beside_the_others(folder: Path) -> None:
    write(folder, "generic.toml", rule("a", "platypus", ["550 a platypus"]))
    checked = check_text(rule("own", hits=["550 a koala"], misses=["550 no"]), None, folder)
    assert list(checked.findings) == [Finding("rules/local/checked.toml", 7, "error", "own: hit 1 does not match in `a koala`")]


def test_a_strangers_file_may_stand_in_for_a_shipped_one(folder: Path) -> None:
    write(folder, "providers/zoo.toml", "not TOML at all")
    assert list(check_text(rule("zoo.wombat"), "rules/providers/zoo.toml", folder).findings) == []


def test_a_strangers_shipped_file_is_tried_without_the_local_rules_but_replies_with_them(folder: Path) -> None:
    write(folder, "local/ours.toml", rule("ours"))
    changed = rule("a", hits=["550 a wombat"], misses=["550 no"])
    checked = check_text(changed, "rules/generic.toml", folder, replies=[ReplyInput("550 a wombat")])
    assert list(checked.findings) == []
    assert checked.replies[0] is not None
    assert checked.replies[0].rule is not None
    assert checked.replies[0].rule.id == "ours"


def test_replies_are_judged_as_the_changed_rules_would(folder: Path) -> None:
    before = check_text("", None, folder, replies=[ReplyInput("550 a wombat", "RCPT")])
    after = check_text(rule("own"), None, folder, replies=[ReplyInput("550 a wombat", "RCPT")])
    assert [answer and answer.verdict for answer in (*before.replies, *after.replies)] == ["permanent", "policy"]
    assert after.replies[0] is not None
    assert after.replies[0].rule is not None
    assert after.replies[0].rule.id == "own"


def test_replies_are_not_judged_by_rules_that_cannot_be_loaded(folder: Path) -> None:
    checked = check_text("[[rule", None, folder, replies=[ReplyInput("550 a wombat")])
    assert (list(checked.replies), checked.findings[0].level) == ([None], "error")


@pytest.mark.parametrize(
    "path", ["../../etc/passwd", "rules/reasons.toml", "rules/local/../x.toml", "rules/local/a/b.toml", "/x.toml"]
)
def test_rules_stand_only_where_rules_stand(folder: Path, path: str) -> None:
    assert "rules stand in" in check_text("", path, folder).findings[0].message


def test_half_a_surrogate_pair_is_no_error(folder: Path) -> None:
    checked = check_text("# \ud800\n[[rule", "\ud800", folder, replies=[ReplyInput("550 \ud800")])
    assert checked.findings[0].level == "error"


def test_a_file_of_more_than_256_kb_is_too_large(folder: Path) -> None:
    with pytest.raises(TooLarge):
        check_text("#" * (MAX_BYTES + 1), None, folder)


def test_a_file_of_more_than_500_rules_is_too_large(folder: Path) -> None:
    assert "more than 500 rules" in check_text("[[rule]]\n" * 501, None, folder).findings[0].message


def test_a_file_that_takes_too_long_costs_only_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bounce_verdict.rulebook.sandbox.WALL_SECONDS", 0.01)
    checked = check_text(rule("own"), None, folder, replies=[ReplyInput("550 a wombat")])
    assert "too dear" in checked.findings[0].message
    assert list(checked.replies) == [None]
