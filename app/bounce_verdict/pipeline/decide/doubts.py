"""Part of step 6: the doubts of rules/doubts.toml, and which of them a text raises.

What each kind is looked for in is its caller's business: suppress.py asks about a reply, quotation.py about what stands ahead of the
deciding words or behind them, `of_notice` about the words of a notice.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from msgspec.structs import replace

from bounce_verdict.model import Doubt, DoubtKind, Evidence, RecipientStatus, Rulebook
from bounce_verdict.pipeline.match.matcher import Matcher
from bounce_verdict.pipeline.match.re2_search import searcher

BECAUSE: Mapping[DoubtKind, str] = {
    "blame": "the text blames the sender, the message or a policy",
    "passing": "the text says that it is so for now, or that the receiver could not look",
    "receiver": "the receiver's own system is at fault",
    "notice": "beside the reply or code, the notice's own words tell of another cause",
}
_OF_NOTICE: Sequence[DoubtKind] = ("notice", "blame", "passing", "receiver")
_READ = 16_384  # characters of a notice that are looked through, by one doubt after the other; what mail systems say takes less
_SHOWN = 60  # characters of a notice's words that the evidence repeats
_SILENT = frozenset({"failed", "delayed", None})  # actions that may make the answer `now`


class Raised(NamedTuple):
    """A doubt and where its words stand in the text."""

    doubt: Doubt
    start: int
    end: int


class Doubts:
    """The doubts of one rulebook. roles: local parts of addresses that are asked for help. matcher: of the same rulebook."""

    def __init__(self, book: Rulebook, matcher: Matcher) -> None:
        self.known = book.doubts
        self._kinds = [doubt.kind for doubt in book.doubts]
        self.roles = frozenset(book.roles)
        self._matcher = matcher
        of_kind: dict[DoubtKind, list[int]] = {}
        for i, doubt in enumerate(book.doubts):
            of_kind.setdefault(doubt.kind, []).append(i)
        self._of_kind: Mapping[DoubtKind, Sequence[int]] = of_kind
        self._of_notice = [i for i, doubt in enumerate(book.doubts) if doubt.kind in _OF_NOTICE]

    def kind_of(self, number: int) -> DoubtKind | None:
        """The kind of a doubt that a scan found; None for one of the matcher's later signals."""
        return self._kinds[number] if number < len(self._kinds) else None

    def of_kind(self, kind: DoubtKind) -> Sequence[int]:
        """Their indices."""
        return self._of_kind.get(kind, ())

    def first(self, text: str, doubts: Iterable[int]) -> Raised | None:
        """The first of these doubts whose words `text` holds."""
        for i in doubts:
            if (span := self._matcher.doubt_span(i, text)) is not None:
                return Raised(self.known[i], *span)
        return None

    def leftmost(self, text: str, doubts: Iterable[int]) -> Raised | None:
        """The one of these doubts whose words stand first in `text`."""
        raised = [found for i in doubts if (found := self.first(text, (i,))) is not None]
        return min(raised, key=lambda found: found.start, default=None)

    def is_scanned(self, doubt: int, text: str) -> bool:
        """Whether the scan of all doubts finds this one in the text."""
        return doubt in self._matcher.doubts(text)

    def of_notice(self, statuses: Sequence[RecipientStatus], text: str) -> Sequence[RecipientStatus]:
        """The statuses, with a doubt for those without a server's reply in a report where the notice's text tells of another cause.

        So a bare Status 5.1.1 stops nobody beside "identified as spam", nor a code that stands somewhere in a notice of no known layout.
        """
        text = text[:_READ]
        if not any(map(_is_weak, statuses)) or not self._may_raise(text):
            return statuses
        raised = self.first(text, self._of_notice)
        if raised is None:
            return statuses
        words = text[raised.start : raised.end][:_SHOWN]
        line = Evidence("verdict", f"{_told(raised.doubt)}: “{words}”", None, raised.doubt.source)
        return [replace(status, doubt=line) if _is_weak(status) else status for status in statuses]

    @cached_property
    def _may_raise(self) -> Callable[[str], bool]:
        """Whether a notice's text raises any doubt: they are asked one by one only then."""
        patterns = [self.known[i].match for i in self._of_notice]
        return searcher("(?i)" + "|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else _raises_nothing


def why(doubt: Doubt) -> str:
    """The evidence's sentence where a doubt holds `now` back, with its id."""
    return f"`now` is held back: {_told(doubt)}"


def _told(doubt: Doubt) -> str:
    return f"{doubt.because or BECAUSE[doubt.kind]} ({doubt.id})"


def _is_weak(status: RecipientStatus) -> bool:
    return status.action in _SILENT and (status.read_by == "general" or not status.reply)


def _raises_nothing(_text: str) -> bool:
    return False
