"""Replies as lines of text: one a line, or of several lines where the codes say that it goes on (RFC 5321 §4.2.1)."""

import re
from collections.abc import Iterator

_CODED = re.compile(r"(\d{3})([- ]|$)")


def read_reply_lines(raw: bytes, number: int) -> Iterator[tuple[int, str]]:
    """Each reply with the number of its first line; `number` is that of the first line. Empty lines are none.

    Lines that say that more follows, where none does, are a reply each: a list of first lines.
    """
    held: list[str] = []
    first, code = number, ""
    for line_number, line in enumerate(raw.decode("utf-8", "replace").split("\n"), number):
        text = line.rstrip("\r")
        coded = _CODED.match(text)
        if held and not (coded and coded[1] == code):
            yield from enumerate(held, first)
            held = []
        if not held:
            first, code = line_number, coded[1] if coded else ""
        if coded and coded[2] == "-":
            held.append(text)
        elif held or text.strip():
            yield first, "\n".join([*held, text])
            held = []
    yield from enumerate(held, first)
