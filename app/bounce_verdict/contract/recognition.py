"""What a text is: a mail, lines of a mail log, items of a batch, a webhook's payload. Told by what stands in it, never by asking."""

import re
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from bounce_verdict.webhooks.event import ReportedEvent

LOOKED_AT = 20  # lines, or events: a log may begin with lines of other programs

_FIELD = re.compile(rb"([!-9;-~]{1,76}):(?=[ \t\r\n])")
_MAIL_FIELDS = frozenset(
    (
        b"received return-path from to cc subject date message-id mime-version content-type content-transfer-encoding delivered-to"
        b" reply-to sender x-envelope-to x-original-to authentication-results arc-seal dkim-signature precedence auto-submitted"
        b" x-failed-recipients received-spf references in-reply-to list-id x-mailer"
    ).split()
)
_ITEM_KEYS = frozenset(("reply", "message", "message_base64", "log", "status", "category"))


def is_message(text: bytes) -> bool:
    """Whether it begins with a header field of mail; a few of other names may stand ahead of the first that is known."""
    for line in text.splitlines()[:LOOKED_AT]:
        if line[:1] in (b" ", b"\t"):
            continue
        field = _FIELD.match(line)
        if field is None:
            return False
        if field[1].lower() in _MAIL_FIELDS:
            return True
    return False


def is_item(line: str | bytes) -> bool:
    """Whether it is an item of a batch rather than an event of a log in JSON."""
    try:
        found = msgspec.json.decode(line)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return False
    return isinstance(found, dict) and any(isinstance(found.get(key), str) for key in _ITEM_KEYS)


def is_log(lines: Sequence[str]) -> bool:
    """Whether one of the lines shows that it is a mail server's own."""
    from bounce_verdict.maillogs import FORMATS  # noqa: PLC0415  # where nothing else told what it is
    from bounce_verdict.maillogs.prefix import read_prefix  # noqa: PLC0415

    found = [read_prefix(line) for line in lines]
    return any(known.knows(line) for line in found for known in FORMATS.values())


def webhook_source(payload: object) -> str | None:
    """The source whose words most of the payload is in; None where no source knows any of its events.

    Of the 329 documented payloads in tests/webhooks it names the right one for 317. Two sources may share a word, so a person may say
    otherwise.
    """
    from bounce_verdict.webhooks import SOURCES  # noqa: PLC0415  # the command line, which asks for the other kinds, does without

    if not isinstance(payload, dict | list):
        return None
    known = {name: _understood([*islice(source.read(payload), LOOKED_AT)]) for name, source in SOURCES.items()}
    best = max(known, key=lambda name: known[name])
    return best if known[best] > 0 else None


def _understood(events: "Sequence[ReportedEvent]") -> float:
    """How much of an event was read, on average; 0 where a source does not know its name."""
    return sum(_read_of(event) for event in events if event.is_known and event.event_type) / max(len(events), 1)


def _read_of(event: "ReportedEvent") -> int:
    has_text = any(one.text for one in event.recipients[:1])
    told = sum(map(bool, (event.message_id, event.occurred_at, event.source_category, has_text)))
    return 4 + 3 * bool(event.recipients) + told - len(event.warnings)
