"""Step 5, the matching: hyperscan finds what the patterns say, and says where."""

import re
import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounce_verdict.errors import RulebookError
from bounce_verdict.model import Doubt, KnownBlocklist, Provider, Rule, Rulebook
from bounce_verdict.pipeline.match.engine import PatternDatabase, compile_error
from bounce_verdict.pipeline.match.matcher import Matcher
from bounce_verdict.pipeline.match.re2_search import _find_with_re, _span_pattern, literals, searcher, span_finder


def make_book(
    *patterns: str | None, tokens: Sequence[tuple[str, Sequence[str]]] = (), blocklists: Sequence[tuple[str, str]] = ()
) -> Rulebook:
    rules = [
        Rule(f"r{i}", "policy", "policy-other", "RFC 5321", f"rules/generic.toml:{i + 1}", "generic", match=pattern)
        for i, pattern in enumerate(patterns)
    ]
    providers = {name: Provider(name, f"rules/providers/{name}.toml:1", tokens=found) for name, found in tokens}
    known = [KnownBlocklist(name, f"{name}.example", pattern, "https://example.org") for name, pattern in blocklists]
    return Rulebook("sha256:0", rules, providers, {}, known, [], {}, {})


def matched(pattern: str, text: str) -> str | None:
    span = Matcher(make_book(pattern)).span(0, text)
    return text[slice(*span)] if span else None


def test_one_scan_finds_rules_tokens_and_blocklists() -> None:
    book = make_book(
        "full", None, "box", "absent", tokens=[("b", ["gsmtp", "box"]), ("a", ["mail"])], blocklists=[("zen", "zen")]
    )
    scan = Matcher(book).scan("mailbox full, see zen - gsmtp")
    assert (scan.rules, scan.providers, scan.blocklists) == ([0, 2], ["b", "a"], [0])


def test_a_text_that_matches_nothing_finds_nothing() -> None:
    scan = Matcher(make_book("full")).scan("queued")
    assert (list(scan.rules), list(scan.providers), list(scan.blocklists)) == ([], [], [])


def test_a_rulebook_without_patterns_finds_nothing() -> None:
    assert list(Matcher(make_book(None)).scan("full").rules) == []


@pytest.mark.parametrize("text", ["Konto GELÖSCHT", "konto gelöscht", "Konto geloscht"])
def test_case_and_sets_reach_beyond_ascii(text: str) -> None:
    assert list(Matcher(make_book("gel[öo]scht")).scan(text).rules) == [0]


def test_word_characters_are_ascii() -> None:
    assert list(Matcher(make_book(r"^\w+$")).scan("ящик").rules) == []


def test_anchors_are_the_ends_of_the_text() -> None:
    matcher = Matcher(make_book("^full$"))
    assert list(matcher.scan("full").rules) == [0]
    assert list(matcher.scan("mailbox full").rules) == []


def test_a_span_counts_code_points() -> None:
    text = "📭 Почтовый ящик ПЕРЕПОЛНЕН 📭"
    assert matched("ящик переполнен", text) == "ящик ПЕРЕПОЛНЕН"


def test_a_span_begins_at_the_leftmost_start() -> None:
    assert matched("is full|mailbox is full", "the mailbox is full") == "mailbox is full"


STEPS = st.recursive(
    st.lists(st.sampled_from(["a", "b", "B", " ", "1", r"\d", r"\w", r"\b", r"\.", ".", "[ab]", "[^a1]", "x-"]), max_size=3).map(
        "".join
    ),
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map("|".join).map("({})".format)
        | inner.map("(?:{})?".format)
        | st.tuples(inner, inner).map("".join)
    ),
    max_leaves=6,
)


@given(STEPS, st.text("abBx1 .-", max_size=12))
def test_a_pattern_without_repeats_is_found_where_re2_finds_it(pattern: str, text: str) -> None:
    found = _span_pattern(pattern).search(text.encode())
    assert span_finder(pattern, "rules/generic.toml:1")(text) == (found.span() if found else None)


def test_a_repeat_is_never_left_to_an_engine_that_goes_back(book: Rulebook) -> None:
    taken = [rule.match for rule in book.rules if rule.match is not None and _find_with_re(rule.match) is not None]
    assert len(taken) > 100
    assert not any(re.search(r"[*+{]", re.sub(r"\\.|\[[^]]*\]", "", pattern)) for pattern in taken)
    assert (
        _find_with_re("(a?){9}")
        is _find_with_re("a*")
        is _find_with_re("a+b")
        is _find_with_re("é")
        is _find_with_re("a?" * 7)
        is None
    )


