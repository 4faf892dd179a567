"""An mbox cut into its messages (RFC 4155): each begins at a line `From SENDER DATE`, as `date` and asctime write it.

A paragraph of a mail may begin with "From " too, where a program wrote the mbox without quoting it: the date tells them apart.
"""

import re

_DATE = re.compile(rb"From [^\n]{0,400}?\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b[^\n]{1,20}\d\d:\d\d")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
SEPARATOR = b"From "
MAX_SEPARATOR = 512  # bytes of such a line that are looked at


def is_mbox(head: bytes) -> bool:
    """Whether that is the beginning of an mbox."""
    return _DATE.match(head) is not None


def begins_message(raw: bytes, at: int) -> bool:
    """Whether the line at that place begins a message."""
    return _DATE.match(raw, at, at + MAX_SEPARATOR) is not None


def message_starts(raw: bytes) -> list[int]:
    """Where the messages of `raw` begin, at their `From ` lines."""
    starts = [0] if _DATE.match(raw) else []
    at = raw.find(b"\n" + SEPARATOR)
    while at >= 0:
        if begins_message(raw, at + 1):
            starts.append(at + 1)
        at = raw.find(b"\n" + SEPARATOR, at + 1)
    return starts


def split_messages(raw: bytes) -> list[bytes]:
    """The messages of `raw`, without their `From ` lines, with the quoting of such lines undone (mboxrd)."""
    starts = message_starts(raw)
    return [_message(raw[start:end]) for start, end in zip(starts, [*starts[1:], len(raw)], strict=True)]


def _message(raw: bytes) -> bytes:
    _, _, message = raw.partition(b"\n")
    return _QUOTED.sub(rb"\1", message) if b"\n>" in message and b">From " in message else message
