"""The FastStream application: one subscriber of items, publishers of answers and dead letters, and what a probe or Prometheus asks."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from faststream.asgi import AsgiFastStream, AsgiResponse
from faststream.asgi import get as http_get
from faststream.middlewares import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from faststream.nats.security import NatsCredentials, NatsSecurity
from faststream.security import BaseSecurity, SASLPlaintext
from faststream.specification import AsyncAPI
from nats.aio.client import Client

from bounce_verdict import __version__
from bounce_verdict.model import value
from bounce_verdict.stream.client import reach
from bounce_verdict.stream.connection import Broker
from bounce_verdict.stream.names import Subjects, stream_of
from bounce_verdict.stream.packing import Outgoing

log = logging.getLogger("bounces.stream")

STORE_SECONDS = 5.0  # that the broker has for storing a message
_FETCH_SECONDS = 1.0  # that a fetch waits for items

DESCRIPTION = (
    "Items in, answers out: what POST /v1/classify/batch does, by way of NATS JetStream. docs/streams.md says how to run it."
)


@value
class Taking:
    """What a worker takes. prefetch: messages that it has in hand at once; drain: seconds for them to end when it is told to stop."""

    subjects: Subjects
    durable: str
    prefetch: int
    drain: float


class SafeBroker(NatsBroker):
    """FastStream's broker, reached as all of ours reach one."""

    reached: Broker

    async def _connect(self) -> Client:
        options = dict(self._connection_kwargs)
        del options["error_cb"]  # FastStream's own, which would log
        client = await reach(self.reached, log.warning, **options)
        self.config.connect(client)
        return client


def make_broker(broker: Broker, drain: float, told: Mapping[str, Any]) -> NatsBroker:
    """FastStream's broker. told: callbacks of nats-py, by name."""
    own = ("tls", "user", "password", "user_credentials")  # FastStream takes these as `security`
    options = {name: chosen for name, chosen in broker.options().items() if name not in own}
    made = SafeBroker(
        **options,
        **told,
        security=_security(broker),
        graceful_timeout=drain,
        apply_types=False,  # nothing is injected; the message itself is what a handler gets
        id_generator=lambda: "",  # a message is known by Nats-Msg-Id
        logger=None,
        specification_url="localhost:4222",
        description="Streams of JetStream; `bounces work --create` makes them.",
    )
    made.reached = broker
    return made


def make_app(
    broker: NatsBroker,
    taking: Taking,
    answer: Callable[[NatsMessage], Any],
    routes: Sequence[tuple[str, Any]] = (),
    lifespan: Any = None,  # noqa: ANN401  # FastStream's own type is not exported
) -> AsgiFastStream:
    """The application. answer: what is done with each message, its acknowledgement included."""
    subjects = taking.subjects
    subscriber = broker.subscriber(
        subjects.items,
        stream=JStream(stream_of(subjects.items), declare=False),
        durable=taking.durable,
        pull_sub=PullSub(batch_size=taking.prefetch, timeout=_FETCH_SECONDS),
        decoder=_as_it_is,
        ack_policy=AckPolicy.MANUAL,
        no_reply=True,
        title="items",
        description="Items to answer. Each goes to one worker of the durable consumer, and is acknowledged once its answers are stored.",
    )
    answers_key = "{partition}" if subjects.partitions else "{domain}"
    broker.publisher(
        f"{subjects.answers}.{answers_key}",
        title="answers",
        description="Answers, one JSON object a line, keyed by the recipient's domain: the lines of a batch's answer over HTTP.",
    )
    broker.publisher(
        subjects.dead,
        title="dead",
        description="What has no answer: the original, with the problem document in the header Bounces-Problem.",
    )
    subscriber(answer)
    specification = AsyncAPI(title="bounce-verdict", version=__version__, description=DESCRIPTION, schema_version="3.0.0")
    return AsgiFastStream(broker, asgi_routes=routes, lifespan=lifespan, specification=specification, logger=None)


async def store(broker: NatsBroker, one: Outgoing) -> None:
    """Return once the broker has stored it. Raises what nats-py raises where it has not."""
    await broker.publish(one.body, one.subject, headers=one.headers, stream=one.stream, timeout=STORE_SECONDS)


def route(answer: Callable[[], Any]) -> Any:  # noqa: ANN401  # FastStream's handler
    """A GET that answers with the body, status and media type that `answer` returns."""

    @http_get(include_in_schema=False)
    async def handle(_scope: Any) -> AsgiResponse:  # noqa: ANN401
        body, status, media = await answer()
        return AsgiResponse(body, status, {"content-type": media})

    return handle


async def _as_it_is(message: NatsMessage) -> NatsMessage:
    return message


def _security(broker: Broker) -> BaseSecurity | None:
    if broker.credentials is not None:
        return NatsCredentials(str(broker.credentials), ssl_context=broker.tls)
    if broker.password is not None:
        return SASLPlaintext(*broker.password, ssl_context=broker.tls)
    return NatsSecurity(ssl_context=broker.tls) if broker.tls is not None else None