def test_a_span_takes_every_digit() -> None:
    assert matched(r"code \d+", "code 12345 and more") == "code 12345"


def test_a_span_takes_every_letter_beyond_ascii() -> None:
    assert matched(r"ящик \S+", "ящик переполнен совсем") == "ящик переполнен"


def test_a_span_begins_leftmost_and_is_as_greedy_as_written() -> None:
    text = "user a unknown, user b unknown"
    assert matched("user.*unknown", text) == text
    assert matched("user.*?unknown", text) == "user a unknown"


def test_no_span_without_a_pattern_or_a_match() -> None:
    matcher = Matcher(make_book(None, "full"))
    assert matcher.span(0, "full") is None
    assert matcher.span(1, "empty") is None


def test_a_lone_surrogate_is_no_error() -> None:
    matcher = Matcher(make_book("full"))
    text = "box \udcff\udcff full"
    assert list(matcher.scan(text).rules) == [0]
    assert matcher.span(0, text) == (7, 11)


def test_threads_share_a_matcher() -> None:
    matcher = Matcher(make_book("a.*z", "b+c"))
    text = "a" * 2000 + "bbbc" + "z" * 2000
    found: list[object] = []

    def work() -> None:
        found.extend((tuple(matcher.scan(text).rules), matcher.span(1, text)) for _ in range(300))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {((0, 1), (2000, 2004))}
    assert len(found) == 2400


def test_a_pattern_that_does_not_compile_is_named_with_its_place() -> None:
    with pytest.raises(RulebookError, match=r"^rules/generic.toml:2: `\(`: Missing close parenthesis"):
        Matcher(make_book("fine", "("))


def test_a_compiled_matcher_can_be_handed_on() -> None:
    book = make_book("full", "box")
    other = Matcher(book, compiled=Matcher(book).dump())
    assert list(other.scan("mailbox full").rules) == [0, 1]
    assert other.span(1, "mailbox full") == (4, 7)


def test_compiled_patterns_of_other_rules_are_not_used() -> None:
    other = Matcher(make_book("empty")).dump()
    assert list(Matcher(make_book("full"), compiled=other).scan("mailbox full").rules) == [0]


def test_doubts_and_later_signals_are_looked_for_only_when_asked() -> None:
    doubts = [
        Doubt("blame.box", "blame", "box", "rules/doubts.toml:1"),
        Doubt("passing.now", "passing", "full|now", "rules/doubts.toml:9"),
    ]
    matcher = Matcher(replace(make_book("full"), doubts=doubts), signals=[["again"]], later_signals=["empty"])
    assert matcher.scan("box full, again").signals == 1
    assert matcher.doubts("box full, again") == [0, 1]
    assert matcher.doubts("now empty") == [1, 2]
    assert not matcher.doubts("again")
    assert matcher.doubt_span(1, "a full box") == (2, 6)


def test_a_doubt_of_a_part_of_a_text_is_not_scanned_for() -> None:
    matcher = Matcher(replace(make_book("full"), doubts=[Doubt("contact.ask", "contact", "ask$", "rules/doubts.toml:1")]))
    assert not matcher.doubts("ask")
    assert matcher.doubt_span(0, "do ask") == (3, 6)


def test_signals_are_reported_beside_the_rules() -> None:
    matcher = Matcher(make_book("full"), signals=[["again"], ["box", "full"]])
    scan = matcher.scan("full, try again")
    assert (scan.signals, scan.rules, scan.providers, scan.blocklists) == (3, [0], [], [])
    assert matcher.scan("mailbox").signals == 2
    assert not matcher.scan("empty").signals


# Patterns on which Vectorscan 5.4.12 overwrites its stack when a text is longer than 255 bytes.
OVERRUNNING = ["b+c", r"\d+-\d+bc", r"\w+bc", r"[a-z]+\d[xy]bc", r"\S+@\S+bc"]


