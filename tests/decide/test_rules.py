"""Step 5: which rule wins."""

from collections.abc import Sequence
from typing import Any

import pytest

from bounce_verdict.model import Command, Context, Layer, Reply, Rule, Rulebook, When
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.decide.rules import Phase, build_rule_index, evaluate_all, first_match
from bounce_verdict.pipeline.match.matcher import Matcher


def make_rule(name: str, layer: Layer = "generic", owner: str = "", match: str | None = "full", **more: Any) -> Rule:
    return Rule(name, "storage", "mailbox-full", "RFC 5321", "rules/generic.toml:1", layer, owner, match, **more)


def make_book(*rules: Rule) -> Rulebook:
    return Rulebook("sha256:0", rules, {}, {}, [], [], {}, {})


def winner(
    rules: Sequence[Rule],
    reply: Reply | None = None,
    providers: Sequence[str] = (),
    phase: Phase = "before-tables",
    command: Command | None = None,
) -> str | None:
    """The id of the rule that wins for "mailbox full" at 552 5.2.2 to RCPT, or for `reply`."""
    book = make_book(*rules)
    reply = reply or Reply(552, "5.2.2", "RCPT", "mailbox full")
    context = Context(command, None, None, None, tuple(providers))
    found = first_match(reply, context, Matcher(book).scan(reply.text), build_rule_index(book), phase)
    assert found is None or rules[found[0]] is found[1]
    return found[1].id if found else None


def test_the_first_of_a_layer_wins() -> None:
    assert winner([make_rule("first"), make_rule("second")]) == "first"


def test_a_rule_whose_pattern_is_not_found_is_passed_over() -> None:
    assert winner([make_rule("first", match="empty"), make_rule("second")]) == "second"


LAYERS = [
    make_rule("own", "local"),
    make_rule("a.full", "provider", "a"),
    make_rule("b.full", "provider", "b"),
    make_rule("generic"),
    make_rule("de.full", "language", "de"),
    make_rule("by-structure", "structure"),
    make_rule("later", "not-now"),
    make_rule("last", "fallback"),
]


def test_the_operators_own_rules_come_first() -> None:
    assert winner(LAYERS, providers=["a"]) == "own"


def test_a_providers_rule_beats_a_generic_one() -> None:
    assert winner(LAYERS[1:], providers=["a"]) == "a.full"


def test_the_providers_are_asked_in_the_contexts_order_whatever_their_files_order() -> None:
    assert winner(LAYERS[1:], providers=["b", "a"]) == "b.full"


def test_the_second_provider_is_asked_where_the_first_has_no_answer() -> None:
    assert winner(LAYERS[1:], providers=["c", "b"]) == "b.full"


def test_the_rules_of_other_providers_are_not_asked() -> None:
    assert winner(LAYERS[1:]) == "generic"


def test_languages_come_after_generic_rules() -> None:
    assert winner(LAYERS[4:]) == "de.full"


def test_what_reads_a_sentence_by_its_structure_is_asked_after_those_that_know_it() -> None:
    assert winner(LAYERS[5:]) == "by-structure"


def test_what_says_only_not_now_is_asked_after_every_cause() -> None:
    assert winner(LAYERS[6:]) == "later"


def test_fallback_rules_are_a_phase_of_their_own() -> None:
    assert winner(LAYERS[7:]) is None
    assert winner(LAYERS, phase="fallback") == "last"


def condition(when: When) -> list[Rule]:
    return [make_rule("rule", when=when)]


def test_codes_are_alternatives() -> None:
    assert winner(condition(When(codes=frozenset({452, 552})))) == "rule"
    assert winner(condition(When(codes=frozenset({452})))) is None


def test_a_class_of_codes_holds_its_members() -> None:
    assert winner(condition(When(classes=frozenset({5})))) == "rule"
    assert winner(condition(When(classes=frozenset({4})))) is None


def test_none_is_an_absent_reply_code() -> None:
    bare = Reply(None, None, None, "mailbox full")
    assert winner(condition(When(codes=frozenset({None}))), bare) == "rule"
    assert winner(condition(When(codes=frozenset({None})))) is None


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        ((None, 2, 2), True),
        ((5, 2, None), True),
        ((5, 2, 2), True),
        ((None, None, None), True),
        ((4, 2, 2), False),
        ((None, 2, 1), False),
        ((5, 7, None), False),
    ],
)
def test_x_in_an_enhanced_code_fits_any_number(wanted: tuple[int | None, int | None, int | None], *, holds: bool) -> None:
    assert (winner(condition(When(enhanced=(wanted,)))) is not None) is holds


