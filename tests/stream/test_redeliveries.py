"""Items that were delivered again and again: those that are well are answered, however long the outage; one that ends its judge is a dead letter."""

import json
import os
import signal
import time
from pathlib import Path

from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy

from bounce_verdict.stream.names import Subjects
from bounce_verdict.stream.streams import Plan, consumer_config, stream_configs
from tests.running import until
from tests.stream.running import Nats, all_answered, answers, at, batches, count, dead_letters, ids, item, put, worker

ACK_SECONDS, DELIVERIES = 1.0, 2
JSON = {"content-type": "application/json"}
PLAN = Plan(Subjects(), "bounces-workers")


def wait_for_acknowledgements(broker: Nats, seconds: float) -> None:
    config = consumer_config(PLAN)
    config.ack_wait = seconds
    at(broker, lambda stream: stream.add_consumer("bounces-items", config))


def bound_answers(broker: Nats, most: int) -> None:
    """Have the stream of answers hold no more than so many messages; -1: as many as come."""
    config = stream_configs(PLAN)[1]
    config.max_msgs, config.discard = most, DiscardPolicy.NEW
    at(broker, lambda stream: stream.update_stream(config))


def hand_out(broker: Nats, times: int) -> None:
    """As workers do that end with the first item in hand."""

    async def take(stream: JetStreamContext) -> None:
        taking = await stream.pull_subscribe_bind("bounces-workers", stream="bounces-items")
        for _ in range(times):
            (message,) = await taking.fetch(1, timeout=10)
            await message.nak()

    at(broker, take)


def redelivered(broker: Nats) -> int:
    async def ask(stream: JetStreamContext) -> int:
        return (await stream.consumer_info("bounces-items", "bounces-workers")).num_redelivered or 0

    return int(at(broker, ask))


def test_while_answers_cannot_be_stored_nothing_is_given_out_again_and_then_all_is_answered(broker: Nats, rules: Path) -> None:
    wait_for_acknowledgements(broker, ACK_SECONDS)
    put(broker, (b"x", {}), subject="bounces.answers.full")
    bound_answers(broker, 1)
    with worker(broker, rules, "--max-deliveries", str(DELIVERIES)) as one:
        put(broker, *batches(range(40), 2))
        assert until(lambda: one.logged("answers cannot be stored"))
        time.sleep(DELIVERIES * ACK_SECONDS + 1)
        assert redelivered(broker) == 0
        bound_answers(broker, -1)
        assert all_answered(broker)
        assert not one.logged("is judged in a process of its own")
    found = [message for message in answers(broker) if message.subject != "bounces.answers.full"]
    assert sorted(map(int, ids(found))) == list(range(40))
    assert count(broker, "bounces-dead") == 0


def test_items_whose_workers_were_stopped_in_an_outage_are_answered(broker: Nats, rules: Path) -> None:
    wait_for_acknowledgements(broker, ACK_SECONDS)
    put(broker, (b"x", {}), subject="bounces.answers.full")
    bound_answers(broker, 1)
    put(broker, *batches(range(6), 2))
    for _ in range(DELIVERIES):
        with worker(broker, rules) as one:
            assert until(lambda: one.logged("answers cannot be stored"))
            one.process.kill()
        time.sleep(ACK_SECONDS)
    bound_answers(broker, -1)
    with worker(broker, rules, "--max-deliveries", str(DELIVERIES)) as one:
        assert all_answered(broker)
        assert one.logged("bounces-items:1 was delivered 2 times without an answer and is judged in a process of its own")
    found = [message for message in answers(broker) if message.subject != "bounces.answers.full"]
    assert sorted(ids(found)) == [str(number) for number in range(6)]
    assert count(broker, "bounces-dead") == 0


def test_an_item_that_ends_the_process_of_its_own_is_a_dead_letter(broker: Nats, rules: Path) -> None:
    put(broker, (item(1), JSON))
    hand_out(broker, DELIVERIES)
    put(broker, (item(2), JSON))
    with worker(broker, rules, "--max-deliveries", str(DELIVERIES)) as one:
        killed: set[str] = set()  # what ends the first, which only makes ready, is not yet the item's fault
        assert until(lambda: len(kill_children(one.process.pid, killed)) > 1)
        assert all_answered(broker)
    assert ids(answers(broker)) == ["2"]
    (letter,) = dead_letters(broker)
    assert letter.body == item(1)
    detail = json.loads(letter.headers["Bounces-Problem"])["result"]["detail"]
    assert detail == "It was delivered 2 times without an answer, and ended the process that was to judge it alone."


def kill_children(worker_pid: int, killed: set[str]) -> set[str]:
    """Kill those children of the worker that judge, as soon as there are any: they load the rules first, which takes longer than to find them."""
    for task in Path(f"/proc/{worker_pid}/task").iterdir():
        for child in set((task / "children").read_text(encoding="ascii").split()) - killed:
            if b"anyio" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)
                killed.add(child)
    return killed


def test_a_consumer_that_would_lose_items_is_told_of(broker: Nats, rules: Path) -> None:
    config = consumer_config(PLAN)
    config.max_deliver = 5
    at(broker, lambda stream: stream.add_consumer("bounces-items", config))
    with worker(broker, rules) as one:
        assert one.logged("set max_deliver of bounces-workers to -1")
