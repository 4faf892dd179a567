"""`bounces rules check` warns of patterns that say less than their author thinks."""

from pathlib import Path

from tests.rulebook.rule_files import rule, told, write


def test_a_pattern_that_one_common_word_satisfies(folder: Path) -> None:
    write(folder, "generic.toml", rule("a", "wombat|postmaster"))
    assert told(folder, "warning") == [
        "rules/generic.toml:1: a: the word `postmaster` alone satisfies its pattern; a refusal of any cause may hold it"
    ]


def test_a_rule_that_a_code_narrows_may_ask_for_one_word(folder: Path) -> None:
    when = "when = { code = [551] }\nverdict = 'policy'\nreason = 'policy-other'"
    write(folder, "generic.toml", rule("a", "wombat|recipient", hits=["551 a wombat"], more=when))
    assert told(folder, "warning") == []


def test_a_fallback_rule_may_ask_for_one_word(folder: Path) -> None:
    write(folder, "fallback.toml", rule("a", "wombat|recipient"))
    assert told(folder, "warning") == []


def test_a_pattern_that_only_a_link_of_its_hits_satisfies(folder: Path) -> None:
    hit = "550 see http://www.example.org/wombat/help"
    write(folder, "providers/zoo.toml", rule("zoo.a", hits=[hit]))
    assert told(folder, "warning") == [
        "rules/providers/zoo.toml:1: zoo.a: in its hits the pattern matches only inside a URL, a host name or an address, which are no text"
    ]


def test_a_pattern_that_spells_the_link_out_is_meant(folder: Path) -> None:
    hit = "550 see http://www.example.org/wombat/help"
    write(folder, "providers/zoo.toml", rule("zoo.a", r"example\.org/wombat", hits=[hit]))
    assert told(folder, "warning") == []


def test_a_pattern_that_one_hit_has_in_its_text_is_left(folder: Path) -> None:
    write(folder, "providers/zoo.toml", rule("zoo.a", hits=["550 see http://www.example.org/wombat/help", "550 a wombat"]))
    assert told(folder, "warning") == []
