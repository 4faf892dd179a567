"""The fuzzing targets: their seeds hold every invariant, and the invariants can fail."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bounce_verdict.model import DEFAULT_LIMITS, Classification, Evidence, MessageInput, ReplyInput, Report
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.intake.splitter import open_message
from fuzz.invariants import (
    Broken,
    check_classification,
    check_opened,
    check_report,
    check_same,
    check_unicode,
    check_warnings,
)
from fuzz.mutate import mutator
from fuzz.targets import LIMITS, TARGETS

RAW = b"Subject: Delivery failure\n\n<ana@b.example>: user unknown\n"


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("name", ["intake", "layouts", "reply", "forged", "pipeline"])
def test_every_seed_holds_the_invariants(name: str, limits: str) -> None:
    run = TARGETS[name].make(LIMITS[limits])
    for seed in TARGETS[name].seeds():
        run(seed)


@pytest.mark.parametrize("name", ["load", "check"])
def test_every_piece_of_the_rules_holds_the_invariants(name: str) -> None:
    run = TARGETS[name].make(DEFAULT_LIMITS)
    for seed in list(TARGETS[name].seeds())[::5]:
        run(seed)


@pytest.mark.parametrize("name", TARGETS)
def test_a_mutation_of_a_seed_fits_and_is_the_same_for_the_same_number(name: str) -> None:
    target = TARGETS[name]
    seeds = list(target.seeds())[:50]
    mutate = mutator(target.separator, seeds, lambda data, most: data[: most // 2], is_mail=target.is_mail)
    made = [mutate(seeds[number % len(seeds)], 1_000, number) for number in range(500)]
    assert made == [mutate(seeds[number % len(seeds)], 1_000, number) for number in range(500)]
    assert max(map(len, made)) <= 1_000
    assert len(set(made)) > 100


@pytest.fixture
def answer(pipeline: Pipeline) -> Classification:
    """Permanent by a rule, with its words in the text."""
    return pipeline.reply(ReplyInput("550 5.1.1 The email account that you tried to reach does not exist", "RCPT"))


Spoil = Callable[[Classification], Classification]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda a: replace(a, verdict="dead"), "an answer fits its classes"),
        (lambda a: replace(a, reason="dead"), "the reason is of the closed list"),
        (lambda a: replace(a, explanation=""), "every answer is explained"),
        (lambda a: replace(a, verdict="policy"), "suppress `now` goes with verdict permanent"),
        (lambda a: replace(a, decided_by="code"), "a reply code alone stops nobody"),
        (lambda a: replace(a, action="delayed"), "nobody is stopped for a delay"),
        (lambda a: replace(a, action="delivered"), "what was delivered has no verdict"),
        (lambda a: replace(a, verdict=None), "nobody is stopped without a verdict"),
        (lambda a: replace(a, transient=True), "a 4yz is transient"),
        (lambda a: replace(a, retry_after=-1), "retry_after is a time"),
        (lambda a: replace(a, provider="nobody"), "the provider is a known one"),
        (lambda a: replace(a, rule=None), "a rule is told where one decided"),
        (lambda a: replace(a, rule=replace(a.rule, id="no.rule")), "the rule is one of the rulebook"),
        (lambda a: replace(a, rule=replace(a.rule, matched="no words")), "the matched words stand at their place"),
        (lambda a: replace(a, reply=replace(a.reply, text="short")), "a place lies inside its field"),
        (lambda a: replace(a, reply=replace(a.reply, text="two  blanks")), "a text has one space between its words"),
        (lambda a: replace(a, reply=replace(a.reply, text="a" * 5_000)), "no text is longer than max_reply_text"),
        (lambda a: replace(a, reply=replace(a.reply, code=55)), "a reply code has three digits"),
        (lambda a: replace(a, reply=replace(a.reply, enhanced_status="5.1")), "an enhanced status code has its three numbers"),
        (lambda a: replace(a, reply=replace(a.reply, enhanced_status="5.1.2")), "the code stands at its place"),
        (lambda a: replace(a, evidence=a.evidence[1:]), "the deciding rule's evidence comes first"),
        (lambda a: replace(a, evidence=[*a.evidence, Evidence("parse", "x", start=1)]), "a place has both its ends"),
    ],
)
def test_a_spoilt_answer_is_found_out(answer: Classification, spoil: Spoil, sentence: str, pipeline: Pipeline) -> None:
    check_classification(answer, pipeline.book, DEFAULT_LIMITS)
    with pytest.raises(Broken, match=sentence):
        check_classification(spoil(answer), pipeline.book, DEFAULT_LIMITS)


def test_a_report_that_stops_nobody_in_particular_is_found_out(answer: Classification, pipeline: Pipeline) -> None:
    with pytest.raises(Broken, match="a report that names nobody stops nobody"):
        check_classification(answer, pipeline.book, DEFAULT_LIMITS, of_report=True)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda r: replace(r, recipients=[]), "a report is about somebody"),
        (lambda r: replace(r, kind="not-a-report"), "what is no report is about nobody"),
        (lambda r: replace(r, kind="success"), "a success has no verdict"),
        (lambda r: replace(r, recipients=r.recipients * 10_001), "an answer's size is bounded|no more recipients"),
        (lambda r: replace(r, warnings=["a", "a"]), "a warning is told once"),
        (lambda r: replace(r, rules_digest="sha256:0"), "the rules are named"),
        (lambda r: replace(r, origin=replace(r.origin, proof="verp")), "without a key nothing is proven"),
    ],
)
def test_a_spoilt_report_is_found_out(spoil: Callable[[Report], Report], sentence: str, pipeline: Pipeline) -> None:
    raw = b"From: MAILER-DAEMON@a.example\n" + RAW
    report = pipeline.message(MessageInput(raw))
    check_report(report, raw, pipeline.book, DEFAULT_LIMITS)
    with pytest.raises(Broken, match=sentence):
        check_report(spoil(report), raw, pipeline.book, DEFAULT_LIMITS)


def test_a_message_beyond_its_limits_is_found_out() -> None:
    message = open_message(RAW)
    check_opened(message, RAW, DEFAULT_LIMITS)
    with pytest.raises(Broken, match="max_text"):
        check_opened(message, RAW, replace(DEFAULT_LIMITS, max_text=10, max_recipients=0))
    with pytest.raises(Broken, match="no more than the message"):
        check_opened(open_message(RAW * 100), RAW, DEFAULT_LIMITS)
    with pytest.raises(Broken, match="no more fields"):
        check_opened(message, RAW, replace(DEFAULT_LIMITS, max_headers=0))


def test_an_address_without_a_source_is_found_out(answer: Classification, classifier: Pipeline) -> None:
    with pytest.raises(Broken, match="source"):
        check_classification(replace(answer, recipient="ana@b.example"), classifier.book, DEFAULT_LIMITS)


def test_half_a_surrogate_pair_an_odd_warning_and_a_changed_answer_are_found_out() -> None:
    with pytest.raises(Broken, match="valid Unicode"):
        check_unicode("a\ud800")
    with pytest.raises(Broken, match="a sentence"):
        check_warnings(["a\nb"])
    with pytest.raises(Broken, match="same bytes"):
        check_same([1, 2])
