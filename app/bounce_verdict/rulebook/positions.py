"""Where things stand in a TOML file: tomllib tells values only, a finding needs its line.

The text is known to be valid TOML when it comes here, so one pass over its tokens is enough.
"""

import re
from collections.abc import Mapping, Sequence

from bounce_verdict.model import value

Location = tuple[str | int, ...]

_TOKEN = re.compile(
    r"""
      (?P<text>\"{3}(?:[^"\\]|\\.|"{1,2}(?!"))*+"{3,5} | '{3}(?:[^']|'{1,2}(?!'))*+'{3,5} | "(?:[^"\\\n]|\\.)*+" | '[^'\n]*+')
    | (?P<comment>\#[^\n]*+)
    | (?P<line>\n)
    | (?P<header>(?<![^\n])[ \t]*+\[\[?[^\[\]\n,=]++\]\]?(?=[ \t]*+(?:\#[^\n]*+)?(?:\r?\n|\Z)))
    | (?P<mark>[\[\]{},=])
    | (?P<word>[^\s\[\]{},=\#"']++)
    """,
    re.VERBOSE | re.DOTALL,
)
_KEY_PART = re.compile(r"""\s*(?:"([^"]*+)"|'([^']*+)'|([^."'\s]++))\s*\.?""")


@value
class Positions:
    """Line numbers, from 1, by location: ("rule",) the first header, ("rule", 2) a header, ("rule", 2, "hits") a key, ("rule", 2, "hits", 0) a list's member."""

    lines: Mapping[Location, int]

    def line(self, location: Sequence[str | int]) -> int:
        """The line of `location`, or of what is nearest around it; 0 for the file as a whole."""
        place = tuple(location)
        while place:
            if place in self.lines:
                return self.lines[place]
            place = place[:-1]
        return 0


def find_positions(text: str) -> Positions:
    """Positions of every header, key and list member in a valid TOML text. An inline table's inner keys have no positions of their own."""
    scan = _Scan()
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup or ""
        if kind == "line":
            scan.end_line()
        elif kind != "comment":
            scan.take(kind, token.group())
    return Positions(scan.lines)


class _Scan:
    """The state of one pass: the table we are in, the key whose value is being read, how deep in its brackets."""

    def __init__(self) -> None:
        self.lines: dict[Location, int] = {}
        self.number = 1
        self.table: Location = ()
        self.counts: dict[Location, int] = {}
        self.name: list[str] = []
        self.key: Location | None = None
        self.depth = 0
        self.member = -1

    def take(self, kind: str, piece: str) -> None:
        if kind == "header" and self.depth == 0:
            self._enter(piece.strip())
        elif kind == "header":  # a list within a list looks like a header only at a line's start
            self._in_value("text", piece)
        elif self.key is not None:
            self._in_value(kind, piece)
        elif piece == "=":
            self.key = self.table + tuple(_split_key("".join(self.name)))
            self.lines.setdefault(self.key, self.number)
            self.name = []
        else:
            self.name.append(piece)
        self.number += piece.count("\n")

    def end_line(self) -> None:
        self.number += 1
        if self.depth == 0:
            self.key = None
            self.name = []

    def _enter(self, header: str) -> None:
        """`[[rule]]` opens ("rule", n); `[rule.when]` stands under the last of them."""
        parts = _split_key(header.strip("[] \t"))
        place: Location = ()
        for part in parts[:-1]:
            place = (*place, part)
            if place in self.counts:
                place = (*place, self.counts[place] - 1)
        place = (*place, parts[-1])
        if header.startswith("[["):
            self.lines.setdefault(place, self.number)
            self.counts[place] = self.counts.get(place, 0) + 1
            place = (*place, self.counts[place] - 1)
        self.table = place
        self.key = None
        self.lines.setdefault(place, self.number)

    def _in_value(self, kind: str, piece: str) -> None:
        if kind == "mark" and piece in "]}":
            self.depth -= 1
            return
        if self.depth == 1 and piece != ",":
            self._member()
        elif self.depth == 1:
            self.member += 1
        if kind == "mark" and piece in "[{":
            self.depth += 1
            if self.depth == 1:
                self.member = 0

    def _member(self) -> None:
        if self.key is not None:
            self.lines.setdefault((*self.key, self.member), self.number)


def _split_key(name: str) -> list[str]:
    """`rule.when` → two parts, `"rcpt to"` → one."""
    return [next(part for part in match.groups() if part is not None) for match in _KEY_PART.finditer(name)]
