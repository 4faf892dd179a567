"""Workers that are killed, a broker that is restarted: every item is answered once, and the dead letters are the bad ones.

STREAM_ITEMS says how many items; `.ci/run` asks for 200,000.
"""

import json
import os
import threading
import time
from collections import Counter
from pathlib import Path

import nats

from bounce_verdict.stream.names import Subjects
from bounce_verdict.stream.streams import Plan, consumer_config
from tests.running import until
from tests.stream.running import Command, Nats, all_answered, answers, at, batches, dead_letters, ids, put, worker

ITEMS = int(os.environ.get("STREAM_ITEMS", "12000"))
KILLS = 3 if ITEMS < 100_000 else 12
ACK_SECONDS = 8  # in place of 30, so that the test need not wait for them


def put_all(broker: Nats, messages: list[tuple[bytes, dict[str, str]]]) -> None:
    """Put these on the stream, again until the broker says that it has all of them; their ids keep it from having one twice."""
    assert until(lambda: is_put(broker, messages), 60)


def is_put(broker: Nats, messages: list[tuple[bytes, dict[str, str]]]) -> bool:
    try:
        put(broker, *messages)
    except (OSError, nats.errors.Error, TimeoutError):
        return False
    return True


def test_killed_workers_and_a_restarted_broker_cost_no_answer_and_double_none(broker: Nats, rules: Path) -> None:
    config = consumer_config(Plan(Subjects(), "bounces-workers"))
    config.ack_wait = ACK_SECONDS
    at(broker, lambda stream: stream.add_consumer("bounces-items", config))
    bad = [json.dumps({"id": f"bad-{number}", "replay": "550"}).encode() for number in range(KILLS)]
    size = ITEMS // KILLS
    workers: list[Command] = [worker(broker, rules), worker(broker, rules)]
    try:
        for kill in range(KILLS):
            assert until(lambda: all(one.logged("taking items from") for one in workers), 90)
            messages = [*batches(range(kill * size, (kill + 1) * size), 50), (bad[kill], {"content-type": "application/json"})]
            named = [(body, {**headers, "Nats-Msg-Id": f"{kill}-{place}"}) for place, (body, headers) in enumerate(messages)]
            feeding = threading.Thread(target=put_all, args=(broker, named))
            feeding.start()
            time.sleep(0.3 + 0.1 * (kill % 4))
            if kill == KILLS // 2:
                broker.stop()
            workers[0].process.kill()
            workers.pop(0).__exit__(None, None, None)
            workers.append(worker(broker, rules))
            if kill == KILLS // 2:
                broker.start()
            feeding.join()
        assert all_answered(broker, 120)
    finally:
        for one in workers:
            one.__exit__(None, None, None)
    found = Counter(ids(answers(broker)))
    assert {identity: times for identity, times in found.items() if times > 1} == {}
    assert found.keys() == {str(number) for number in range(KILLS * size)}
    assert sorted(letter.body for letter in dead_letters(broker)) == sorted(bad)
