"""Words of a reply that may be our own message's: a filter quotes what it objects to, and says of nobody that he does not exist.

Only replies to the message itself can do so; at RCPT the server has not seen it yet. Which words announce a quotation is rules/doubts.toml's
to know; here is what quotation marks do, and how far a quotation reaches.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

from bounce_verdict.model import Command, Doubt, DoubtKind
from bounce_verdict.pipeline.decide.doubts import Doubts
from bounce_verdict.pipeline.match.identifiers import mask

AFTER_DATA: frozenset[Command | None] = frozenset({"EOD", "BDAT"})
AFTER_MESSAGE: frozenset[Command | None] = frozenset({"DATA", "EOD", "BDAT", None})  # None: nobody knows whether it came before

# For the matcher: words without these, and without a doubt of the three kinds, quote nothing.
MARKS = ("[\"“«„「『‘]|\\B'\\w",)
_KINDS: frozenset[DoubtKind | None] = frozenset({"quotation", "quoted", "our-message", None})  # None: one of MARKS

_QUOTED = re.compile(  # not behind a reply code: `550-'5.1.1 …'` (Cisco ESA) is another server's reply
    r"(?<!\d\d\d[ -])(?:\"[^\"]{1,1000}\"?|“[^”]{1,1000}”?|«[^»]{1,1000}»?|„[^“”]{1,1000}[“”]?|「[^」]{1,1000}」?|『[^』]{1,1000}』?|‘[^‘’]{1,1000}’?|(?<![^\W_])'[^']{1,1000}'(?!\w))"
)
_BETWEEN = " \"'”»>)]"  # what may stand between quoted words and those that say that they are


class Quotation(NamedTuple):
    """Where words are quoted from the message; doubt: what announces it, None for quotation marks."""

    start: int
    end: int
    doubt: Doubt | None


def may_quote(kinds: Collection[DoubtKind | None]) -> bool:
    """Whether a scan for doubts found anything that makes a quotation possible."""
    return not _KINDS.isdisjoint(kinds)


def quotation_at(text: str, start: int, end: int, doubts: Doubts) -> Quotation | None:
    """The quotation in which the words from `start` to `end` plainly stand; None where they are the server's."""
    for found in _QUOTED.finditer(text):
        if found.start() > start:
            break
        if end <= found.end() and not _is_whole(text, found.span()):
            return Quotation(*found.span(), None)
    if (ahead := doubts.leftmost(text[:start], doubts.of_kind("quotation"))) is not None:
        return Quotation(ahead.end, len(text), ahead.doubt)
    behind = doubts.leftmost(text[end:], doubts.of_kind("quoted"))
    if behind is not None and not text[end : end + behind.start].strip(_BETWEEN):
        return Quotation(start, end, behind.doubt)
    return None


def possible_quotation(text: str, start: int, doubts: Doubts) -> Doubt | None:
    """What makes it possible that what stands at `start` is quoted: "your message", where that does not speak of its delivery."""
    ahead = text[:start]
    raised = doubts.first(ahead, doubts.of_kind("our-message"))
    if raised is None or doubts.first(ahead, doubts.of_kind("delivery")) is not None:
        return None
    return raised.doubt


def without_quotation(text: str, quotation: Quotation) -> str:
    """`text`, as long as it was, with the letters of what is quoted gone."""
    start, end, _ = quotation
    return text[:start] + mask(text[start:end]) + text[end:]


def _is_whole(text: str, span: tuple[int, int]) -> bool:
    """Whether nothing but the quotation says anything; what stands in brackets behind it is a program's (Cisco ESA)."""
    rest = text[span[1] :].strip()
    return not any(sign.isalpha() for sign in text[: span[0]]) and (rest[:1] == "(" or not any(sign.isalpha() for sign in rest))
