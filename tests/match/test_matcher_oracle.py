"""The matcher finds what an oracle finds that tries one pattern after the other."""

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bounce_verdict.model import Rulebook
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.match.matcher import Matcher
from bounce_verdict.pipeline.parse.reply.parse_reply import parse_reply
from tests.match.naive_matcher import NaiveMatcher, translate


@pytest.fixture(scope="module")
def naive(book: Rulebook) -> NaiveMatcher:
    return NaiveMatcher(book)


def test_every_hit_and_miss_matches_as_the_oracle_says(book: Rulebook, pipeline: Pipeline, naive: NaiveMatcher) -> None:
    for rule in book.rules:
        for example in (*rule.hits, *rule.misses):
            text = parse_reply(example.reply).reply.text
            assert seen(pipeline.matcher, text) == seen(naive, text)


def test_every_span_of_a_hit_is_a_match_by_itself(book: Rulebook, pipeline: Pipeline, naive: NaiveMatcher) -> None:
    """Not the same span: the oracle's is greedy. Same start, and what it covers matches the pattern whole."""
    for i, rule in enumerate(book.rules):
        pattern = translate(rule.match) if rule.match is not None else None
        for hit in rule.hits if pattern is not None else ():
            text = parse_reply(hit.reply).reply.text
            span, theirs = pipeline.matcher.span(i, text), naive.span(i, text)
            assert (span is None) == (theirs is None)
            if span is not None and pattern is not None:
                assert pattern.fullmatch(text, *span)


LETTERS = "aäeéiıİßΣσςжЖя邮箱 .,;:-<>@[]()0123456789\"'/\t"
WORDS = st.sampled_from([
    "mailbox", "FULL", "user", "Unknown", "not", "found", "Konto", "GELÖSCHT", "ящик", "Переполнен", "邮箱", "已满", "spam",
    "blocked", "using", "zen.spamhaus.org", "quota", "exceeded", "relay", "denied", "try", "again", "later", "5.7.1", "boîte", "pleine",
    "doesn't", "exist", "recipient", "rejected", "policy", "İstanbul", "kutusu", "dolu",
])  # fmt: skip
TEXTS = st.lists(
    st.one_of(WORDS, st.text(LETTERS, max_size=8), st.text(st.characters(exclude_characters="\0\n"), max_size=4)), max_size=12
).map(lambda words: unicodedata.normalize("NFC", " ".join(words)))


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS)
def test_any_text_matches_as_the_oracle_says(text: str, pipeline: Pipeline, naive: NaiveMatcher) -> None:
    assert seen(pipeline.matcher, text) == seen(naive, text)


def seen(matcher: Matcher | NaiveMatcher, text: str) -> tuple[list[int], list[str], list[int]]:
    scan = matcher.scan(text)
    return list(scan.rules), list(scan.providers), list(scan.blocklists)
