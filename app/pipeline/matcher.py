"""Step 5, the matching: every pattern of the rulebook in one linear-time scan. The only file that knows the two engines.

One hyperscan database holds the patterns of rules, of providers' tokens and of blocklists; what it reports are numbers, first
in order first. Where in the text the winner matched is asked of RE2, with that pattern alone: hyperscan reports starts only
under SOM_LEFTMOST, which refuses or takes seconds to compile patterns that RE2 compiles in a tenth of a millisecond.

Facts of hyperscan 0.9.1 (Vectorscan 5.4.12) that this file rests on: scan() lets other threads run, and a scratch that two
scans use at once raises ScratchInUseError, so each thread has its own; a pattern ends at a NUL; keyword arguments cost as much
as the scan. Its stub calls the callback's last argument an object, where ours say what they are given.

And one fault that would be fatal: rvermicelliDoubleExecReal copies the text, up to its first NUL, to 255 bytes of stack, so that
a longer text overwrites what lies behind (fixed in Vectorscan's pull request 392, in no release of hyperscan yet). Patterns as
plain as `b+c` lead there. So every text is scanned behind a NUL of our own, which ends that copy at once, and every pattern is
compiled so that it begins behind it too: `^` is the NUL, and no set that is written as what it excludes takes it for a character.
"""

import re
import threading
from bisect import bisect_left
from collections.abc import Sequence

import hyperscan
import re2

from app.errors import RulebookError
from app.model import Rulebook, value

SCAN_FLAGS = hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_SINGLEMATCH
BYTE_FLAGS = hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_SINGLEMATCH
SPAN_MEMORY = 1 << 19  # bytes that RE2 may spend on one pattern's automaton; beyond, it starts that anew and stays linear


@value
class Scan:
    """What one text matched.

    rules: indices into Rulebook.rules, ascending. providers: the names whose token was found, in file order.
    blocklists: indices into Rulebook.blocklists, ascending.
    """

    rules: Sequence[int] = ()
    providers: Sequence[str] = ()
    blocklists: Sequence[int] = ()


NOTHING = Scan()
GUARD = "\0"

# Patterns that match the same texts byte by byte: of ASCII, and where any character may stand, any number may.
_ESCAPE = r"\\(?:[wdsntr]|[^a-zA-Z0-9])"
_MEMBERS = rf"\]?(?:{_ESCAPE}|\[:\w+:\]|[^\]\\])*+\]"
_BYTEWISE = re.compile(rf"(?:{_ESCAPE}|\\b|\[(?!\^){_MEMBERS}|[^\\\[.]|(?:\.|\\[WSD]|\[\^{_MEMBERS})[*+])*+")

_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*+\]|[.^]", re.DOTALL)
_BEHIND_GUARD = {
    "^": r"^\x00",
    ".": r"[^\n\x00]",
    r"\W": r"[^\w\x00]",
    r"\S": r"[^\s\x00]",
    r"\D": r"[^\d\x00]",
}


class Matcher:
    """The compiled patterns of one rulebook; any number of threads may use it.

    compiled: what `dump` gave for the same rulebook on the same machine; saves the compilation, seconds with large patterns.
    Raises RulebookError, with the place, where a pattern does not compile.
    """

    def __init__(self, book: Rulebook, compiled: bytes | None = None) -> None:
        named = [(i, rule.match, rule.source) for i, rule in enumerate(book.rules) if rule.match is not None]
        tokens = [(provider.name, token, provider.source) for provider in book.providers.values() for token in provider.tokens]
        self._first_token = len(book.rules)
        self._first_blocklist = self._first_token + len(tokens)
        self._token_owners = [name for name, _, _ in tokens]
        named += [(self._first_token + i, token, source) for i, (_, token, source) in enumerate(tokens)]
        named += [(self._first_blocklist + i, known.pattern, known.source) for i, known in enumerate(book.blocklists)]
        self._patterns = {i: pattern for i, pattern, _ in named if i < self._first_token}
        self._database = _database(named, compiled) if named else None
        self._thread = _ThreadState(self._database) if self._database is not None else None
        self._spans = {i: _span_pattern(pattern) for i, pattern in self._patterns.items()}  # now, so that no reply waits for it

    def dump(self) -> bytes:
        """The compiled patterns as bytes, for another process to start from."""
        return hyperscan.dumpb(self._database) if self._database is not None else b""

    def scan(self, text: str) -> Scan:
        """Every rule, token and blocklist whose pattern `text` matches. Linear in the text's length, whatever it holds."""
        if self._database is None or self._thread is None:
            return NOTHING
        found: list[int] = []
        self._database.scan((GUARD + text).encode("utf-8", "replace"), _note, 0, found, self._thread.scratch)  # type: ignore[arg-type]
        if not found:
            return NOTHING
        found.sort()
        if found[-1] < self._first_token:
            return Scan(found)
        return self._sorted_out(found)

    def span(self, rule_index: int, text: str) -> tuple[int, int] | None:
        """First and one-past-last code point of what the rule matched, None where it has no pattern or does not match."""
        pattern = self._spans.get(rule_index)
        if pattern is None:
            return None
        data = text.encode("utf-8", "replace")
        found = pattern.search(data)
        if found is None:
            return None
        start, end = found.span()
        if len(data) == len(text):
            return start, end
        first = len(data[:start].decode())
        return first, first + len(data[start:end].decode())

    def _sorted_out(self, found: Sequence[int]) -> Scan:
        """The ascending numbers by their three ranges."""
        behind_rules = bisect_left(found, self._first_token)
        providers: list[str] = []
        blocklists: list[int] = []
        for i in found[behind_rules:]:
            if i >= self._first_blocklist:
                blocklists.append(i - self._first_blocklist)
            elif (owner := self._token_owners[i - self._first_token]) not in providers:
                providers.append(owner)
        return Scan(found[:behind_rules], providers, blocklists)


