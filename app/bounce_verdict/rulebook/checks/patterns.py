"""What a rule's pattern may be: the limits that keep one scan of all patterns fast and every compilation short."""

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from bounce_verdict.model import value
from bounce_verdict.pipeline.match.engine import PatternDatabase, compile_error

MAX_LENGTH = 500
MAX_REPEAT = 32
MAX_WIDE_REPEAT = 16  # under UTF8 each step of a counted gap costs states; `a[^.]*b` compiles in 1 ms
MAX_SECONDS = 0.5  # for a busy machine: the dearest shipped pattern takes half of it there
MAX_TOGETHER = 1_500  # characters of patterns that are compiled at once, which takes less than one alone may take

_REPEAT = re.compile(
    r"(?P<what>\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*+\]|[^\\\[])(?:\{(?P<least>\d{1,9})(?:,(?P<most>\d{0,9}))?\})?", re.DOTALL
)
_WIDE = (".", "[^", r"\S", r"\W", r"\D")  # sets that hold nearly every character of Unicode
_LETTERS = "wWdDsSbBxtk"  # \k is a backreference, of which the engine complains itself
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_FLAGS = re.compile(r"\(\?[a-zA-Z^-]++[:)]|\(\*[A-Z_]++")

# How the engine (Vectorscan 5.4.12) begins its complaint, and what the rule's author should know.
_MEANING = (
    ("Zero-width assertions", "lookahead and lookbehind are not supported: write a rule ahead of this one instead"),
    ("Back-references", "backreferences are not supported"),
    ("Possessive quantifiers", "possessive quantifiers are not supported, nor needed: the engine never backtracks"),
    ("Atomic groups", "atomic groups are not supported, nor needed: the engine never backtracks"),
    ("Pattern matches empty buffer", "it matches the empty text, so it would match every text"),
    ("Start of match is not currently supported", "it matches the empty text, so it would match every text"),
    ("Embedded end anchors", "`$` stands at the end of a pattern or of an alternative, nowhere else"),
    ("Pattern can never match", "it can never match"),
    ("Pattern is too large", "it is too large: counted gaps such as `.{0,16}` are dear, `.*` and `[^.]*` are not"),
)


@value
class PatternCheck:
    """What came of compiling patterns. bad: what speaks against those that cannot be used. slow: what speaks against those that took
    too long, which depends on the machine. databases: all but the bad ones, compiled.
    """

    bad: Mapping[str, list[str]]
    slow: Mapping[str, str]
    databases: Sequence[PatternDatabase]


def check_patterns(patterns: Sequence[str]) -> PatternCheck:
    """Try each.

    Several compile at once, and clear each other where that takes no longer than one alone may: so a whole book is checked in
    the time in which its patterns compile once.
    """
    limits = {pattern: _beyond_limits(pattern) for pattern in patterns}
    with ThreadPoolExecutor() as pool:  # the engine lets other threads run while it compiles
        checks = list(pool.map(_try_together, _groups([pattern for pattern, found in limits.items() if not found])))
    return _merged([PatternCheck({pattern: found for pattern, found in limits.items() if found}, {}, []), *checks])


def faults(pattern: str) -> list[str]:
    """Everything that speaks against `pattern`, one sentence each; empty for a good one. Compiles it, which takes about 1 ms."""
    check = check_patterns([pattern])
    return check.bad.get(pattern) or list(check.slow.values())


def _groups(patterns: Sequence[str]) -> list[list[str]]:
    """The patterns in their order, a group for each MAX_TOGETHER characters."""
    groups: list[list[str]] = [[]]
    length = 0
    for pattern in patterns:
        if groups[-1] and length + len(pattern) > MAX_TOGETHER:
            groups.append([])
            length = 0
        groups[-1].append(pattern)
        length += len(pattern)
    return groups if patterns else []


def _merged(several: Iterable[PatternCheck]) -> PatternCheck:
    bad: dict[str, list[str]] = {}
    slow: dict[str, str] = {}
    databases: list[PatternDatabase] = []
    for one in several:
        bad |= one.bad
        slow |= one.slow
        databases += one.databases
    return PatternCheck(bad, slow, databases)


def _try_together(patterns: Sequence[str]) -> PatternCheck:
    """Together where all are good and quick, else each half by itself."""
    begin = time.thread_time()  # of this thread, so that a busy machine blames nobody
    try:
        database = PatternDatabase(patterns)
    except ValueError:
        database = None
    seconds = time.thread_time() - begin
    if database is not None and seconds <= MAX_SECONDS:
        return PatternCheck({}, {}, [database])
    if len(patterns) > 1:
        middle = len(patterns) // 2
        return _merged(_try_together(half) for half in (patterns[:middle], patterns[middle:]))
    if database is None:
        return PatternCheck({patterns[0]: [_meaning(compile_error(patterns[0]) or "")]}, {}, [])
    return PatternCheck({}, _slow(patterns[0], seconds), [database])


def _beyond_limits(pattern: str) -> list[str]:
    """What shows without the engine."""
    if len(pattern) > MAX_LENGTH:
        return [f"the pattern has {len(pattern)} characters, more than {MAX_LENGTH}"]
    found = [f"`{piece[0]}`: flags are set for all patterns alike" for piece in _FLAGS.finditer(_ESCAPED.sub("", pattern))]
    for piece in _REPEAT.finditer(pattern):
        what = piece["what"]
        times = max(int(piece["least"] or 0), int(piece["most"] or 0))
        wide = what.startswith(_WIDE)
        limit = MAX_WIDE_REPEAT if wide else MAX_REPEAT
        if what.startswith("\\") and (not what.isascii() or (what[1].isalpha() and what[1] not in _LETTERS)):
            found.append(f"`{what}` is not supported")
        if what.startswith("[") and not what.startswith("[^") and any(wide_set in what for wide_set in _WIDE[2:]):
            found.append(f"`{what}`: a set cannot hold \\W, \\S or \\D")
        if times > limit:
            better = f"`{what}*`" if what != ")" else "`*`"
            found.append(f"`{piece[0]}` repeats more than {limit} times, which is dear to compile: write {better}")
    return found


def _meaning(error: str) -> str:
    """The engine's error in the words of a rule's author."""
    meaning = next((text for start, text in _MEANING if error.startswith(start)), error.removesuffix("."))
    return f"the pattern does not compile: {meaning}"


def _slow(pattern: str, seconds: float) -> Mapping[str, str]:
    """What speaks against it, where it takes as long a second time."""
    begin = time.thread_time()
    PatternDatabase([pattern])
    seconds = min(seconds, time.thread_time() - begin)
    if seconds <= MAX_SECONDS:
        return {}
    better = "counted gaps such as `.{0,16}` are dear, `.*` and `[^.]*` are not"
    return {pattern: f"the pattern takes {seconds * 1000:.0f} ms to compile, more than {MAX_SECONDS * 1000:.0f}: {better}"}
