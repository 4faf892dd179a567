"""Step 5, the matching: every pattern of the rulebook in one linear-time scan. The only file that knows the two engines.

Three hyperscan databases, one for each stage of rules: what comes first in the order of precedence is looked for first, and what
comes later only where that decides nothing. The first holds providers' tokens, blocklists and parse's signals too. What they report
are numbers, first in order first. Where in the text the winner matched is asked of RE2, with that pattern alone: hyperscan reports
starts only under SOM_LEFTMOST, which refuses or takes seconds to compile patterns that RE2 compiles in a tenth of a millisecond.

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

import threading
from bisect import bisect_left
from collections.abc import Sequence
from hashlib import sha256

import hyperscan
import msgspec
import re2

from app.errors import RulebookError
from app.model import Layer, Rulebook
from app.pipeline.expressions import to_expression, to_subject

BYTE_FLAGS = hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_SINGLEMATCH
SIGN_FLAGS = BYTE_FLAGS | hyperscan.HS_FLAG_UTF8
ANYWHERE = re2._re2.RE2.Anchor.UNANCHORED  # noqa: SLF001  # what search() gives
SPAN_MEMORY = 1 << 19  # bytes that RE2 may spend on one pattern's automaton; beyond, it starts that anew and stays linear


# The layers whose patterns are looked for together, in the order of precedence.
STAGES: tuple[tuple[Layer, ...], ...] = (("local", "provider"), ("generic", "language"), ("fallback",))
_STAGE: dict[Layer, int] = {layer: number for number, layers in enumerate(STAGES) for layer in layers}
_FIRST = 0
Named = tuple[int, str, str, int]  # number, pattern, where it is written, stage


class Scan:
    """What one text matched: rules as indices into Rulebook.rules, ascending; those of a later stage when first asked for.

    providers: the names whose token was found, in file order. blocklists: indices into Rulebook.blocklists, ascending.
    signals: which groups of the matcher's signals were found, a bit for each.
    """

    __slots__ = ("_data", "_engine", "_found", "blocklists", "providers", "signals")

    def __init__(
        self,
        found: Sequence[int],
        providers: Sequence[str],
        blocklists: Sequence[int],
        signals: int,
        engine: "_Whole | _Parts",
        data: bytes,
    ) -> None:
        self.providers = providers
        self.blocklists = blocklists
        self.signals = signals
        self._found: list[Sequence[int] | None] = [found, None, None]
        self._engine = engine
        self._data = data

    def stage(self, number: int) -> Sequence[int]:
        """The rules of one stage."""
        found = self._found[number]
        if found is None:
            found = self._found[number] = sorted(self._engine.find(number, self._data))
        return found

    @property
    def rules(self) -> Sequence[int]:
        """Those of all stages."""
        return [i for number in range(len(STAGES)) for i in self.stage(number)]


_KEY_SIZE = sha256().digest_size
_EMPTY = "Pattern matches empty buffer"  # the engine's own words


class Matcher:
    """The compiled patterns of one rulebook; any number of threads may use it.

    signals: groups of patterns besides the rulebook's, of which only whether one of a group matches is told.
    compiled: what `dump` gave for the same rulebook on the same machine; saves the compilation, which takes a second and more. Of
    other patterns it is not used.
    parts: the patterns where a check has compiled them anyway; slower to scan, and not to be dumped.
    Raises RulebookError, with the place, where a pattern does not compile.
    """

    def __init__(
        self, book: Rulebook, signals: Sequence[Sequence[str]] = (), compiled: bytes | None = None, parts: Sequence["Part"] = ()
    ) -> None:
        named = numbered(book, signals)
        self._first_token = len(book.rules)
        self._token_owners = [provider.name for provider in book.providers.values() for _ in provider.tokens]
        self._first_blocklist = self._first_token + len(self._token_owners)
        self._signal = self._first_blocklist + len(book.blocklists)
        self._signal_bits = [1 << group for group, patterns in enumerate(signals) for _ in patterns]
        self._engine = _Parts(named, parts) if parts else _Whole(named, compiled)
        self._spans = {
            i: _compiled_span(pattern, source)._regexp.Match  # noqa: SLF001  # search() makes objects for twice its cost
            for i, pattern, source, _ in named
            if i < self._first_token
        }

    def dump(self) -> bytes:
        """The compiled patterns as bytes, for another process to start from."""
        return self._engine.dump() if isinstance(self._engine, _Whole) else b""

    def scan(self, text: str) -> Scan:
        """Every rule, token and blocklist whose pattern `text` matches. Linear in the text's length, whatever it holds."""
        data = to_subject(text)
        found = self._engine.find(_FIRST, data)
        if not found:
            return Scan(found, (), (), 0, self._engine, data)
        found.sort()
        if found[-1] < self._first_token:
            return Scan(found, (), (), 0, self._engine, data)
        return self._sorted_out(found, data)

    def span(self, rule_index: int, text: str) -> tuple[int, int] | None:
        """First and one-past-last code point of what the rule matched, None where it has no pattern or does not match."""
        match = self._spans.get(rule_index)
        if match is None:
            return None
        is_ascii = text.isascii()
        data = text.encode() if is_ascii else text.encode("utf-8", "replace")
        span: tuple[int, int] = match(ANYWHERE, data, 0, len(data))[0]
        if span[0] < 0:
            return None
        if is_ascii:
            return span
        start, end = span
        first = len(data[:start].decode())
        return first, first + len(data[start:end].decode())

    def _sorted_out(self, found: Sequence[int], data: bytes) -> Scan:
        """The ascending numbers by their four ranges."""
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
        return Scan(found[:behind_rules], providers, blocklists, signals, self._engine, data)


def numbered(book: Rulebook, signals: Sequence[Sequence[str]] = ()) -> list[Named]:
    """Every pattern of `book` with its number and stage: rules, then tokens, then blocklists; behind them the signals."""
    named = [(i, rule.match, rule.source, _STAGE[rule.layer]) for i, rule in enumerate(book.rules) if rule.match is not None]
    others = [(token, provider.source) for provider in book.providers.values() for token in provider.tokens]
    others += [(known.pattern, known.source) for known in book.blocklists]
    others += [(signal, f"{__name__}:0") for group in signals for signal in group]
    return named + [(i, pattern, source, _FIRST) for i, (pattern, source) in enumerate(others, len(book.rules))]


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


def parts_of(book: Rulebook, signals: Sequence[Sequence[str]], compiled: bytes) -> list[Part]:
    """All patterns of a book, as a matcher for it has dumped them; none where that was another's."""
    named = numbered(book, signals)
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


class _Whole:
    """All patterns, in one database for each stage."""

    def __init__(self, named: Sequence[Named], compiled: bytes | None) -> None:
        self._key = _key(named)
        if compiled and compiled.startswith(self._key):
            self._databases = _loaded(compiled)
        else:
            self._databases = [_database([one for one in named if one[3] == stage]) for stage in range(len(STAGES))]
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


class _Parts:
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


def _compiled_span(pattern: str, source: str) -> re2._Regexp:
    """Compiled when the matcher is made, so that no reply waits for it. Raises RulebookError with the place."""
    try:
        return _span_pattern(pattern)
    except re2.error as error:
        path, line = source.rsplit(":", 1)
        raise RulebookError(path, int(line), f"`{pattern}`: {_words(error)}") from error


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
