"""How the tests of a source ask: a payload as it is documented, and what every event in it is answered."""

from bounce_verdict.model import Event
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.webhooks.answer import answer_events

ANA = "ana@example.org"
UNKNOWN = "550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown in virtual mailbox table"
FULL = "452 4.2.2 The email account that you tried to reach is over quota"
SPAM = "554 5.7.1 Message rejected as spam by content filtering"
GREYLISTED = "450 4.2.0 Greylisted, please try again later"


def ask(classifier: Pipeline, source: str, payload: object) -> list[Event]:
    """The events of a payload, judged."""
    return list(answer_events(classifier, source, payload).events)


def judged(classifier: Pipeline, source: str, payload: object) -> list[str]:
    """For each event its kind, and for each recipient "verdict reason suppress", of those that are ana's."""
    return [
        " ".join(
            [event.kind, *(f"{one.verdict} {one.reason} {one.suppress}" for one in event.recipients if one.recipient == ANA)]
        )
        for event in ask(classifier, source, payload)
    ]
