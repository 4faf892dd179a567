"""An item that the broker delivered again and again: judged in a process of its own, which it may end.

How often it was delivered does not tell that it is bad: brokers that were away, workers that were stopped while its answers could not be
stored, and another item that ended the worker which had both in hand all count. What ends this process too is a dead letter.
"""

import logging

from bounce_verdict.metrics import Metrics
from bounce_verdict.response import batch_answer, problem
from bounce_verdict.stream.judging import Answer, Given, answers
from bounce_verdict.stream.packing import Form, Item, Outgoing, pack
from bounce_verdict.web.counting import count_lines
from bounce_verdict.web.large_bodies import ChildLost, Pool, Wanted, child

log = logging.getLogger("bounces.stream")


class Suspects:
    """One process, started with the first such item."""

    def __init__(self, metrics: Metrics) -> None:
        self._pool = Pool(1)
        self._metrics = metrics

    async def outgoing(self, given: Given, item: Item, form: Form, wanted: Wanted, deliveries: int) -> list[Outgoing]:
        """The messages that answer it: a dead letter where its process ended, or took a minute."""
        log.warning("%s was delivered %d times without an answer and is judged in a process of its own", item.place, deliveries)
        await self._pool.prepare(wanted)  # what fails as it starts is not the item's fault
        try:
            packed, logged = await self._pool.run(judge, wanted, given, item, form)
        except ChildLost:
            detail = f"It was delivered {deliveries} times without an answer, and ended the process that was to judge it alone."
            return packed_and_counted([(batch_answer(0, None, problem(500, detail)), given.body)], item, form, self._metrics)
        for line in logged:
            log.error("%s", line)
        return packed


def judge(wanted: Wanted, given: Given, item: Item, form: Form) -> tuple[list[Outgoing], list[str]]:
    """In that process: what is to be stored, and what was logged."""
    own = child(wanted)
    packed = packed_and_counted(list(answers(given, own.pipeline(wanted))), item, form, own.metrics)
    own.metrics.flush()
    return packed, own.logged()


def packed_and_counted(answered: list[Answer], item: Item, form: Form, metrics: Metrics) -> list[Outgoing]:
    """The messages that carry these answers, which are counted."""
    count_lines({}, metrics, [answer for answer, _ in answered])
    dead = sum(answer.type == "problem" for answer, _ in answered)
    metrics.count("bounces_stream_messages_total")
    if dead:
        metrics.count("bounces_stream_dead_letters_total", times=dead)
    return pack(answered, item, form)
