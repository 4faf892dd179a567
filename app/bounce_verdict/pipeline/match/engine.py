"""hyperscan behind the matcher: which patterns match, all in one scan and in linear time. The only file that knows it.

Where a pattern matches is re2_search.py's: hyperscan reports starts only under SOM_LEFTMOST, which refuses or takes seconds to
compile patterns that RE2 compiles in a tenth of a millisecond.

Facts of hyperscan 0.9.1 (Vectorscan 5.4.12) that this file rests on: scan() lets other threads run, and a scratch that two
scans use at once raises ScratchInUseError, so each thread has its own; a pattern ends at a NUL; keyword arguments cost as much
as the scan. Its stub calls the callback's last argument an object, where ours say what they are given.

And one fault that would be fatal: rvermicelliDoubleExecReal copies the text, up to its first NUL, to 255 bytes of stack, so that
a longer text overwrites what lies behind (fixed in Vectorscan's pull request 392, in no release of hyperscan yet). Patterns as
plain as `b+c` lead there. So every text is scanned behind a NUL of our own, which ends that copy at once (hyperscan_syntax.py).

And two that lose matches, found by comparison with RE2. Where the last bytes of a text end a match, a search for pairs of signs may
pass them over (`quota.*(\\bvol\\b|zit vol)` among other patterns, in "quota               vol"); so a NUL stands behind the text
too. And where a gap must not hold line ends, `schranka.*(neexistuje|nenalezen)` misses "schranka xxxxxxxxxxxxx nenalezena" even
alone; so `.` in `.*` is any sign (HS_FLAG_DOTALL).
"""

import threading
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

import hyperscan
import msgspec
from msgspec import Struct

from bounce_verdict.errors import RulebookError
from bounce_verdict.pipeline.match.hyperscan_syntax import to_expression, to_subject
from bounce_verdict.pipeline.match.re2_search import SearchError, matches_nothing

VERSION: str = hyperscan.__version__  # type: ignore[attr-defined]  # its stub leaves it out
BYTE_FLAGS = hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_SINGLEMATCH
SIGN_FLAGS = BYTE_FLAGS | hyperscan.HS_FLAG_UTF8

_KEY_SIZE = sha256().digest_size
_EMPTY = "Pattern matches empty buffer"  # hyperscan's own words


class NumberedPattern(NamedTuple):
    """A pattern with the number that is reported when it matches, file:line of where it is written, and its stage's database."""

    number: int
    pattern: str
    source: str
    stage: int


def compile_error(pattern: str) -> str | None:
    """Why `pattern` cannot be used, in the engines' words; None where it can."""
    if "\0" in pattern:
        return "a pattern cannot hold a NUL"
    try:
        PatternDatabase([pattern])
    except ValueError as error:
        return str(error)
    return None


class PatternDatabase:
    """Some patterns compiled together, for a check that has to know of each. Raises ValueError where one cannot be used."""

    patterns: Sequence[str]  # by their number in the database; "" for a number that none has
    database: hyperscan.Database

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = patterns
        found: list[int] = []
        try:
            self.database = _compile(patterns, range(len(patterns)))
            self.database.scan(to_subject(""), _note, 0, found)  # type: ignore[arg-type]
            nothing = bool(found) or any(matches_nothing(pattern) for pattern in patterns)
        except (hyperscan.error, SearchError) as error:
            raise ValueError(str(error)) from error
        if nothing or any("\0" in pattern for pattern in patterns):
            raise ValueError(_EMPTY)


class _DumpedStage(Struct, array_like=True):
    """A stage's patterns by their number, "" for a number that none has, and their database; both empty for none."""

    patterns: list[str]
    database: bytes


class StageDatabases:
    """All patterns, in one database for each stage. compiled: what `dump` gave; not used where it is of other patterns.

    is_loaded: whether it was used.
    """

    def __init__(self, numbered: Sequence[NumberedPattern], stages: int, compiled: bytes | None) -> None:
        self._key = _key(numbered)
        self._patterns = [[one for one in numbered if one.stage == stage] for stage in range(stages)]
        self.is_loaded = compiled is not None and compiled.startswith(self._key)
        if compiled is not None and self.is_loaded:
            self._databases = [_loaded(one) for one in _dumped_stages(compiled)]
        else:
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # who loads what is compiled needs none

            with ThreadPoolExecutor() as pool:  # hyperscan lets other threads run while it compiles, which takes seconds
                self._databases = list(pool.map(_database, self._patterns))
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
        stages = [_dump(patterns, database) for patterns, database in zip(self._patterns, self._databases, strict=True)]
        return self._key + msgspec.msgpack.encode(stages)


