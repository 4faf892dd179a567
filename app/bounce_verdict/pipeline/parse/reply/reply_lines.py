"""Part of step 2: the lines of a reply, as bounces quote them (RFC 5321 §4.2.1: `550-first`, `550 last`)."""

import re
from collections.abc import Sequence

_CODE = re.compile(r"[2-5][0-9][0-9](?:[ :-]|$)")  # a colon: Yahoo since 2016, `550: 5.1.1 …`


def is_reply(text: str | None) -> bool:
    """Whether a text begins as a server's reply does: with a reply code."""
    return text is not None and _CODE.match(text) is not None


def is_refusal(text: str) -> bool:
    """Whether a text begins with the reply code of a refusal, 4yz or 5yz."""
    return text[:1] in {"4", "5"} and is_reply(text)


def is_last_line(line: str) -> bool:
    """Whether it is the last line of a reply: no hyphen follows its code."""
    return line[3:4] != "-" and is_reply(line)


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
