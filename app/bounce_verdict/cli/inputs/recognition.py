"""Which kind an input is, by its first bytes: what it says itself, then its name."""

import re

import msgspec

from bounce_verdict.cli.inputs.chunk import Kind
from bounce_verdict.records.csv_head import looks_like_csv
from bounce_verdict.records.mbox import is_mbox

_FIELD = re.compile(rb"([!-9;-~]{1,76}):(?=[ \t\r\n])")
_MAIL_FIELDS = frozenset(
    (
        b"received return-path from to cc subject date message-id mime-version content-type content-transfer-encoding delivered-to"
        b" reply-to sender x-envelope-to x-original-to authentication-results arc-seal dkim-signature precedence auto-submitted"
        b" x-failed-recipients received-spf references in-reply-to list-id x-mailer"
    ).split()
)
_LINES = 20  # of a log that are looked at; it may begin with lines of other programs
_ITEM_KEYS = frozenset(("reply", "message", "message_base64", "log", "status", "category"))


def recognise(name: str, head: bytes) -> Kind:
    """The kind of the input of that name that begins so. What is nothing else is replies, one a line."""
    text = head.lstrip(b"\r\n")
    if is_mbox(text):
        return "mbox"
    if _is_message(text):
        return "message"
    lines = [line.decode("utf-8", "replace") for line in text.splitlines()[:_LINES] if line.strip()]
    if text.startswith(b"{") and (_is_item(lines[0]) or not _is_log(lines)):
        return "ndjson"
    if _is_log(lines):
        return "log"
    bare = name.lower().removesuffix(".gz").removesuffix(".zst")
    if bare.endswith((".csv", ".tsv")) or (lines and looks_like_csv(lines[0])):
        return "csv"
    return "message" if bare.endswith((".eml", ".msg")) else "replies"


def _is_message(text: bytes) -> bool:
    """Whether it begins with a header field of mail; a few of other names may stand ahead of the first that is known."""
    for line in text.splitlines()[:_LINES]:
        if line[:1] in (b" ", b"\t"):
            continue
        field = _FIELD.match(line)
        if field is None:
            return False
        if field[1].lower() in _MAIL_FIELDS:
            return True
    return False


def _is_item(line: str) -> bool:
    """Whether it is an item of a batch rather than an event of a log in JSON."""
    try:
        found = msgspec.json.decode(line)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return isinstance(found, dict) and any(isinstance(found.get(key), str) for key in _ITEM_KEYS)


def _is_log(lines: list[str]) -> bool:
    from bounce_verdict.maillogs import FORMATS  # noqa: PLC0415  # where nothing else told what it is
    from bounce_verdict.maillogs.prefix import read_prefix  # noqa: PLC0415

    found = [read_prefix(line) for line in lines]
    return any(known.knows(line) for line in found for known in FORMATS.values())
