"""A delivery as a log tells of it, before it is judged, and how readers make one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from bounce_verdict.maillogs.prefix import LogLine
from bounce_verdict.model import EventKind, SkipReason
from bounce_verdict.pipeline.reported import Category, ReportedReply
from bounce_verdict.webhooks.event import ReportedEvent, recipient


class LoggedDelivery(Struct):
    """What one line tells. word: the log's own for what happened ("bounced", "defer"). category: its own for why.

    occurred_at: RFC 3339, None where the line does not tell year and zone.
    """

    kind: EventKind
    recipients: Sequence[ReportedReply]
    queue_id: str | None = None
    word: str | None = None
    occurred_at: str | None = None
    category: str | None = None
    message_id: str | None = None
    metadata: Mapping[str, Any] = {}


Found = LoggedDelivery | SkipReason
ReadLine = Callable[[LogLine], Found]

# Why a line has no event, as it is answered.
EXPLANATIONS: Mapping[SkipReason, str] = {
    "no-delivery": "The line tells of no delivery.",
    "incoming": "The line is about mail that came in, not about a delivery.",
    "address-probe": "The line tells of a probe of an address: no mail was sent to it.",
    "told-elsewhere": "The line sums up what lines before it tell of each recipient.",
    "header": "The line names columns, or is a comment.",
    "no-header": "The columns are not known: their header line is missing; send it in the same string, or first in the file.",
    "unreadable": "The line looks like one of a delivery and could not be read.",
    "unknown-format": "The line is in no format that is known; say in which with `format`.",
}

MAX_WORD = 1_000  # characters of an id or a name that are kept
OWN_WORDS = "the words are the log's own, which it writes for many causes"


def delivery_of(event: ReportedEvent) -> LoggedDelivery:
    """The delivery that an event of a webhook's reader tells of; logs in JSON are written as webhooks are."""
    return LoggedDelivery(
        event.kind,
        event.recipients,
        event.message_id,
        event.event_type,
        event.occurred_at,
        event.source_category,
        None,
        event.metadata,
    )


def addressed(
    kind: EventKind,
    address: str,
    text: str = "",
    category: Category | None = None,
    word: str | None = None,
    **known: Any,  # noqa: ANN401
) -> ReportedReply:
    """What a line tells of one recipient. `known`: further fields of ReportedReply; an `original_recipient` that is the same is none."""
    original = known.pop("original_recipient", None)
    said = recipient(kind, address[:MAX_WORD], text, category, word, **known)
    if original and original != address:
        said.original_recipient = original[:MAX_WORD]
    return said
