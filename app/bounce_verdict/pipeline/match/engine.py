"""The engines behind the matcher, and the only file that knows them. RE2 also looks for literals and lines of our own in mails.

hyperscan finds which patterns match, all in one scan and in linear time; RE2 tells where one of them does, or Python's `re` where the
pattern has no repeats. hyperscan reports starts only under SOM_LEFTMOST, which refuses or takes seconds to compile patterns that RE2
compiles in a tenth of a millisecond.

Facts of hyperscan 0.9.1 (Vectorscan 5.4.12) that this file rests on: scan() lets other threads run, and a scratch that two
scans use at once raises ScratchInUseError, so each thread has its own; a pattern ends at a NUL; keyword arguments cost as much
as the scan. Its stub calls the callback's last argument an object, where ours say what they are given.

And one fault that would be fatal: rvermicelliDoubleExecReal copies the text, up to its first NUL, to 255 bytes of stack, so that
a longer text overwrites what lies behind (fixed in Vectorscan's pull request 392, in no release of hyperscan yet). Patterns as
plain as `b+c` lead there. So every text is scanned behind a NUL of our own, which ends that copy at once (expressions.py).

And two that lose matches, found by comparison with RE2. Where the last bytes of a text end a match, a search for pairs of signs may
pass them over (`quota.*(\\bvol\\b|zit vol)` among other patterns, in "quota               vol"); so a NUL stands behind the text
too. And where a gap must not hold line ends, `schranka.*(neexistuje|nenalezen)` misses "schranka xxxxxxxxxxxxx nenalezena" even
alone; so `.` in `.*` is any sign (HS_FLAG_DOTALL).
"""

import re
import threading
from collections.abc import Callable, Sequence
from hashlib import sha256

import hyperscan
import msgspec
import re2

from bounce_verdict.errors import RulebookError
from bounce_verdict.pipeline.match.hyperscan_syntax import to_expression, to_subject

BYTE_FLAGS = hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_SINGLEMATCH
SIGN_FLAGS = BYTE_FLAGS | hyperscan.HS_FLAG_UTF8
SPAN_MEMORY = 1 << 19  # bytes that RE2 may spend on one pattern's automaton; beyond, it starts that anew and stays linear

Named = tuple[int, str, str, int]  # number, pattern, file:line of where it is written, stage: the database that it goes to
Where = Callable[[str], tuple[int, int] | None]

# Both engines mean the same by these pieces, in ASCII. Without repeats, and each `?` doubles at most what a place costs.
_STEPS = re.compile(
    r"(?:\\[bdwDW]|\\[^a-zA-Z0-9]|\[\^?\]?(?:\\[dwDW]|\\[^a-zA-Z0-9]|[^\]\\\[])*+\]|\((?!\?)|\(\?:|[)|.?]|[^\\()\[\]{}|?*+.^$])*+"
)
_MOST_OPTIONS = 6
_ANYWHERE: object = re2._re2.RE2.Anchor.UNANCHORED  # noqa: SLF001  # what re2's search() gives
_KEY_SIZE = sha256().digest_size
_EMPTY = "Pattern matches empty buffer"  # hyperscan's own words


def complaint(pattern: str) -> str | None:
    """Why `pattern` cannot be used, in the engines' words; None where it can."""
    if "\0" in pattern:
        return "a pattern cannot hold a NUL"
    try:
        Part([pattern])
    except ValueError as error:
        return str(error)
    return None


class Part:
    """Some patterns compiled together, for a check that has to know of each. Raises ValueError where one cannot be used."""

    patterns: Sequence[str]  # by their number in the database; "" for a number that none has
    database: hyperscan.Database

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = patterns
        found: list[int] = []
        try:
            self.database = _compile(patterns, range(len(patterns)))
            self.database.scan(to_subject(""), _note, 0, found)  # type: ignore[arg-type]
            nothing = bool(found) or any(_matches_nothing(pattern) for pattern in patterns)
        except (hyperscan.error, re2.error) as error:
            raise ValueError(_words(error)) from error
        if nothing or any("\0" in pattern for pattern in patterns):
            raise ValueError(_EMPTY)


def stored_parts(named: Sequence[Named], compiled: bytes) -> list[Part]:
    """The patterns as `Whole.dump` gave them; none where that was of others."""
    if not compiled.startswith(_key(named)):
        return []
    parts = []
    for stage, database in enumerate(_loaded(compiled)):
        if database is not None:
            part = Part.__new__(Part)
            its = {number: pattern for number, pattern, _, its_stage in named if its_stage == stage}
            part.patterns = [its.get(number, "") for number in range(max(its) + 1)]
            part.database = database
            parts.append(part)
    return parts


class Whole:
    """All patterns, in one database for each stage. compiled: what `dump` gave; not used where it is of other patterns."""

    def __init__(self, named: Sequence[Named], stages: int, compiled: bytes | None) -> None:
        self._key = _key(named)
        if compiled and compiled.startswith(self._key):
            self._databases = _loaded(compiled)
        else:
            self._databases = [_database([one for one in named if one[3] == stage]) for stage in range(stages)]
        self._thread = _ThreadState(self._databases)

    def find(self, stage: int, data: bytes) -> list[int]:
        """The numbers of the stage's patterns that match, in any order."""
        found: list[int] = []
        database = self._databases[stage]
        if database is not None:
            database.scan(data, _note, 0, found, self._thread.scratches[stage])  # type: ignore[arg-type]
        return found

    def dump(self) -> bytes:
        """What can be given as `compiled`."""
        held = [b"" if one is None else hyperscan.dumpb(one) for one in self._databases]
        return self._key + msgspec.msgpack.encode(held)


