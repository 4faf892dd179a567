"""What a rule's pattern may be: the limits that keep one scan of all patterns fast and every compilation short."""

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from bounce_verdict.model import value
from bounce_verdict.pipeline.match.engine import Part, complaint

MAX_LENGTH = 500
MAX_REPEAT = 32
MAX_WIDE_REPEAT = 16  # under UTF8 each step of a counted gap costs states; `a[^.]*b` compiles in 1 ms
MAX_SECONDS = 0.1
TOGETHER = 1_500  # characters of patterns that are compiled at once, which takes less than one alone may take

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
class Tried:
    """What came of compiling patterns. bad: what speaks against those that cannot be used. dear: how dear those are that
    took too long, which depends on the machine. parts: all but the bad ones, compiled.
    """

    bad: Mapping[str, list[str]]
    dear: Mapping[str, str]
    parts: Sequence[Part]


def check_patterns(patterns: Sequence[str]) -> Tried:
    """Try each.

    Several compile at once, and clear each other where that takes no longer than one alone may: so a whole book is checked in
    the time in which its patterns compile once.
    """
    limits = {pattern: _beyond_limits(pattern) for pattern in patterns}
    with ThreadPoolExecutor() as pool:  # the engine lets other threads run while it compiles
        told = list(pool.map(_try_together, _groups([pattern for pattern, found in limits.items() if not found])))
    return _all([Tried({pattern: found for pattern, found in limits.items() if found}, {}, []), *told])


def faults(pattern: str) -> list[str]:
    """Everything that speaks against `pattern`, one sentence each; empty for a good one. Compiles it, which takes about 1 ms."""
    tried = check_patterns([pattern])
    return tried.bad.get(pattern) or list(tried.dear.values())


def _groups(patterns: Sequence[str]) -> list[list[str]]:
    """The patterns in their order, a group for each TOGETHER characters."""
    groups: list[list[str]] = [[]]
    length = 0
    for pattern in patterns:
        if groups[-1] and length + len(pattern) > TOGETHER:
            groups.append([])
            length = 0
        groups[-1].append(pattern)
        length += len(pattern)
    return groups if patterns else []


def _all(several: Iterable[Tried]) -> Tried:
    bad: dict[str, list[str]] = {}
    dear: dict[str, str] = {}
    parts: list[Part] = []
    for tried in several:
        bad |= tried.bad
        dear |= tried.dear
        parts += tried.parts
    return Tried(bad, dear, parts)


def _try_together(patterns: Sequence[str]) -> Tried:
    """Together where all are good and quick, else each half by itself."""
    begin = time.thread_time()  # of this thread, so that a busy machine blames nobody
    try:
        part = Part(patterns)
    except ValueError:
        part = None
    seconds = time.thread_time() - begin
    if part is not None and seconds <= MAX_SECONDS:
        return Tried({}, {}, [part])
    if len(patterns) > 1:
        middle = len(patterns) // 2
        return _all(_try_together(half) for half in (patterns[:middle], patterns[middle:]))
    if part is None:
        return Tried({patterns[0]: [_meaning(complaint(patterns[0]) or "")]}, {}, [])
    return Tried({}, _dear(patterns[0], seconds), [part])


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


def _meaning(told: str) -> str:
    """What the engine complains of."""
    meaning = next((text for start, text in _MEANING if told.startswith(start)), told.removesuffix("."))
    return f"the pattern does not compile: {meaning}"


def _dear(pattern: str, seconds: float) -> Mapping[str, str]:
    """How dear it is, where it takes as long once more."""
    begin = time.thread_time()
    Part([pattern])
    seconds = min(seconds, time.thread_time() - begin)
    if seconds <= MAX_SECONDS:
        return {}
    better = "counted gaps such as `.{0,16}` are dear, `.*` and `[^.]*` are not"
    return {pattern: f"the pattern takes {seconds * 1000:.0f} ms to compile, more than {MAX_SECONDS * 1000:.0f}: {better}"}
