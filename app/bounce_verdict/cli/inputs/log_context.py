"""What a line of a log needs ahead of it to be understood alone: the head of its columns, or the line that began its delivery."""

import re

from bounce_verdict.maillogs import FORMATS
from bounce_verdict.maillogs.delivery import Found

MAX_HEADS = 8  # lines of a head that are kept
MAX_UNDER_WAY = 10_000  # deliveries that are remembered, as by qmail's reader
_BEGUN = re.compile(r"starting delivery (\d{1,18}):")
_ENDED = re.compile(r"(?<!starting )delivery (\d{1,18}):")


class LogContext:
    """Remembers it along one log."""

    def __init__(self) -> None:
        self._head: list[str] = []
        self._in_head = False
        self._begun: dict[str, str] = {}

    def ahead(self, name: str | None, record: str, found: Found) -> str:
        """What stands ahead of the record, whole lines, for a reader that knows nothing else; empty where it needs nothing."""
        if found == "header":
            self._head = [*(self._head if self._in_head else ()), record][-MAX_HEADS:]
        self._in_head = found == "header"
        if name == "qmail":
            return self._of_qmail(record)
        if name is not None and FORMATS[name].has_header and not self._in_head:
            return "".join(f"{line}\n" for line in self._head)
        return ""

    def _of_qmail(self, record: str) -> str:
        if (begun := _BEGUN.search(record)) is not None:
            if len(self._begun) >= MAX_UNDER_WAY:
                self._begun.pop(next(iter(self._begun)))
            self._begun[begun[1]] = record
            return ""
        ended = _ENDED.search(record)
        first = self._begun.pop(ended[1], "") if ended is not None else ""
        return f"{first}\n" if first else ""