class CheckedDatabases:
    """The patterns in the databases that a check has compiled anyway, for one thread; slower to scan than one for each stage."""

    is_loaded = False

    def __init__(self, numbered: Sequence[NumberedPattern], databases: Sequence[PatternDatabase]) -> None:
        numbers: dict[str, list[tuple[int, int]]] = {}
        for number, pattern, _, stage in numbered:
            numbers.setdefault(pattern, []).append((number, stage))
        known = {pattern for one in databases for pattern in one.patterns}
        others = [pattern for pattern in numbers if pattern not in known]
        used = [*databases, PatternDatabase(others)] if others else databases
        # popped, so that a pattern counts once where two databases have it
        self._databases = [
            (one.database, hyperscan.Scratch(one.database), [numbers.pop(pattern, ()) for pattern in one.patterns])
            for one in used
        ]
        self._data = b""
        self._found: list[tuple[int, int]] = []

    def find(self, stage: int, data: bytes) -> list[int]:
        """The numbers of the stage's patterns that match, in any order."""
        if data is not self._data:
            self._data, self._found = data, self._find(data)
        return [number for number, its_stage in self._found if its_stage == stage]

    def _find(self, data: bytes) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for database, scratch, numbers in self._databases:
            places: list[int] = []
            database.scan(data, _note, 0, places, scratch)  # type: ignore[arg-type]
            for place in places:
                found += numbers[place]
        return found


def stored_databases(compiled: bytes) -> list[PatternDatabase]:
    """The databases that `StageDatabases.dump` gave, each with its patterns."""
    stored = []
    for stage in _dumped_stages(compiled):
        database = _loaded(stage)
        if database is not None:
            one = PatternDatabase.__new__(PatternDatabase)
            one.patterns, one.database = stage.patterns, database
            stored.append(one)
    return stored


class _ThreadState(threading.local):
    """A scratch for each database and thread, made when the thread first scans."""

    def __init__(self, databases: Sequence[hyperscan.Database | None]) -> None:
        self.scratches = [None if one is None else hyperscan.Scratch(one) for one in databases]


def _note(number: int, _start: int, _end: int, _flags: int, found: list[int]) -> None:
    found.append(number)


def _key(numbered: Sequence[NumberedPattern]) -> bytes:
    """What tells compiled patterns from those of other rules, and of another version's own."""
    return sha256("\0".join(f"{one.stage} {one.number} {one.pattern}" for one in numbered).encode()).digest()


def _database(numbered: Sequence[NumberedPattern]) -> hyperscan.Database | None:
    if not numbered:
        return None
    try:
        return _compile([one.pattern for one in numbered], [one.number for one in numbered])
    except hyperscan.error as error:
        for one in numbered:  # the error does not say which pattern it means
            if (message := compile_error(one.pattern)) is not None:
                path, line = one.source.rsplit(":", 1)
                raise RulebookError(path, int(line), f"`{one.pattern}`: {message}") from error
        raise RulebookError("rules", 0, f"the patterns do not compile together: {error}") from error


def _dump(numbered: Sequence[NumberedPattern], database: hyperscan.Database | None) -> _DumpedStage:
    if database is None:
        return _DumpedStage([], b"")
    by_number = {one.number: one.pattern for one in numbered}
    return _DumpedStage([by_number.get(number, "") for number in range(max(by_number) + 1)], hyperscan.dumpb(database))


def _dumped_stages(compiled: bytes) -> list[_DumpedStage]:
    return msgspec.msgpack.decode(memoryview(compiled)[_KEY_SIZE:], type=list[_DumpedStage])


def _loaded(stage: _DumpedStage) -> hyperscan.Database | None:
    return hyperscan.loadb(stage.database, hyperscan.HS_MODE_BLOCK) if stage.database else None


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
