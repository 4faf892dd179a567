"""Step 1: opens every message. Our own splitter, at the level of bytes, for mail as bounces really are.

The standard library raises on damaged mail and misses base64 reports; flanker is ten times slower and stricter. This one never
raises, never recurses, takes linear time and keeps hard caps: what is beyond is left unread, with a warning. All line ends are
made "\n" first (CRLF, CR alone in mail of old Macs, CR CR LF of double conversion), so parts hold their bytes with these line ends.
"""

import re
from collections.abc import Mapping

from bounce_verdict.model import DEFAULT_LIMITS, Headers, Limits, OpenedMessage, Part
from bounce_verdict.pipeline.budget import HEAD, ODD_TEXT, REPORT, TEXT, UNICODE_REPORT, Budget
from bounce_verdict.pipeline.intake import charsets
from bounce_verdict.pipeline.intake.boundaries import GUESS_WITHIN, find_spans, guess_boundary
from bounce_verdict.pipeline.intake.headers import (
    ADDRESSED,
    NO_HEADERS,
    NO_PARAMETERS,
    Head,
    read_head,
    read_headers,
    read_part_head,
)
from bounce_verdict.pipeline.media_types import DELIVERY_STATUS, FEEDBACK_REPORT, MESSAGE, RFC822

# Read further than other text: a list's report may be about ten thousand recipients.
REPORTS = DELIVERY_STATUS | {FEEDBACK_REPORT}
_NO_TEXT = ("image/", "audio/", "video/", "font/")
# A report pasted without its mail around it begins with fields too; they are its text (RFC 3464 §2.2, §2.3).
_REPORT_FIELDS = frozenset({
    "reporting-mta", "original-envelope-id", "final-recipient", "original-recipient", "action", "status", "diagnostic-code",
})  # fmt: skip
_LEADING = re.compile(rb"(?:\xef\xbb\xbf)?+\n*+(?:[ \t]++\n++)*+(?:>?From [^:\n][^\n]*+\n++)?+")  # blank lines, mbox
_NUL, _LINE_FEED, _RETURN = b"\0\n\r"  # as numbers: to look for a byte by its letter raises an error inside
_BARE_RETURN = re.compile(rb"\r(?!\n)")
_UNENCODED = frozenset({"7bit", "8bit", "binary", "7BIT", "8BIT"})
_META_CHARSET = re.compile(rb"charset=[\"']?([A-Za-z0-9_-]{2,40})")


# A part to be split: the data that it lies in, from where to where, the content type around it, its depth, its default type.
_Entity = tuple[bytes, int, int, str, int, str]


def open_message(raw: bytes, limits: Limits = DEFAULT_LIMITS, budget: Budget | None = None) -> OpenedMessage:
    """The message, its leaves in order; at least one, for a body without any structure is a text part.

    A multipart whose boundary cannot be found stays one text/plain leaf that holds its whole body: what a report would have
    said is then read from its lines. `budget` is drawn on here and whenever a part is read.
    """
    return _open(raw, 0, limits, budget or Budget(limits.max_work))


def split_flattened(
    message: OpenedMessage, limits: Limits = DEFAULT_LIMITS, budget: Budget | None = None
) -> OpenedMessage | None:
    """A message of one text part that shows the parts it was made of (its Content-Type was lost), split; None for any other.

    The text ahead of the first boundary line is the first part.
    """
    if len(message.parts) != 1 or not message.parts[0].content_type.startswith("text/"):
        return None
    whole = message.parts[0]
    head = b"\n" + _undone(whole, GUESS_WITHIN)
    boundary = guess_boundary(head, 1, len(head))
    if not boundary:
        return None
    data = b"\n" + _undone(whole)
    budget = budget or Budget(limits.max_work)
    spans = find_spans(data, 1, len(data), boundary, limits, budget)
    spans.insert(0, (0, data.find(b"\n--" + boundary)))  # begins with an empty line: no header block is looked for
    splitter = _Splitter(limits, budget)
    splitter.split_all([(data, *span, "multipart/mixed", whole.depth, "text/plain") for span in spans])
    return OpenedMessage(message.headers, "multipart/mixed", {}, splitter.parts)


