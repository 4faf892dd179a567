"""Reported events, judged: the answer to a webhook request."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from bounce_verdict.model import Classification, EventKind, record
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.reported import classify_reported
from bounce_verdict.webhooks import read_events
from bounce_verdict.webhooks.event import ReportedEvent

_DOCS = {"use_attribute_docstrings": True}


@record
class Event:
    """One event of a webhook request."""

    __pydantic_config__: ClassVar = _DOCS

    event_id: str | None
    """What doubles are known by: the source's own id, or one made of the event, the same when it is delivered again."""
    event_type: str | None
    """The source's own name for the event."""
    kind: EventKind
    """What the event is."""
    occurred_at: str | None
    """When it happened (RFC 3339, UTC); null where the source does not say it with a zone."""
    message_id: str | None
    """The message it is about, by the source's own id for it."""
    tags: Sequence[str]
    """The message's tags or categories, as given."""
    metadata: Mapping[str, Any]
    """What the sender attached to the message, as given."""
    recipients: Sequence[Classification]
    """One for each address; none where the event names none."""
    source_category: str | None
    """The source's own word for what happened."""
    warnings: Sequence[str]
    """What of the event could not be read, the field first."""


@record
class Events:
    """The answer to a webhook request."""

    __pydantic_config__: ClassVar = _DOCS

    events: Sequence[Event]
    """In the order in which the source reports them."""


def answer_events(pipeline: Pipeline, source: str, payload: object) -> Events:
    """Every event of a payload, judged."""
    return Events([answer_event(pipeline, source, event) for event in read_events(source, payload)])


def answer_event(pipeline: Pipeline, source: str, event: ReportedEvent) -> Event:
    """One event, judged."""
    for one in event.recipients:
        one.occurred_at, one.source = event.occurred_at, source
    return Event(
        event.event_id,
        event.event_type,
        event.kind,
        event.occurred_at,
        event.message_id,
        event.tags,
        event.metadata,
        [classify_reported(pipeline, one) for one in event.recipients],
        event.source_category,
        event.warnings,
    )
