"""`bounces rules check`: which patterns it refuses, and what it says of them."""

from pathlib import Path

import pytest

from bounce_verdict.rulebook.checks.patterns import faults
from bounce_verdict.rulebook.lint import check
from tests.rulebook.rule_files import rule, told, write


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
