"""The short form of every answer (`detail=short`): what a program acts on, without the evidence."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from bounce_verdict.model import (
    Classification,
    DecidedBy,
    Event,
    EventKind,
    Identity,
    LogEvents,
    Origin,
    Report,
    ReportKind,
    Scope,
    Skipped,
    Suppress,
    Verdict,
    record,
)
from bounce_verdict.response import BatchAnswer, Problem
from bounce_verdict.webhooks.answer import Events

Detail = Literal["full", "short"]

_DOCS = {"use_attribute_docstrings": True}


@record
class ShortClassification:
    """The short answer for one recipient."""

    __pydantic_config__: ClassVar = _DOCS

    verdict: Verdict | None
    """What kind of thing went wrong; null where nothing failed or nothing tells what did."""
    reason: str
    """One of the closed list at GET /v1/reasons."""
    suppress: Suppress
    """What to do with the address: stop at once, count it, or keep it."""
    transient: bool | None
    """True for a 4yz, false for a 5yz reply; null where nothing tells."""
    scope: Scope | None
    """What the verdict is about."""
    recipient: str | None
    """The address the sender used."""
    decided_by: DecidedBy
    """The step that decided."""
    rule_id: str | None
    """The rule that decided, if one did; GET /v1/rules/{id} shows it whole."""
    explanation: str
    """One sentence for a person."""


@record
class ShortReport:
    """The short answer for one message."""

    __pydantic_config__: ClassVar = _DOCS

    kind: ReportKind
    """What the message is."""
    origin: Origin
    """Whether it is proven to answer a mail of yours, and what to match where it is not."""
    recipients: Sequence[ShortClassification]
    """One per recipient, in the report's order."""


@record
class ShortEvent:
    """One event of a webhook request or a mail log, in short."""

    __pydantic_config__: ClassVar = _DOCS

    event_id: str | None
    """What doubles are known by: the source's own id, or one made of the event, the same when it is delivered again."""
    kind: EventKind
    """What the event is."""
    message_id: str | None
    """The message it is about, by the source's own id for it."""
    queue_id: str | None
    """Of a log: the message's id in the queue that logged it; null where the line does not tell."""
    recipients: Sequence[ShortClassification]
    """One for each address; none where the event names none."""


@record
class ShortEvents:
    """The short answer to a webhook request."""

    __pydantic_config__: ClassVar = _DOCS

    events: Sequence[ShortEvent]
    """In the order in which the source reports them."""


@record
class ShortLogEvents:
    """The short answer for a piece of a mail log that tells of deliveries."""

    __pydantic_config__: ClassVar = _DOCS

    format: str
    """The format that it was read in."""
    events: Sequence[ShortEvent]
    """One for each line that tells of a delivery, in their order."""
    skipped: int
    """How many other lines tell of none."""


@record
class ShortBatchAnswer:
    """One line of a batch's short answer."""

    __pydantic_config__: ClassVar = _DOCS

    index: int
    """The item's place in the request, from 0; empty lines are not counted."""
    id: Identity | None
    """The item's own id, echoed; null where it has none or none could be read."""
    type: Literal["classification", "report", "events", "skipped", "problem"]
    """What `result` is."""
    result: ShortClassification | ShortReport | ShortLogEvents | Skipped | Problem
    """The answer for a reply, a message or a log, why a log tells of no delivery, or why there is no answer."""


def short_line(line: BatchAnswer) -> ShortBatchAnswer:
    """The line with its answer in short; a problem, and why there is no event, are short already."""
    result = line.result
    if isinstance(result, Classification):
        return ShortBatchAnswer(line.index, line.id, "classification", short_classification(result))
    if isinstance(result, Report):
        return ShortBatchAnswer(line.index, line.id, "report", short_report(result))
    if isinstance(result, LogEvents):
        events = ShortLogEvents(result.format, [short_event(event) for event in result.events], result.skipped)
        return ShortBatchAnswer(line.index, line.id, "events", events)
    return ShortBatchAnswer(line.index, line.id, line.type, result)


def short_events(answer: Events) -> ShortEvents:
    """The answer to a webhook request in short."""
    return ShortEvents([short_event(event) for event in answer.events])


def short_event(event: Event) -> ShortEvent:
    """The event in short."""
    recipients = [short_classification(one) for one in event.recipients]
    return ShortEvent(event.event_id, event.kind, event.message_id, event.queue_id, recipients)


def short_report(report: Report) -> ShortReport:
    """The report in short."""
    return ShortReport(report.kind, report.origin, [short_classification(one) for one in report.recipients])


def short_classification(full: Classification) -> ShortClassification:
    """The classification in short."""
    return ShortClassification(
        full.verdict,
        full.reason,
        full.suppress,
        full.transient,
        full.scope,
        full.recipient,
        full.decided_by,
        None if full.rule is None else full.rule.id,
        full.explanation,
    )
