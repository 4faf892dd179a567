"""The matcher's oracle: a loop over `re`, with the meaning that hyperscan gives a pattern under CASELESS, UTF8 and no UCP.

Three differences are levelled. `\\w \\d \\s \\b` mean ASCII, so they are wrapped in `(?a:…)`, while letters outside ASCII fold
their case. `re` folds İ and ı with i, Unicode's simple folding and hyperscan do not, so both are replaced by characters without
case, in the pattern and the text. In a set, `re` has no scoped flag, so a set that holds a class is ASCII as a whole; rules
whose sets mix a class with letters outside ASCII would need another oracle, and raise here.
"""

import re
from typing import NamedTuple

from bounce_verdict.model import Rulebook

_CASELESS = {"İ": "\ue000", "ı": "\ue001"}
_PIECE = re.compile(
    r"""
      (?P<klass>\\[wWdDsSbB])
    | \\x\{(?P<point>[0-9a-fA-F]+)\}
    | (?P<escaped>\\[^a-zA-Z0-9])
    | (?P<strange>\\.)
    | (?P<set>\[\^?\]?(?:\\.|[^\]\\])*+\])
    | (?P<rest>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Found(NamedTuple):
    """As bounce_verdict.pipeline.match.matcher.Scan."""

    rules: list[int]
    providers: list[str]
    blocklists: list[int]


class NaiveMatcher:
    """As bounce_verdict.pipeline.match.matcher.Matcher, slow and plain."""

    def __init__(self, book: Rulebook) -> None:
        self._rules = [(i, translate(rule.match)) for i, rule in enumerate(book.rules) if rule.match is not None]
        self._tokens = [(p.name, translate(token)) for p in book.providers.values() for token in p.tokens]
        self._blocklists = [(i, translate(known.pattern)) for i, known in enumerate(book.blocklists)]

    def scan(self, text: str) -> Found:
        """Every rule, token and blocklist that `text` matches."""
        text = _without_caseless(text)
        providers = dict.fromkeys(name for name, pattern in self._tokens if pattern.search(text))
        return Found(
            [i for i, pattern in self._rules if pattern.search(text)],
            list(providers),
            [i for i, pattern in self._blocklists if pattern.search(text)],
        )

    def span(self, rule_index: int, text: str) -> tuple[int, int] | None:
        """Where the rule's first match stands; of several matches with one start, the longest."""
        pattern = dict(self._rules).get(rule_index)
        found = pattern.search(_without_caseless(text)) if pattern is not None else None
        return found.span() if found else None


def translate(pattern: str) -> re.Pattern[str]:
    """The pattern for `re`."""
    return re.compile("".join(_piece(found) for found in _PIECE.finditer(_without_caseless(pattern))), re.IGNORECASE)


def _without_caseless(text: str) -> str:
    for letter, stand_in in _CASELESS.items():
        text = text.replace(letter, stand_in)
    return text


def _piece(found: re.Match[str]) -> str:
    if found["klass"]:
        return f"(?a:{found['klass']})"
    if found["point"]:
        return re.escape(chr(int(found["point"], 16)))
    if found["set"]:
        return _set(found["set"])
    if found["strange"] and found["strange"] not in {r"\n", r"\t", r"\r"}:
        raise NotImplementedError(found["strange"])
    return found[0]


def _set(text: str) -> str:
    """A set, its inner brackets escaped (`re` warns of them)."""
    inner = re.sub(r"(?<!\\)\[", r"\\[", text[1:])
    if not re.search(r"\\[wWdDsS]", inner):
        return f"[{inner}"
    if not inner.isascii():
        raise NotImplementedError(text)
    return f"(?a:[{inner})"
