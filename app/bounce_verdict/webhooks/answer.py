"""Reported events, judged: the answer to a webhook request."""

from collections.abc import Sequence
from typing import ClassVar

from bounce_verdict.model import Event, record
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.reported import classify_reported
from bounce_verdict.webhooks import read_events
from bounce_verdict.webhooks.event import ReportedEvent

_DOCS = {"use_attribute_docstrings": True}


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
