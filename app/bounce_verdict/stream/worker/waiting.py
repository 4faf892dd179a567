"""What the broker says of the items: how many wait, and for how long the oldest has."""

import time
from typing import TYPE_CHECKING

from nats.js.errors import NotFoundError

from bounce_verdict.metrics import Metrics
from bounce_verdict.model import value
from bounce_verdict.stream.names import stream_of

if TYPE_CHECKING:
    from nats.js import JetStreamContext


@value
class Waiting:
    """messages: that no worker has been given. in_hand: that one has, and has not acknowledged. oldest: seconds since the first of both was
    stored; 0 where there is none.
    """

    messages: int
    in_hand: int
    oldest: float


async def ask(stream: "JetStreamContext", subject: str, durable: str) -> Waiting:
    """What waits for that consumer. Raises what nats-py raises where the broker does not answer.

    Not the stream's own first message is the oldest: a broker that was killed may bring back what was acknowledged, which nobody gets again.
    """
    known = await stream.consumer_info(stream_of(subject), durable)
    messages, in_hand = known.num_pending or 0, known.num_ack_pending or 0
    if not messages + in_hand:
        return Waiting(0, 0, 0.0)
    acknowledged = known.ack_floor.stream_seq if known.ack_floor is not None else 0
    try:
        first = await stream.get_msg(stream_of(subject), acknowledged + 1, subject, next=True)
    except NotFoundError:  # acknowledged meanwhile
        return Waiting(messages, in_hand, 0.0)
    return Waiting(messages, in_hand, max(0.0, time.time() - first.time.timestamp()) if first.time is not None else 0.0)


def show(waiting: Waiting, metrics: Metrics) -> None:
    """Set the gauges."""
    metrics.set("bounces_stream_waiting", waiting.messages)
    metrics.set("bounces_stream_in_hand", waiting.in_hand)
    metrics.set("bounces_stream_oldest_seconds", waiting.oldest)
