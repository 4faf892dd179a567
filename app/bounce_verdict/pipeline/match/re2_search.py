"""RE2 behind the matcher: where in a text one pattern matches. It also finds literals and lines of our own in mails.

The only file that knows it. Python's `re` searches where a pattern has no repeats: it stays linear there, and is quicker.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import re2

from bounce_verdict.errors import RulebookError

# Bytes that RE2 may spend on one pattern and its automaton; where that is too little, it goes without one and stays linear. With 512 KB
# each, all patterns take 38 MB once they were asked; with 64 KB 9 MB, and a text of 4 KB takes 20 µs instead of 7.
SPAN_MEMORY = 1 << 16
_LARGEST = 1 << 19  # for a pattern that is too large for that

FindSpan = Callable[[str], tuple[int, int] | None]

# Both engines mean the same by these pieces, in ASCII. Without repeats, and each `?` doubles at most what a place costs.
_WITHOUT_REPEATS = re.compile(
    r"(?:\\[bdwDW]|\\[^a-zA-Z0-9]|\[\^?\]?(?:\\[dwDW]|\\[^a-zA-Z0-9]|[^\]\\\[])*+\]|\((?!\?)|\(\?:|[)|.?]|[^\\()\[\]{}|?*+.^$])*+"
)
_MAX_OPTIONS = 6


class SearchError(ValueError):
    """RE2 does not take a pattern; the message is its own."""


def span_finder(pattern: str, source: str) -> FindSpan:
    """A function that finds the pattern in a text: its first match as (start, end) in code points, None for none.

    Compiled now, so that no reply waits for it. Raises RulebookError with the place.
    """
    try:
        search = _span_pattern(pattern).search
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
        match = search(data)
        if match is None:
            return None
        start, end = match.span()
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
    search = re2.compile(pattern, options).search

    def is_found(text: str) -> bool:
        return search(text.encode()) is not None

    return is_found


def matches_nothing(pattern: str) -> bool:
    """Whether it matches the empty text, or empty at its beginning: behind the guard hyperscan cannot tell of `^a*`."""
    compiled = _span_pattern(pattern)
    return any(found is not None and found.end() == 0 for found in (compiled.search(b""), compiled.search(b"a")))


def _span_pattern(pattern: str) -> Any:  # noqa: ANN401  # re2 has no name for what it compiles
    """As hyperscan takes it: any case, UTF-8, ASCII `\\w \\d \\b`. Raises SearchError."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.never_capture = True
    for memory in (SPAN_MEMORY, _LARGEST):
        options.max_mem = memory
        try:
            return re2.compile(pattern.encode(), options)
        except re2.error as error:
            refused = error
    raise SearchError(_words(refused)) from refused


def _words(error: Exception) -> str:
    first = error.args[0] if error.args else error
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)