@pytest.mark.parametrize("pattern", OVERRUNNING)
def test_no_pattern_overruns_the_engines_stack_on_a_long_text(pattern: str) -> None:
    matcher = Matcher(make_book(pattern))
    for text in ("a" * 4000, "bc" * 2000, "q1 " * 1300 + "1x@1-1q1xbc", "é" * 2000):
        assert (matcher.span(0, text) is not None) == bool(matcher.scan(text).rules)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^full", "full", "full"),
        ("(?:^|x)full", "full", "full"),
        (".full", "full", None),
        (r"\Wfull", "full", None),
        (r"\S+full", "full", None),
        (r"\Dfull", "full", None),
        ("[^x]full", "full", None),
        ("[^]x]full", "full", None),
        ("[^]x]full", "]full afull", "afull"),
        (r"\^full", "^full", "^full"),
        ("[a^]full", "^full", "^full"),
        (r"[^\]x]full", "full", None),
        (".*full", "is full", "is full"),
        (r"\bfull", "full", "full"),
        (r"\Bfull", "full", None),
    ],
)
def test_a_text_begins_where_it_begins(pattern: str, text: str, found: str | None) -> None:
    """Not at the guard that stands ahead of it in the engine."""
    matcher = Matcher(make_book(pattern))
    assert list(matcher.scan(text).rules) == ([0] if found else [])
    assert matched(pattern, text) == found


@pytest.mark.parametrize("pattern", ["(?=a)b", "(?<!a)b", r"(a)\1", "a++", "(?>a)b", "a*", "", "(", "a\0b", "^a*", "^", r"\x00"])
def test_the_engine_refuses(pattern: str) -> None:
    assert compile_error(pattern) is not None


def test_backtracking_patterns_are_harmless() -> None:
    matcher = Matcher(make_book("(a+)+$", "(a|aa)+b", r"(\w+\s?)*!"))
    assert list(matcher.scan("a" * 4000 + "c").rules) == []


@pytest.mark.parametrize("gap", range(1, 60))
def test_no_match_is_lost_behind_a_long_gap(gap: int) -> None:
    """Vectorscan 5.4.12 passes over pairs of signs at the end of a text, and behind a gap without line ends."""
    book = make_book(
        r"(postvak|mailbox|postbus|brievenbus|quota).*(\bvol\b|overschreden|zit vol)",
        r"\bbarracuda(central|networks)\.|\bbarracuda ?(reputation|blocklist|rbl|brbl)|\bBRBL\b",
        r"dnsbl-3\.uceprotect|uceprotect[ -]*(level|l)?[ -]?3\b",
        r"dnsbl-2\.uceprotect|uceprotect[ -]*(level|l)?[ -]?2\b",
        r"\buceprotect",
        r"\bbackscatterer\b",
    )
    assert list(Matcher(book).scan(f"postbus{' ' * gap}vol").rules) == [0]
    alone = Matcher(make_book(r"(schr(á|a)nka|adresa|(ú|u)(č|c)et).*(neexistuje|nezn(á|a)m|nenalezen|nebyl\w? nalezen)"))
    assert list(alone.scan(f"schranka {'x' * gap} nenalezena").rules) == [0]


@pytest.mark.parametrize("text", ["doesn't exist", "doesn’t exist", "DOESN’T EXIST"])
def test_one_character_may_take_several_bytes(text: str) -> None:
    assert list(Matcher(make_book("doesn.t exist")).scan(text).rules) == [0]


def test_the_databases_of_a_check_find_what_one_for_each_stage_finds() -> None:
    book = make_book("full", "gel[öo]scht", "full", tokens=[("a", ["box"])])
    matcher = Matcher(book, databases=[PatternDatabase(["full"]), PatternDatabase(["gel[öo]scht", "box"])])
    scan = matcher.scan("Mailbox FULL, GELÖSCHT")
    assert (list(scan.rules), list(scan.providers)) == ([0, 1, 2], ["a"])


@given(st.text("ab .*é\n", max_size=40))
def test_literals_are_found_where_they_stand_in_the_text(text: str) -> None:
    wanted = ["a", "b a", "é.", ".*", "ab\n", "aba"]
    assert {wanted[place] for place in literals(wanted)(text)} == {one for one in wanted if one in text}


@given(st.text("ab:é\n", max_size=40))
def test_a_pattern_of_our_own_is_found_in_any_line(text: str) -> None:
    assert searcher("(?im)^A:")(text) == any(line.startswith("a:") for line in text.split("\n"))
