"""RE2 behind the matcher: where in a text one pattern matches. It also finds literals and lines of our own in mails.

The only file that knows it. Python's `re` searches where a pattern has no repeats: it stays linear there, and is quicker.
"""

import re
from collections.abc import Callable, Sequence

import re2

from bounce_verdict.errors import RulebookError

SPAN_MEMORY = 1 << 19  # bytes that RE2 may spend on one pattern's automaton; beyond, it starts that anew and stays linear

FindSpan = Callable[[str], tuple[int, int] | None]

# Both engines mean the same by these pieces, in ASCII. Without repeats, and each `?` doubles at most what a place costs.
_WITHOUT_REPEATS = re.compile(
    r"(?:\\[bdwDW]|\\[^a-zA-Z0-9]|\[\^?\]?(?:\\[dwDW]|\\[^a-zA-Z0-9]|[^\]\\\[])*+\]|\((?!\?)|\(\?:|[)|.?]|[^\\()\[\]{}|?*+.^$])*+"
)
_MAX_OPTIONS = 6
_ANYWHERE: object = re2._re2.RE2.Anchor.UNANCHORED  # noqa: SLF001  # what re2's search() gives


class SearchError(ValueError):
    """RE2 does not take a pattern; the message is its own."""


def span_finder(pattern: str, source: str) -> FindSpan:
    """A function that finds the pattern in a text: its first match as (start, end) in code points, None for none.

    Compiled now, so that no reply waits for it. Raises RulebookError with the place.
    """
    try:
        search = _span_pattern(pattern)._regexp.Match  # noqa: SLF001  # re2's own search() makes objects for twice the cost of this
    except SearchError as error:
        path, line = source.rsplit(":", 1)
        raise RulebookError(path, int(line), f"`{pattern}`: {error}") from error
    find_with_re = _find_with_re(pattern)

    def find(text: str) -> tuple[int, int] | None:
        is_ascii = text.isascii()
        if is_ascii and find_with_re is not None:
            found = find_with_re(text)
            return found.span() if found is not None else None
        data = text.encode() if is_ascii else text.encode("utf-8", "replace")
        start, end = search(_ANYWHERE, data, 0, len(data))[0]
        if start < 0:
            return None
        if is_ascii:
            return start, end
        first = len(data[:start].decode())
        return first, first + len(data[start:end].decode())

    return find


def _find_with_re(pattern: str) -> Callable[[str], re.Match[str] | None] | None:
    """Python's own search for a pattern where it is as good in ASCII text: without repeats, so that it stays linear.

    A quarter of the time of RE2, whose automata are cold when many rules take turns.
    """
    options = pattern.count("?") - pattern.count("(?:")
    if not pattern.isascii() or options > _MAX_OPTIONS or _WITHOUT_REPEATS.fullmatch(pattern) is None:
        return None
    return re.compile(pattern, re.ASCII | re.IGNORECASE).search


def literals(wanted: Sequence[str]) -> Callable[[str], Sequence[int]]:
    """A function that finds which of the literals stand in a text, by their places, in any order: in one pass, whatever the text."""
    options = re2.Options()
    options.literal = True
    known = re2.Set.SearchSet(options)
    for literal in wanted:
        known.Add(literal)
    known.Compile()

    def find(text: str) -> Sequence[int]:
        return known.Match(text) or ()

    return find


def searcher(pattern: str) -> Callable[[str], bool]:
    """A function that says whether the pattern is found in a text: in one pass and linear time, whatever the text."""
    options = re2.Options()
    options.never_capture = True
    found = re2.compile(pattern, options)._regexp.Match  # noqa: SLF001  # re2's own search() makes objects for twice the cost

    def search(text: str) -> bool:
        data = text.encode()
        return bool(found(_ANYWHERE, data, 0, len(data))[0][0] >= 0)

    return search


def matches_nothing(pattern: str) -> bool:
    """Whether it matches the empty text, or empty at its beginning: behind the guard hyperscan cannot tell of `^a*`."""
    compiled = _span_pattern(pattern)
    return any(found is not None and found.end() == 0 for found in (compiled.search(b""), compiled.search(b"a")))


def _span_pattern(pattern: str) -> re2._Regexp:
    """As hyperscan takes it: any case, UTF-8, ASCII `\\w \\d \\b`. Raises SearchError."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.never_capture = True
    options.max_mem = SPAN_MEMORY
    try:
        return re2.compile(pattern.encode(), options)
    except re2.error as error:
        raise SearchError(_words(error)) from error


def _words(error: Exception) -> str:
    first = error.args[0] if error.args else error
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)
