"""How the tests of a format ask: a line as its program writes it, and what is answered."""

from bounce_verdict.maillogs import answer_log
from bounce_verdict.model import Classification, Event, LogEvents
from bounce_verdict.pipeline import Pipeline


def events(pipeline: Pipeline, text: str, format: str | None = None) -> list[Event]:  # noqa: A002
    """The deliveries that a piece of a log tells of."""
    found = answer_log(pipeline, text, format)
    assert isinstance(found, LogEvents), found
    return list(found.events)


def one(pipeline: Pipeline, text: str, format: str | None = None) -> Classification:  # noqa: A002
    """The answer for the only recipient of the only delivery."""
    ((answer,),) = [event.recipients for event in events(pipeline, text, format)]
    return answer


def told(pipeline: Pipeline, text: str, format: str | None = None) -> list[str]:  # noqa: A002
    """What is told: "kind recipient verdict reason suppress" for each recipient, or "skipped" and why."""
    found = answer_log(pipeline, text, format)
    if not isinstance(found, LogEvents):
        return [f"skipped {found.reason}"]
    return [
        f"{event.kind} {answer.recipient} {answer.verdict} {answer.reason} {answer.suppress}"
        for event in found.events
        for answer in event.recipients
    ]