def _open(raw: bytes, depth: int, limits: Limits, budget: Budget) -> OpenedMessage:
    data = _with_line_feeds(raw)
    splitter = _Splitter(limits, budget)
    begin, end = _begin(data), len(data)
    headers, declared, body = read_head(data, begin, end, limits, budget)
    if _is_report(headers):
        headers, body = NO_HEADERS, begin
    splitter.visit((data, begin, end, "", depth, "text/plain"), (headers, declared, body))
    splitter.split_all([])
    kind, parameters = declared or ("text/plain", NO_PARAMETERS)
    return OpenedMessage(headers, kind, parameters, splitter.parts)


def _begin(data: bytes) -> int:
    """Where the message's header block begins."""
    if data[:1].isalpha() and data[:5] != b"From ":
        return 0
    return _LEADING.match(data).end()  # type: ignore[union-attr]  # it matches the empty string


def _is_report(headers: Headers) -> bool:
    return bool(headers.fields) and headers.fields[0][0] in _REPORT_FIELDS


class _Splitter:
    """Splits a message's entities, with a stack of its own, into the leaves that it keeps."""

    __slots__ = ("_stack", "budget", "limits", "opener", "parts")

    def __init__(self, limits: Limits, budget: Budget) -> None:
        self.limits = limits
        self.budget = budget
        self.opener = _Opener(limits, budget)
        self.parts: list[Part] = []
        self._stack: list[_Entity] = []

    def split_all(self, entities: list[_Entity]) -> None:
        """Visit the entities and all that is in them and in those visited before, in the order of the message."""
        stack, limits = self._stack, self.limits
        stack += entities[::-1]
        while stack:
            if len(self.parts) >= limits.max_parts:
                self.budget.warn(f"only the first {limits.max_parts} parts were read")
                break
            entity = stack.pop()
            self.visit(entity, read_part_head(entity[0], entity[1], entity[2], limits, self.budget))

    def visit(self, entity: _Entity, head: Head) -> None:
        """Keep the entity, whose header block was read, as a leaf, or its parts for later."""
        data, begin, end, container, depth, default = entity
        headers, declared, body = head
        kind, parameters = declared or (default, NO_PARAMETERS)
        if not self.budget.spend(min(body - begin, self.limits.max_header_bytes) * HEAD):
            self._stack.clear()
        if kind.startswith("multipart/"):
            if self._split(entity, body, headers, kind, parameters):
                return
            kind = "text/plain"
        self.parts.append(Part(kind, parameters, headers, data[body:end], container, depth, self.opener))

    def _split(self, entity: _Entity, body: int, headers: Headers, kind: str, parameters: Mapping[str, str]) -> bool:
        """Put the parts of a multipart on the stack; False where it has none that can be found."""
        data, _, end, _, depth, _ = entity
        if depth >= self.limits.max_depth:
            self.budget.warn(f"parts nested deeper than {self.limits.max_depth} were left unread")
            return False
        boundary = parameters.get("boundary", "").encode()
        spans = find_spans(data, body, end, boundary, self.limits, self.budget)
        if not spans and (encoding := headers.get("content-transfer-encoding")):  # forbidden (RFC 2045 §6.4), but seen
            undone = b"\n" + _with_line_feeds(charsets.undo_transfer(data[body:end], encoding))
            spans = find_spans(undone, 1, len(undone), boundary, self.limits, self.budget)
            data, end = (undone, len(undone)) if spans else (data, end)
        if not spans:
            spans = find_spans(data, body, end, guess_boundary(data, body, end), self.limits, self.budget)
        if len(spans) > self.limits.max_parts:
            self.budget.warn(f"only the first {self.limits.max_parts} parts were read")
        default = RFC822 if kind == "multipart/digest" else "text/plain"  # RFC 2046 §5.1.5
        deeper = depth + 1
        kept = spans[: self.limits.max_parts]
        self._stack += [(data, begin, stop, kind, deeper, default) for begin, stop in reversed(kept)]
        return bool(spans)


# --- line ends -------------------------------------------------------------------------------------------------------


