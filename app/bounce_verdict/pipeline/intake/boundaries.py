"""Step 1, multiparts: where their parts lie between the boundary lines (RFC 2046 §5.1.1), and what the boundary is where nothing tells."""

import re

from bounce_verdict.model import Limits
from bounce_verdict.pipeline.budget import SEARCH, Budget

GUESS_WITHIN = 65_536
_GUESSES = 50
_CLOSES_WITHIN = 262_144
_MAX_NEAR_MISSES = 1_000
_MAX_BOUNDARY = 500
_PART_HEADER = re.compile(rb"content-[a-z-]{2,30}+:", re.IGNORECASE)


def find_spans(data: bytes, begin: int, end: int, boundary: bytes, limits: Limits, budget: Budget) -> list[tuple[int, int]]:
    """Where the parts between `boundary` lines lie (RFC 2046 §5.1.1), at most one more than may be read.

    Parts after the closing line count: some mailers close too early. A last part may lack its closing line.
    """
    if not boundary or len(boundary) > _MAX_BOUNDARY or not budget.spend((end - begin) // SEARCH):
        return []
    mark = b"\n--" + boundary
    size = len(mark)
    spans = []
    lines = misses = 0
    opened = -1  # where the part begins that no boundary line has ended yet
    max_spans = limits.max_parts + 1
    at = data.find(mark, max(begin - 1, 0), end)
    while at >= 0:
        after = stop = at + size
        closes = False
        if data.startswith(b"--\n", after, end):
            stop, closes = after + 2, True
        elif not data.startswith(b"\n", after, end):  # a closing line with more, or another boundary that begins with this one
            stop = data.find(b"\n", after, end)
            stop = end if stop < 0 else stop
            tail = data[after : min(stop, after + 100)].strip()
            closes = tail == b"--"
            if tail and not closes:
                misses += 1
                if misses == _MAX_NEAR_MISSES:
                    budget.warn(f"parts behind {misses} lines that only begin as a boundary does were left unread")
                    break
                at = data.find(mark, stop, end)
                continue
        if opened >= 0:
            spans.append((opened, max(opened, at)))
        opened = -1 if closes else stop + 1 if stop < end else end
        lines += 1
        if lines > max_spans:
            break
        at = data.find(mark, stop, end)
    if opened >= 0:
        spans.append((opened, max(opened, end)))
    return spans


def guess_boundary(data: bytes, begin: int, end: int) -> bytes:
    """The boundary that the body shows: the first "--" line that a part's header follows, or that comes again to close."""
    at = max(begin - 1, 0)
    for _ in range(_GUESSES):
        at = data.find(b"\n--", at, min(end, begin + GUESS_WITHIN))
        stop = data.find(b"\n", at + 3, end) if at >= 0 else -1
        if stop < 0:
            break
        boundary = data[at + 3 : min(stop, at + 3 + _MAX_BOUNDARY)].rstrip()
        if boundary.strip(b"-") and (
            _PART_HEADER.match(data, stop + 1)
            or (
                data.startswith(b"\n", stop + 1)
                and data.find(b"\n--" + boundary + b"--", stop, min(end, stop + _CLOSES_WITHIN)) >= 0
            )
        ):
            return boundary
        at = stop
    return b""
