"""Step 5, the matching: every pattern of the rulebook in linear-time scans, hits as numbers, first in order first.

One database for each stage of rules: what comes first in the order of precedence is looked for first, and what comes later only
where that decides nothing. So the patterns that read a sentence by its structure, which cost the most, are not in the one that nearly
every reply needs. The first holds providers' tokens, blocklists and parse's signals too. The last holds the doubts, which only a verdict that may cost a
subscriber is asked about.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import get_args

from bounce_verdict.model import DoubtKind, Layer, Rule, Rulebook
from bounce_verdict.pipeline.match.engine import CheckedDatabases, NumberedPattern, PatternDatabase, StageDatabases
from bounce_verdict.pipeline.match.hyperscan_syntax import to_subject
from bounce_verdict.pipeline.match.identifiers import without_identifiers
from bounce_verdict.pipeline.match.re2_search import FindSpan, span_finder

# The layers whose patterns are looked for together, in the order of precedence. One that stands twice is halved: all generic patterns
# in one database (3.6 MB) take 19 µs a text, the two halves 6 µs each, and the first decides half of what comes so far.
STAGES: tuple[tuple[Layer, ...], ...] = (
    ("local", "provider"),
    ("generic",),
    ("generic",),
    ("language", "structure", "not-now"),
    ("fallback",),
)
_FIRST = 0
_BEHIND = len(STAGES)  # the database of the doubts
_NOT_SCANNED: frozenset[DoubtKind] = frozenset({"delivery", "contact", "notice"})  # seldom asked for, or not of a reply


def stages_of(rules: Sequence[Rule]) -> Sequence[int]:
    """The stage of each rule, as its place in STAGES. `rules` stand in the order of precedence."""
    stages_of_layer = {layer: [number for number, layers in enumerate(STAGES) if layer in layers] for layer in get_args(Layer)}
    in_layer = Counter(rule.layer for rule in rules)
    seen: Counter[Layer] = Counter()
    stages = []
    for rule in rules:
        numbers = stages_of_layer[rule.layer]
        stages.append(numbers[seen[rule.layer] * len(numbers) // in_layer[rule.layer]])
        seen[rule.layer] += 1
    return stages


class Scan:
    """What one text matched: rules as indices into Rulebook.rules, ascending; those of a later stage when first asked for.

    providers: the names whose token was found, in file order. blocklists: indices into Rulebook.blocklists, ascending.
    signals: which groups of the matcher's signals were found, a bit for each.
    is_neutral: whether the later stages see the text without the words of its identifiers.
    """

    __slots__ = ("_data", "_engine", "_found", "blocklists", "is_neutral", "providers", "signals")

    def __init__(
        self,
        found: tuple[int, ...],
        providers: Sequence[str],
        blocklists: Sequence[int],
        signals: int,
        engine: StageDatabases | CheckedDatabases,
        data: bytes,
    ) -> None:
        self.providers = providers
        self.blocklists = blocklists
        self.signals = signals
        self._found = [found]
        self._engine = engine
        self._data = data
        self.is_neutral = False

    @property
    def stages_scanned(self) -> int:
        """For the rules of how many stages this text was scanned."""
        return len(self._found)

    def stage(self, number: int) -> tuple[int, ...]:
        """The rules of one stage."""
        while len(self._found) <= number:
            self._found.append(tuple(sorted(self._engine.find(len(self._found), self._data))))
        return self._found[number]

    @property
    def rules(self) -> Sequence[int]:
        """Those of all stages."""
        return [i for number in range(len(STAGES)) for i in self.stage(number)]


class Matcher:
    """The compiled patterns of one rulebook; any number of threads may use it.

    signals: groups of patterns besides the rulebook's, of which a scan says only whether one of a group matches.
    later_signals: the same, of which only `doubts` tells.
    compiled: what `dump` gave for the same rulebook on the same machine; saves the compilation, which takes a second and more. Of
    other patterns it is not used.
    databases: the patterns where a check has compiled them anyway; slower to scan, and not to be dumped.
    Raises RulebookError, with the place, where a pattern does not compile.
    """

    def __init__(
        self,
        book: Rulebook,
        signals: Sequence[Sequence[str]] = (),
        compiled: bytes | None = None,
        databases: Sequence[PatternDatabase] = (),
        later_signals: Sequence[str] = (),
    ) -> None:
        numbered = _numbered(book, signals, later_signals)
        self._first_token = len(book.rules)
        self._token_owners = [provider.name for provider in book.providers.values() for _ in provider.tokens]
        self._first_blocklist = self._first_token + len(self._token_owners)
        self._signal = self._first_blocklist + len(book.blocklists)
        self._signal_bits = _bits(signals)
        self._first_doubt = self._signal + len(self._signal_bits)
        self._engine = CheckedDatabases(numbered, databases) if databases else StageDatabases(numbered, _BEHIND + 1, compiled)
        doubts = [NumberedPattern(self._first_doubt + i, one.match, one.source, _BEHIND) for i, one in enumerate(book.doubts)]
        self._pattern = {
            one.number: one for one in (*numbered, *doubts) if not self._first_token <= one.number < self._first_doubt
        }
        self._find_span: dict[int, FindSpan] = {}
        if not self._engine.is_loaded:  # what was compiled before is known to be sound, and can wait until it is asked for
            for number in self._pattern:
                self._finder(number)

    def dump(self) -> bytes:
        """The compiled patterns as bytes, for another process to start from."""
        return self._engine.dump() if isinstance(self._engine, StageDatabases) else b""

    def scan(self, text: str) -> Scan:
        """Every rule, token and blocklist whose pattern `text` matches. Linear in the text's length, whatever it holds."""
        data = to_subject(text)
        found = self._engine.find(_FIRST, data)
        if not found:
            return Scan((), (), (), 0, self._engine, data)
        found.sort()
        if found[-1] < self._first_token:
            return Scan(tuple(found), (), (), 0, self._engine, data)
        return self._by_kind(found, data)

    def doubts(self, text: str) -> list[int]:
        """The doubts whose words `text` holds, as indices into Rulebook.doubts, ascending; behind those a number for each later signal."""
        found = [i - self._first_doubt for i in self._engine.find(_BEHIND, to_subject(text))]
        found.sort()
        return found

    def doubt_span(self, doubt: int, text: str) -> tuple[int, int] | None:
        """First and one-past-last code point of the doubt's words in any text; None where they are not there."""
        return self.span(self._first_doubt + doubt, text)

    def without_identifiers(self, text: str, scan: Scan) -> Scan:
        """`scan` of `text` with the later stages scanned anew, where words inside URLs, addresses and host names do not count."""
        data = to_subject(without_identifiers(text))
        neutral = Scan(scan.stage(_FIRST), scan.providers, scan.blocklists, scan.signals, self._engine, data)
        neutral.is_neutral = True
        return neutral

    def span(self, rule_index: int, text: str) -> tuple[int, int] | None:
        """First and one-past-last code point of what the rule matched, None where it has no pattern or does not match."""
        find = self._find_span.get(rule_index) or self._finder(rule_index)
        return find(text) if find is not None else None

    def _finder(self, rule_index: int) -> FindSpan | None:
        """What finds the rule's pattern in a text; None where it has none. Compiling it takes a tenth of a millisecond."""
        known = self._pattern.get(rule_index)
        if known is None:
            return None
        find = self._find_span[rule_index] = span_finder(known.pattern, known.source)
        return find

    def _by_kind(self, found: Sequence[int], data: bytes) -> Scan:
        """The ascending numbers, sorted into rules, providers, blocklists and signals by their ranges."""
        behind_rules = bisect_left(found, self._first_token)
        providers: list[str] = []
        blocklists: list[int] = []
        signals = 0
        for i in found[behind_rules:]:
            if i >= self._signal:
                signals |= self._signal_bits[i - self._signal]
            elif i >= self._first_blocklist:
                blocklists.append(i - self._first_blocklist)
            elif (owner := self._token_owners[i - self._first_token]) not in providers:
                providers.append(owner)
        return Scan(tuple(found[:behind_rules]), providers, blocklists, signals, self._engine, data)