class Parts:
    """The patterns in several databases, for one thread."""

    def __init__(self, named: Sequence[Named], parts: Sequence[Part]) -> None:
        numbers: dict[str, list[tuple[int, int]]] = {}
        for number, pattern, _, stage in named:
            numbers.setdefault(pattern, []).append((number, stage))
        known = {pattern for part in parts for pattern in part.patterns}
        others = [pattern for pattern in numbers if pattern not in known]
        used = [*parts, Part(others)] if others else parts
        # popped, so that a pattern counts once where two parts have it
        self._parts = [
            (part.database, hyperscan.Scratch(part.database), [numbers.pop(pattern, ()) for pattern in part.patterns])
            for part in used
        ]
        self._data = b""
        self._found: list[tuple[int, int]] = []

    def find(self, stage: int, data: bytes) -> list[int]:
        """The numbers of the stage's patterns that match, in any order."""
        if data is not self._data:
            self._data, self._found = data, self._find(data)
        return [number for number, its in self._found if its == stage]

    def _find(self, data: bytes) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for database, scratch, numbers in self._parts:
            places: list[int] = []
            database.scan(data, _note, 0, places, scratch)  # type: ignore[arg-type]
            for place in places:
                found += numbers[place]
        return found


class _ThreadState(threading.local):
    """A scratch for each database and thread, made when the thread first scans."""

    def __init__(self, databases: Sequence[hyperscan.Database | None]) -> None:
        self.scratches = [None if one is None else hyperscan.Scratch(one) for one in databases]


def _note(number: int, _start: int, _end: int, _flags: int, found: list[int]) -> None:
    found.append(number)


def _key(named: Sequence[Named]) -> bytes:
    """What tells compiled patterns from those of other rules, and of another version's own."""
    return sha256("\0".join(f"{stage} {number} {pattern}" for number, pattern, _, stage in named).encode()).digest()


def _database(named: Sequence[Named]) -> hyperscan.Database | None:
    if not named:
        return None
    try:
        return _compile([pattern for _, pattern, _, _ in named], [number for number, _, _, _ in named])
    except hyperscan.error as error:
        for _, pattern, source, _ in named:  # the error does not say which pattern it means
            if (told := complaint(pattern)) is not None:
                path, line = source.rsplit(":", 1)
                raise RulebookError(path, int(line), f"`{pattern}`: {told}") from error
        raise RulebookError("rules", 0, f"the patterns do not compile together: {error}") from error


def _loaded(compiled: bytes) -> list[hyperscan.Database | None]:
    held = msgspec.msgpack.decode(compiled[_KEY_SIZE:], type=list[bytes])
    return [hyperscan.loadb(one, hyperscan.HS_MODE_BLOCK) if one else None for one in held]


def where(pattern: str, source: str) -> Where:
    """What finds the pattern in a text: its first match as (start, end) in code points, None for none.

    Compiled now, so that no reply waits for it. Raises RulebookError with the place.
    """
    try:
        search = _span_pattern(pattern)._regexp.Match  # noqa: SLF001  # re2's own search() makes objects for twice the cost of this
    except re2.error as error:
        path, line = source.rsplit(":", 1)
        raise RulebookError(path, int(line), f"`{pattern}`: {_words(error)}") from error
    steps = _by_steps(pattern)

    def find(text: str) -> tuple[int, int] | None:
        is_ascii = text.isascii()
        if is_ascii and steps is not None:
            found = steps(text)
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


def _by_steps(pattern: str) -> Callable[[str], re.Match[str] | None] | None:
    """Python's own search for a pattern where it is as good in ASCII text: without repeats, so that it stays linear.

    A quarter of the time of RE2, whose automata are cold when many rules take turns.
    """
    options = pattern.count("?") - pattern.count("(?:")
    if not pattern.isascii() or options > _MOST_OPTIONS or _STEPS.fullmatch(pattern) is None:
        return None
    return re.compile(pattern, re.ASCII | re.IGNORECASE).search


def literals(wanted: Sequence[str]) -> Callable[[str], Sequence[int]]:
    """What finds which of the literals stand in a text, by their places, in any order: in one pass, whatever the text."""
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
    """What tells whether the pattern is found in a text: in one pass and linear time, whatever the text."""
    options = re2.Options()
    options.never_capture = True
    found = re2.compile(pattern, options)._regexp.Match  # noqa: SLF001  # re2's own search() makes objects for twice the cost

    def search(text: str) -> bool:
        data = text.encode()
        return bool(found(_ANYWHERE, data, 0, len(data))[0][0] >= 0)

    return search


def _matches_nothing(pattern: str) -> bool:
    """Whether it matches the empty text, or empty at its beginning: behind the guard hyperscan cannot tell of `^a*`."""
    compiled = _span_pattern(pattern)
    return any(found is not None and found.end() == 0 for found in (compiled.search(b""), compiled.search(b"a")))


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
    expressions = [to_expression(pattern) for pattern in patterns]
    database.compile(
        expressions=[one.data for one in expressions],
        ids=numbers,
        elements=len(expressions),
        flags=[BYTE_FLAGS if one.by_bytes else SIGN_FLAGS for one in expressions],
    )
    return database