def complaint(pattern: str) -> str | None:
    """Why `pattern` cannot be used, in the engines' words; None where it can."""
    if "\0" in pattern:
        return "a pattern cannot hold a NUL"
    found: list[int] = []
    try:
        _compile([pattern], [0]).scan(GUARD.encode(), _note, 0, found)  # type: ignore[arg-type]
        compiled = _span_pattern(pattern)
    except (hyperscan.error, re2.error) as error:
        return _words(error)
    nothing = (compiled.search(text) for text in (b"", b"a"))  # behind the guard hyperscan cannot tell of `^a*`
    if found or any(told is not None and told.end() == 0 for told in nothing):
        return "Pattern matches empty buffer"
    return None


class _ThreadState(threading.local):
    """A scratch for each thread, made when the thread first scans."""

    def __init__(self, database: hyperscan.Database) -> None:
        self.scratch = hyperscan.Scratch(database)


def _note(number: int, _start: int, _end: int, _flags: int, found: list[int]) -> None:
    found.append(number)


def _database(named: Sequence[tuple[int, str, str]], compiled: bytes | None) -> hyperscan.Database:
    if compiled:
        return hyperscan.loadb(compiled, hyperscan.HS_MODE_BLOCK)
    try:
        return _compile([pattern for _, pattern, _ in named], [number for number, _, _ in named])
    except hyperscan.error as error:
        for _, pattern, source in named:  # the error does not say which pattern it means
            if (told := complaint(pattern)) is not None:
                path, line = source.rsplit(":", 1)
                raise RulebookError(path, int(line), f"`{pattern}`: {told}") from error
        raise RulebookError("rules", 0, f"the patterns do not compile together: {error}") from error


def _span_pattern(pattern: str) -> re2._Regexp:
    """As hyperscan takes it: any case, UTF-8, ASCII `\\w \\d \\b`. Raises re2.error."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.never_capture = True
    options.max_mem = SPAN_MEMORY
    return re2.compile(pattern.encode(), options)


def _words(error: Exception) -> str:
    told = error.args[0] if error.args else error
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)


def _compile(patterns: Sequence[str], numbers: Sequence[int]) -> hyperscan.Database:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    expressions = [_PIECE.sub(_behind_guard, pattern).encode() for pattern in patterns]
    flags = [BYTE_FLAGS if _is_bytewise(pattern) else SCAN_FLAGS for pattern in patterns]
    database.compile(expressions=expressions, ids=numbers, elements=len(expressions), flags=flags)
    return database


def _is_bytewise(pattern: str) -> bool:
    """Whether the pattern matches the same texts byte by byte: compiled so it takes half the time and room, and scans faster.

    Not where a set of nearly all characters stands for one of them, or for so many: a character beyond ASCII has several bytes.
    """
    return pattern.isascii() and "[:^" not in pattern and _BYTEWISE.fullmatch(pattern) is not None


def _behind_guard(piece: re.Match[str]) -> str:
    """What stands in a pattern for `piece`, so that the guard ahead of the text is its beginning and no character."""
    said = piece[0]
    if not said.startswith("[^"):
        return _BEHIND_GUARD.get(said, said)
    rest = said[2:]
    return rf"[^\x00\{rest}" if rest.startswith(("]", "-")) else rf"[^\x00{rest}"
