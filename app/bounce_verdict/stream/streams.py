"""The streams and the consumer at the broker: looked for when a worker starts, and made where that was asked for.

Only what NATS 2.9 knows is used, which Debian 12 has.
"""

import logging
from typing import TYPE_CHECKING

from bounce_verdict.errors import SettingsError
from bounce_verdict.model import value
from bounce_verdict.stream.names import Subjects, stream_of

if TYPE_CHECKING:
    from nats.js import JetStreamContext
    from nats.js.api import ConsumerConfig, StreamConfig

log = logging.getLogger("bounces.stream")

ACK_SECONDS = 30.0  # after which an item that nobody acknowledged is given to another worker
DUPLICATE_SECONDS = 120.0
ANSWERS_KEPT_SECONDS = 7 * 86_400.0
DEAD_KEPT_SECONDS = 30 * 86_400.0
_MAX_UNDER_WAY = 4_096  # items that all workers together may have in hand


@value
class Plan:
    """What is to be there. duplicates: seconds in which a message with an id that is known is not stored again."""

    subjects: Subjects
    durable: str
    duplicates: float = DUPLICATE_SECONDS


async def prepare(stream: "JetStreamContext", plan: Plan, *, create: bool) -> float:
    """See that streams and consumer are there; with `create` make those that are not, and change none.

    Returns the seconds after which the consumer gives an item to another worker. Raises SettingsError naming the first that lacks.
    """
    from nats.js.errors import NotFoundError  # noqa: PLC0415  # needs the extra `stream`

    for config in stream_configs(plan):
        try:
            await stream.stream_info(config.name or "")
        except NotFoundError:
            if not create:
                raise SettingsError(
                    f"the broker has no stream {config.name}; `bounces work --create` makes what is missing"
                ) from None
            await stream.add_stream(config)
            log.info("made the stream %s for %s", config.name, ", ".join(config.subjects or ()))
    try:
        known = await stream.consumer_info(stream_of(plan.subjects.items), plan.durable)
    except NotFoundError:
        if not create:
            raise SettingsError(
                f"the broker has no consumer {plan.durable}; `bounces work --create` makes what is missing"
            ) from None
        known = await stream.add_consumer(stream_of(plan.subjects.items), consumer_config(plan))
        log.info("made the consumer %s", plan.durable)
    if (most := known.config.max_deliver or 0) > 0:
        log.warning(
            "the broker gives up an item that it delivered %d times, and nobody hears of it: set max_deliver of %s to -1",
            most,
            plan.durable,
        )
    return known.config.ack_wait or ACK_SECONDS


def stream_configs(plan: Plan) -> "list[StreamConfig]":
    """Items, which are kept until they are acknowledged; answers and dead letters, which are kept for some time."""
    from nats.js.api import RetentionPolicy, StreamConfig  # noqa: PLC0415

    subjects, duplicates = plan.subjects, plan.duplicates
    return [
        StreamConfig(
            stream_of(subjects.items),
            subjects=[subjects.items],
            retention=RetentionPolicy.WORK_QUEUE,
            duplicate_window=duplicates,
        ),
        StreamConfig(
            stream_of(subjects.answers),
            subjects=[f"{subjects.answers}.>"],
            max_age=ANSWERS_KEPT_SECONDS,
            duplicate_window=duplicates,
        ),
        StreamConfig(stream_of(subjects.dead), subjects=[subjects.dead], max_age=DEAD_KEPT_SECONDS, duplicate_window=duplicates),
    ]


def consumer_config(plan: Plan) -> "ConsumerConfig":
    """The consumer that all workers share: each item goes to one of them, and to another where that one does not acknowledge it."""
    from nats.js.api import AckPolicy, ConsumerConfig  # noqa: PLC0415

    return ConsumerConfig(
        durable_name=plan.durable,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_SECONDS,
        max_ack_pending=_MAX_UNDER_WAY,
        filter_subject=plan.subjects.items,
    )
