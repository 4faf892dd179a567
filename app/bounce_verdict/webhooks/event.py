"""An event as its source reports it, before it is judged, and how readers make one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from bounce_verdict.model import Action, EventKind
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.reported import Category, ReportedReply
from bounce_verdict.webhooks.categories import ARRIVED, AUTO_REPLY, COMPLAINT, NOTHING_FAILED
from bounce_verdict.webhooks.payload import Table, fingerprint

ACTIONS: Mapping[EventKind, Action] = {"bounce": "failed", "delay": "delayed", "success": "delivered"}
# What the address of an event is answered in which nothing failed, where the reader says nothing else.
DEFAULTS: Mapping[EventKind, Category] = {
    "auto-reply": AUTO_REPLY,
    "complaint": COMPLAINT,
    "engagement": ARRIVED,
    "control": NOTHING_FAILED,
    "other": NOTHING_FAILED,
}


class ReportedEvent(Struct):
    """One event. event_type: the source's name for it. source_category: its own word for the failure.

    event_id: by which an event that is delivered twice is known; made of the event where the source gives none.
    warnings: what of it could not be read, one sentence each, the field first.
    is_known: whether the reader has that name in its table; it may be newer than the reader.
    """

    event_type: str | None
    kind: EventKind
    event_id: str | None = None
    occurred_at: str | None = None
    message_id: str | None = None
    recipients: Sequence[ReportedReply] = ()
    source_category: str | None = None
    tags: Sequence[str] = ()
    metadata: Mapping[str, Any] = {}
    warnings: Sequence[str] = ()
    is_known: bool = True


Read = Callable[[object], Iterator[ReportedEvent]]


def read_each(found: object, where: str, read_one: Callable[[Table], ReportedEvent]) -> Iterator[ReportedEvent]:
    """Every event of a list, or the one that `found` is. What is no object is answered in its place and costs no other."""
    for number, item in enumerate(found if isinstance(found, list) else [found]):
        if not isinstance(item, dict):
            place = f"{where}[{number}]" if isinstance(found, list) else where
            yield ReportedEvent(
                None, "other", fingerprint([number, item]), warnings=[f"{place}: expected an object"], is_known=False
            )
            continue
        event = read_one(item)
        if event.event_id is None:
            event.event_id = fingerprint(item)
        yield event


def recipient(
    kind: EventKind,
    address: str,
    text: str = "",
    category: Category | None = None,
    word: str | None = None,
    **known: Any,  # noqa: ANN401
) -> ReportedReply:
    """What an event of that kind says of one recipient. `known`: further fields of ReportedReply.

    The address is answered plain ("Ana <ana@example.org>" is); as it was reported where it is none.
    """
    address = clean_address(address) or address
    if kind in DEFAULTS:
        return ReportedReply(address or None, category=category or DEFAULTS[kind], word=word)
    known.setdefault("action", ACTIONS[kind])
    return ReportedReply(address or None, text, category=category, word=word, **known)
