"""Step 5, what the matching engine is given for a rule's pattern and for a text.

A text goes between two NULs (engine.py says why), so a pattern is written to stand between them: `^` and `$` are the NULs, and no
set that is written as what it excludes takes one for a character. Only `.*` may take anything, so that the engine keeps no state
for it; a text has no line ends.

And patterns go by bytes wherever that is the same: with UTF8 the engine takes twice the time to compile them, twice the room, and
a quarter longer to scan. A character of several bytes is spelled out, a set that repeats may take it in pieces, and the two
cases of a letter beyond ASCII become one, in the pattern and in the text. What still goes by characters are sets that hold letters
beyond ASCII, and those like `[^x]` where one such character must fit.
"""

import re

from bounce_verdict.model import value

GUARD = "\0"

_ESCAPE = r"\\(?:[wdsntr]|(?![a-zA-Z0-9])[\x00-\x7f])"  # ASCII as what it is: as what it is not, `re` compiles it for 20 ms
_MEMBERS = rf"\]?(?:{_ESCAPE}|\[:\w+:\]|(?![\]\\])[\x00-\x7f])*+\]"
_BY_BYTES = re.compile(rf"(?:{_ESCAPE}|\\b|\[(?!\^){_MEMBERS}|[^\\\[]|(?:\\[WSD]|\[\^{_MEMBERS})[*+])*+")

_PIECE = re.compile(r"\.\*|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*+\]|[.^]|\$(?=[|)]|\Z)|[^\x00-\x7f]", re.DOTALL)
_BEHIND_GUARD = {
    "^": r"^\x00",
    "$": r"\x00",
    ".": r"[^\n\x00]",
    r"\W": r"[^\w\x00]",
    r"\S": r"[^\s\x00]",
    r"\D": r"[^\d\x00]",
}
_CHARACTER = r"(?:[^\n\x00\x80-\xff]|[\xc0-\xff][\x80-\xbf]+)"  # one, in UTF-8: the apostrophe of `don.t` may be ’
_DOTTED_I, _STAND_IN = "İ", "\ue130"  # caseless matching does not take it for an i


@value
class Expression:
    """A pattern for the engine. by_bytes: it is to be compiled without UTF8."""

    data: bytes
    by_bytes: bool


def to_expression(pattern: str) -> Expression:
    """`pattern` for texts that come out of `to_subject`."""
    if "[:^" not in pattern and _BY_BYTES.fullmatch(pattern) is not None:
        return Expression(_PIECE.sub(_byte_piece, pattern).encode(), by_bytes=True)
    return Expression(_PIECE.sub(_behind_guard, pattern).replace(_DOTTED_I, _STAND_IN).encode(), by_bytes=False)


def to_subject(text: str) -> bytes:
    """`text` as it is scanned."""
    if text.isascii():
        return f"{GUARD}{text}{GUARD}".encode()
    return f"{GUARD}{_lower(text)}{GUARD}".encode("utf-8", "replace")


def _behind_guard(found: re.Match[str]) -> str:
    """What stands in a pattern for a piece of it, so that the guards are the ends of the text and no characters."""
    piece = found[0]
    if not piece.startswith("[^"):
        return _BEHIND_GUARD.get(piece, piece)
    rest = piece[2:]
    return rf"[^\x00\{rest}" if rest.startswith(("]", "-")) else rf"[^\x00{rest}"


def _byte_piece(found: re.Match[str]) -> str:
    """The same by bytes."""
    piece = found[0]
    if piece == "." and found.string[found.end() : found.end() + 1] != "+":
        return _CHARACTER
    return _behind_guard(found) if piece[0].isascii() else f"(?:{_lower(piece)})"  # a group, since `?` may follow


def _lower(text: str) -> str:
    """In lower case as caseless matching has it, letter by letter: at the end of a word too a Σ becomes σ."""
    return text.replace(_DOTTED_I, _STAND_IN).lower().replace("ς", "σ")