def _with_line_feeds(raw: bytes, *, is_report: bool = False) -> bytes:
    """`raw` with LF line ends and without NULs.

    A CR alone ends a line only where there is no other line end, as in mail of old Macs, and never in a report: a server's reply that
    a report quotes must not begin another line of it.
    """
    if _RETURN in raw:
        if _BARE_RETURN.search(raw) is None:
            raw = raw.replace(b"\r", b"")  # one letter is replaced three times as fast as two
        else:
            raw = raw.replace(b"\r\n", b"\n").replace(b"\r\n", b"\n")
            raw = raw.replace(b"\r", b" " if is_report or _LINE_FEED in raw else b"\n")
    return raw.translate(None, b"\0") if _NUL in raw else raw


# --- on demand -------------------------------------------------------------------------------------------------------


def _undone(part: Part, max_length: int | None = None) -> bytes:
    """The part's bytes with the transfer encoding undone and LF line ends; about the first `max_length` of them."""
    encoding = part.headers.get("content-transfer-encoding")
    if not encoding or encoding in _UNENCODED:
        return part.raw if max_length is None or len(part.raw) <= max_length else part.raw[: max_length + 1]
    # quoted-printable takes three bytes for one, and soft line ends
    raw = part.raw if max_length is None else part.raw[: 4 * max_length]
    undone = charsets.undo_transfer(raw, encoding)
    # UTF-16 that was encoded still has its NULs, and CR and LF are no bytes of it
    return (
        undone
        if charsets.is_wide(part.parameters.get("charset")) and undone is not raw
        else _with_line_feeds(undone, is_report=part.content_type in REPORTS)
    )


class _Opener:
    """Looks into the parts of one message, within its limits."""

    __slots__ = ("budget", "limits")

    def __init__(self, limits: Limits, budget: Budget) -> None:
        self.limits = limits
        self.budget = budget

    def read_text(self, part: Part) -> str:
        """The part's text; empty for pictures and sounds. Exim's octal escapes are undone."""
        kind = part.content_type
        if kind.startswith(_NO_TEXT):
            return ""
        is_report = kind in REPORTS
        max_length = self.limits.max_report if is_report else self.limits.max_text
        raw = _undone(part, max_length)
        length = len(raw)
        part.is_cut = length > max_length or len(part.raw) > 4 * max_length
        is_ascii = raw.isascii()
        price = (REPORT if is_ascii else UNICODE_REPORT) if is_report else TEXT
        price = price if is_ascii or charsets.is_utf8(raw, max_length) else ODD_TEXT
        max_length = self.budget.afford(min(length, max_length), price)
        if length > max_length:  # cut behind a whole line: half a character would make the rest a riddle
            line = raw.rfind(b"\n", max(max_length - 1_000, 0), max_length)
            raw = raw[: max_length if line < 0 else line]
        charset = part.parameters.get("charset")
        if is_ascii and (text := charsets.read_ascii(raw, charset)) is not None:
            return text
        if charset is None and kind == "text/html" and (found := _META_CHARSET.search(raw, 0, 2_000)):
            charset = found[1].decode()
        text = charsets.undo_octal(charsets.decode(raw, charset))
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", " " if is_report or "\n" in text else "\n")
        return text[:max_length]

    def read_message(self, part: Part) -> OpenedMessage | None:
        """The message in the part. Depth counts through, so a message in a message in a message ends."""
        return _open(_undone(part), part.depth + 1, self.limits, self.budget) if self._opens(part) else None

    def read_message_headers(self, part: Part) -> Headers | None:
        """The headers that `message` would find."""
        if not self._opens(part):
            return None
        data = _with_line_feeds(_undone(part))
        begin = _begin(data)
        headers, body = read_headers(data, begin, len(data), self.limits, self.budget, worded=ADDRESSED)
        self.budget.spend((min(body, begin + self.limits.max_header_bytes) - begin) * HEAD)
        return NO_HEADERS if _is_report(headers) else headers

    def _opens(self, part: Part) -> bool:
        """Whether a message is in the part that may be opened."""
        if part.content_type not in MESSAGE:
            return False
        if part.depth >= self.limits.max_depth:
            self.budget.warn(f"messages nested deeper than {self.limits.max_depth} were left unread")
            return False
        return True
