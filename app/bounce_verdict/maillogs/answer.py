"""A log's deliveries, judged."""

from collections.abc import Iterable, Iterator

from bounce_verdict.errors import InputError
from bounce_verdict.maillogs.delivery import EXPLANATIONS, LoggedDelivery
from bounce_verdict.maillogs.reader import FORMATS, Records, read_records
from bounce_verdict.model import Event, LogEvents, Skipped, SkipReason
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.reported import classify_reported

# Of several lines without a delivery, the reason of the first of these is answered: it is what the sender can mend.
_WORST: tuple[SkipReason, ...] = (
    "unreadable",
    "no-header",
    "unknown-format",
    "told-elsewhere",
    "address-probe",
    "incoming",
    "no-delivery",
)


MAX_LINES = 1_000  # of one piece
MAX_RECIPIENTS = 1_000  # of one piece; each costs 1,400 bytes of the answer


def answer_log(pipeline: Pipeline, text: str, format: str | None = None) -> LogEvents | Skipped:  # noqa: A002
    """What a piece of a log tells, one line or several. format: one of FORMATS, None where the lines show it.

    Raises InputError for a format that is none, and beyond MAX_LINES or MAX_RECIPIENTS.
    """
    check_format(format)
    if text.count("\n") > MAX_LINES:
        raise InputError("log", f"has more than {MAX_LINES} lines; each may be an item", f"max_log_lines {MAX_LINES}")
    recipients = 0
    name, events, reasons = format, list[Event](), list[SkipReason]()
    for shown, found in read_records(text.split("\n"), format):
        if isinstance(found, LoggedDelivery):
            name = name or shown
            recipients += len(found.recipients)
            if recipients > MAX_RECIPIENTS:
                raise InputError("log", f"tells of more than {MAX_RECIPIENTS} recipients", f"max_log_recipients {MAX_RECIPIENTS}")
            events.append(answer_delivery(pipeline, shown or "", found))
        else:
            reasons.append(found)
    if events:
        return LogEvents(name or "", events, len(reasons))
    return skipped(next((reason for reason in _WORST if reason in reasons), "header" if reasons else "no-delivery"))


def answer_lines(pipeline: Pipeline, lines: Iterable[str], format: str | None = None) -> Iterator[Event | Skipped]:  # noqa: A002
    """What each record of a stream tells, in its order and as it arrives. Raises InputError for a format that is none, at once."""
    check_format(format)
    return _answers(pipeline, read_records(lines, format))


def check_format(name: str | None) -> None:
    """Raises InputError for a name that is not in FORMATS."""
    if name is not None and name not in FORMATS:
        raise InputError("format", f"must be one of {', '.join(FORMATS)}")


def _answers(pipeline: Pipeline, records: Records) -> Iterator[Event | Skipped]:
    for shown, found in records:
        yield answer_delivery(pipeline, shown or "", found) if isinstance(found, LoggedDelivery) else skipped(found)


def answer_delivery(pipeline: Pipeline, format: str, found: LoggedDelivery) -> Event:  # noqa: A002
    """One delivery, judged."""
    for one in found.recipients:
        one.occurred_at, one.source = found.occurred_at, format
    return Event(
        None,
        found.word,
        found.kind,
        found.occurred_at,
        found.message_id,
        (),
        found.metadata,
        [classify_reported(pipeline, one) for one in found.recipients],
        found.category,
        (),
        found.queue_id,
    )


def skipped(reason: SkipReason) -> Skipped:
    """The answer for a line without a delivery."""
    return _SKIPPED[reason]


_SKIPPED = {reason: Skipped(reason, explanation) for reason, explanation in EXPLANATIONS.items()}
