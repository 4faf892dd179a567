"""One item of the stream: judged, its answers stored, then acknowledged.

Judging is work for the processor on the event loop, in turns of a few milliseconds: between two of them acknowledgements, heartbeats and
probes have theirs. Messages are judged one after the other; while one's answers are being stored the next is judged.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from faststream.nats import NatsMessage
from nats.errors import Error as BrokerError

from bounce_verdict.logs import fault_place
from bounce_verdict.metrics import Metrics
from bounce_verdict.settings import Settings
from bounce_verdict.stream.judging import Answer, Given, answers
from bounce_verdict.stream.packing import Form, Item, Outgoing, identify
from bounce_verdict.stream.worker.rules import Rules
from bounce_verdict.stream.worker.suspects import Suspects, packed_and_counted

Publish = Callable[[Outgoing], Awaitable[Any]]

TURN_SECONDS = 0.004  # of judging, before others have their turn
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds between two attempts to store an answer

log = logging.getLogger("bounces.stream")


class Answering:
    """What a worker does with each message. publish: returns once the broker has stored it, else raises what nats-py raises.

    max_deliveries: after which an item is judged in a process of its own.
    """

    def __init__(self, settings: Settings, rules: Rules, metrics: Metrics, form: Form, max_deliveries: int) -> None:
        self.form = form
        self.publish: Publish | None = None
        self._settings = settings
        self._rules = rules
        self._metrics = metrics
        self._max_deliveries = max_deliveries
        self._suspects = Suspects(metrics)
        self._turn = asyncio.Lock()
        self._under_way: set[NatsMessage] = set()
        self._waits = False

    async def answer(self, message: NatsMessage) -> None:
        """Answer it. Where this ends before the acknowledgement, the broker gives it to another worker."""
        self._under_way.add(message)
        try:
            outgoing = await self._outgoing(message)
            await asyncio.gather(*(self._store(one) for one in outgoing))
            await message.ack()
        except Exception as error:  # FastStream would not say a word
            log.error("fault: %s; the item will be given out again", fault_place(error))  # noqa: TRY400  # its message may quote the item
            raise
        finally:
            self._under_way.discard(message)

    async def keep_alive(self) -> None:
        """Tell the broker that what is in hand is still worked on. Call it some times within the consumer's ack wait."""
        for message in list(self._under_way):
            # Where this fails it was acknowledged meanwhile, or the broker will give it to somebody.
            with contextlib.suppress(BrokerError, OSError):
                await message.in_progress()

    async def _outgoing(self, message: NatsMessage) -> list[Outgoing]:
        known = message.raw_message.metadata
        place = f"{known.stream}:{known.sequence.stream}"
        item = Item(place, dict(message.headers), identify(place, message.headers, message.body))
        given = Given(message.body, item.headers, self._settings.max_body, self._settings.max_batch_line)
        before = (known.num_delivered or 1) - 1
        if before:
            self._metrics.count("bounces_stream_redelivered_total")
        if before >= self._max_deliveries:
            return await self._suspects.outgoing(given, item, self.form, self._rules.wanted(), before)
        async with self._turn:
            return packed_and_counted(await self._judge(given), item, self.form, self._metrics)

    async def _judge(self, given: Given) -> list[Answer]:
        answered: list[Answer] = []
        until = perf_counter() + TURN_SECONDS
        for one in answers(given, self._rules.pipeline):
            answered.append(one)
            if perf_counter() > until:
                await asyncio.sleep(0)
                until = perf_counter() + TURN_SECONDS
        return answered

    async def _store(self, one: Outgoing) -> None:
        """Have the broker store it, however long that takes: until then the item is not acknowledged, and not counted as delivered again."""
        assert self.publish is not None  # noqa: S101  # for the type checker: set before the first message
        pause = FIRST_PAUSE
        while True:
            try:
                await self.publish(one)
            except (BrokerError, OSError, TimeoutError) as error:
                self._metrics.count("bounces_stream_store_failures_total")
                if not self._waits:
                    self._waits = True
                    log.warning("answers cannot be stored, trying again: %s", type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            if self._waits:
                self._waits = False
                log.info("answers are stored again")
            return