def _bits(groups: Sequence[Sequence[str]]) -> Sequence[int]:
    """For every pattern of the groups, in order, the bit of its group."""
    return [1 << group for group, patterns in enumerate(groups) for _ in patterns]


def _numbered(book: Rulebook, signals: Sequence[Sequence[str]], later_signals: Sequence[str]) -> list[NumberedPattern]:
    """Every pattern of `book` with its number and stage: rules, then tokens, blocklists, signals, doubts and later signals."""
    rules = [
        NumberedPattern(i, rule.match, rule.source, stage)
        for i, (rule, stage) in enumerate(zip(book.rules, stages_of(book.rules), strict=True))
        if rule.match is not None
    ]
    others = [(token, provider.source, _FIRST) for provider in book.providers.values() for token in provider.tokens]
    others += [(known.pattern, known.source, _FIRST) for known in book.blocklists]
    others += [(signal, f"{__name__}:0", _FIRST) for group in signals for signal in group]
    others += [("" if one.kind in _NOT_SCANNED else one.match, one.source, _BEHIND) for one in book.doubts]
    others += [(signal, f"{__name__}:0", _BEHIND) for signal in later_signals]
    return rules + [NumberedPattern(i, *other) for i, other in enumerate(others, len(book.rules)) if other[0]]
