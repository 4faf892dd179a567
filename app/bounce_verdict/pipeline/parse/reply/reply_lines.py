"""Part of step 2: the lines of a reply, as bounces quote them (RFC 5321 §4.2.1: `550-first`, `550 last`)."""

import re
from collections.abc import Sequence

_REPLY = re.compile(r"[2-5]\d\d(?=[ \-]|$)")


def is_reply(text: str | None) -> bool:
    """Whether a text begins as a server's reply does: with a reply code."""
    return text is not None and _REPLY.match(text) is not None


def join_reply(lines: Sequence[str]) -> str:
    """Reply lines as one text: a line that starts with the first line's code stays a line, any other continues the one before."""
    kept = [stripped for line in lines if (stripped := line.strip())]
    if not kept:
        return ""
    if len(kept) == 1:
        return kept[0]
    code = kept[0][:3] if is_reply(kept[0]) else None
    joined = kept[0]
    for line in kept[1:]:
        own_line = code is not None and line.startswith(code) and line[3:4] in (" ", "-")
        joined += ("\n" if own_line else " ") + line
    return joined