def test_none_is_an_absent_enhanced_code() -> None:
    absent = condition(When(enhanced_absent=True))
    assert winner(absent, Reply(552, None, "RCPT", "mailbox full")) == "rule"
    assert winner(absent) is None


def test_an_absent_enhanced_code_fits_no_wildcards() -> None:
    assert winner(condition(When(enhanced=((None, None, None),))), Reply(552, None, None, "mailbox full")) is None


@pytest.mark.parametrize("status", ["5", "5.2", "5.2.2.2", "5.x.²", "....", "99999.1.1"])
def test_a_malformed_status_fits_no_numbers(status: str) -> None:
    assert winner(condition(When(enhanced=((None, 2, 2),))), Reply(552, status, None, "mailbox full")) is None


def test_commands_are_alternatives_and_none_is_an_unknown_one() -> None:
    assert winner(condition(When(commands=frozenset({"RCPT", "EOD"})))) == "rule"
    assert winner(condition(When(commands=frozenset({None})))) is None
    assert winner(condition(When(commands=frozenset({None}))), Reply(552, None, None, "mailbox full")) == "rule"


def test_the_contexts_command_counts_where_the_reply_has_none() -> None:
    assert winner(condition(When(commands=frozenset({"EOD"}))), Reply(552, None, None, "mailbox full"), command="EOD") == "rule"


def test_keys_must_all_hold() -> None:
    both = When(codes=frozenset({552}), enhanced=((None, 7, None),))
    assert winner(condition(both)) is None


def test_a_rule_without_a_pattern_is_tried_in_its_place() -> None:
    bare = make_rule("bare", match=None, when=When(codes=frozenset({552})))
    assert winner([make_rule("first", match="empty"), bare, make_rule("third")]) == "bare"
    assert winner([make_rule("first"), bare]) == "first"


def test_a_providers_rule_without_a_pattern_is_asked_of_its_provider_alone() -> None:
    bare = make_rule("a.bare", "provider", "a", match=None, when=When(codes=frozenset({552})))
    assert winner([bare, make_rule("generic")], providers=["a"]) == "a.bare"
    assert winner([bare, make_rule("generic")]) == "generic"


def test_a_fallback_rule_without_a_pattern_waits_for_its_phase() -> None:
    bare = make_rule("bare", "fallback", match=None, when=When(codes=frozenset({552})))
    assert winner([bare]) is None
    assert winner([bare], phase="fallback") == "bare"


def test_the_answer_does_not_depend_on_earlier_replies() -> None:
    bare = make_rule("bare", match=None, when=When(codes=frozenset({552}), enhanced=((None, 2, None),)))
    book = make_book(bare)
    index = build_rule_index(book)
    context = Context(None, None, None, None)
    scan = Matcher(book).scan("")
    answers = [
        first_match(Reply(code, status, None, ""), context, scan, index)
        for code, status in [(552, "5.7.1"), (552, "5.2.2"), (450, "4.2.2")] * 2
    ]
    assert [found is not None for found in answers] == [False, True, False] * 2


def test_a_trace_tells_of_every_rule_in_order_what_held() -> None:
    rules = [
        make_rule("a.other", "provider", "a", match="empty", when=When(codes=frozenset({552}))),
        make_rule("b.full", "provider", "b"),
        make_rule("c.full", "provider", "c"),
        make_rule("generic", when=When(enhanced=((4, 2, 2),), commands=frozenset({"RCPT"}))),
        make_rule("last", "fallback"),
    ]
    book = make_book(*rules)
    reply = Reply(552, "5.2.2", "RCPT", "mailbox full")
    found = list(
        evaluate_all(reply, Context("RCPT", None, None, None, ("b", "a")), Matcher(book).scan(reply.text), build_rule_index(book))
    )
    assert [(one.rule.id, one.held, one.pattern, one.code, one.enhanced, one.command, one.phase) for one in found] == [
        ("b.full", True, True, None, None, None, "before-tables"),
        ("a.other", False, False, True, None, None, "before-tables"),
        ("generic", False, True, None, False, True, "before-tables"),
        ("last", True, True, None, None, None, "fallback"),
    ]


def test_first_match_and_trace_agree_on_the_shipped_rules(book: Rulebook, pipeline: Pipeline) -> None:
    matcher, index = pipeline.matcher, pipeline.decider.rules
    context = Context(None, None, None, None, tuple(book.providers)[:3])
    for rule in book.rules:
        reply = Reply(550, "5.7.1", None, rule.hits[0].reply)
        scan = matcher.scan(reply.text)
        for phase in ("before-tables", "fallback"):
            found = first_match(reply, context, scan, index, phase)
            traced = next((one for one in evaluate_all(reply, context, scan, index) if one.held and one.phase == phase), None)
            assert (found[1] if found else None) == (traced.rule if traced else None)
