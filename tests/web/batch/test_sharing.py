"""One batch on two processors: a child of the worker answers a share of the lines, and nobody can tell from the answers."""

import base64
import json
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.running import Running, children, lines, make_few_rules, until
from tests.web.batch_client import MAIL, NDJSON, PATH

COUNT = 6_000
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_few_rules(tmp_path_factory.mktemp("rules"))


@pytest.fixture(scope="module")
def alone(rules: Path) -> Iterator[Running]:
    with Running(rules, readers="0", max_batch_line="5000") as service:
        yield service


@pytest.fixture(scope="module")
def shared(rules: Path) -> Iterator[Running]:
    with Running(rules, max_batch_line="5000") as service:
        assert until(lambda: seconds_of_child(service, replies(1_000)) > 0.002)
        yield service


def child_of(service: Running) -> int | None:
    (worker,) = service.workers()
    return next(iter(children(worker, "anyio.to_process")), None)


def seconds_of_child(service: Running, body: bytes) -> float:
    """What the child's processor does for a batch; 0 where there is no child yet."""
    child = child_of(service)
    if child is None:
        return 0
    clock = (~child << 3) | 2  # CPUCLOCK_SCHED, what Linux's clock_getcpuclockid() makes of a process id
    before = time.clock_gettime(clock)
    service.http.post(PATH, content=body, headers=NDJSON)
    return time.clock_gettime(clock) - before


def replies(count: int) -> bytes:
    return b"".join(b'{"id": %d, "reply": "550 5.1.1 <a%d@example.org>: user unknown"}\n' % (n, n) for n in range(count))


def mixed() -> list[bytes]:
    """Replies, and among them all that a line may be."""
    found = replies(COUNT).splitlines()
    message = {"message_base64": base64.b64encode(MAIL.encode()).decode(), "id": "mail"}
    found[99::101] = [json.dumps(message).encode()] * len(found[99::101])
    found[50::103] = [b'{"reply": 5}'] * len(found[50::103])
    found[60::107] = [b'{"log": "Nov 21 10:00:00 mx postfix/qmgr[1]: 4: removed"}'] * len(found[60::107])
    found[1_000::3_000] = [b'{"reply": "550 ' + b"x" * 4_500 + b'"}'] * len(found[1_000::3_000])
    return found


def counted(service: Running) -> float:
    """Items of batches, as the metrics tell."""
    told = re.findall(r"^bounces_batch_items_total\{.*\} (\S+)$", httpx.get(f"{service.url}/metrics").text, re.MULTILINE)
    return sum(map(float, told))


@pytest.mark.parametrize("form", ["whole", "short", "gzip"])
def test_lines_have_the_same_answers_whoever_gives_them(alone: Running, shared: Running, form: str) -> None:
    found = mixed()
    found[2_000::3_000] = [b'{"reply": "' + b"x" * 6_000 + b'"}'] * len(found[2_000::3_000])  # too long
    headers = {**NDJSON, "accept-encoding": "gzip" if form == "gzip" else "identity"}
    path = f"{PATH}?detail=short" if form == "short" else PATH
    one, other = (service.http.post(path, content=b"\n".join(found), headers=headers) for service in (alone, shared))
    assert one.content == other.content
    assert [answer["index"] for answer in lines(one.content)] == list(range(COUNT))


def test_an_array_has_the_same_answer_whoever_gives_it(alone: Running, shared: Running) -> None:
    body = b"[" + b",".join(mixed()) + b"]"
    one, other = (
        service.http.post(PATH, content=body, headers={**JSON, "accept": "application/json"}) for service in (alone, shared)
    )
    assert one.content.replace(b",\n", b",") == other.content.replace(b",\n", b",")
    assert len(other.json()) == COUNT


def test_each_line_is_counted_once(shared: Running) -> None:
    assert until(lambda: counted(shared) > 0)
    time.sleep(1.5)  # counts are written each second
    before = counted(shared)
    assert seconds_of_child(shared, replies(COUNT)) > 0.002
    assert until(lambda: counted(shared) >= before + COUNT)
    assert counted(shared) == before + COUNT
    assert until(lambda: shared.logged(f'"permanent":{COUNT}') or shared.logged(f'"permanent": {COUNT}'))


def test_a_child_that_stands_still_is_not_waited_for(shared: Running) -> None:
    child = child_of(shared)
    assert child is not None
    os.kill(child, signal.SIGSTOP)
    try:
        answers = lines(shared.http.post(PATH, content=replies(COUNT), headers=NDJSON).content)
    finally:
        os.kill(child, signal.SIGCONT)
    assert [(answer["index"], answer["id"]) for answer in answers] == [(n, n) for n in range(COUNT)]


def test_no_line_is_lost_and_none_comes_twice_where_children_die(rules: Path) -> None:
    with Running(rules) as service:
        (worker,) = service.workers()
        assert until(lambda: bool(children(worker, "anyio.to_process")))
        for milliseconds in (100, 50, 20, 10):
            found = children(worker, "anyio.to_process")  # none where the last was killed with nothing in hand
            killers = [threading.Timer(milliseconds / 1_000, os.kill, (child, signal.SIGKILL)) for child in found]
            for killer in killers:
                killer.start()
            answers = lines(service.http.post(PATH, content=replies(COUNT), headers=NDJSON).content)
            assert [(answer["index"], answer["id"]) for answer in answers] == [(n, n) for n in range(COUNT)]
            for killer in killers:
                killer.join()
        assert until(lambda: counted(service) >= 4 * COUNT)
        assert counted(service) == 4 * COUNT


def test_a_child_outlives_the_clients_that_leave(shared: Running) -> None:
    child, body = child_of(shared), replies(COUNT)
    head = f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ncontent-length: {len(body) + 1}\r\n\r\n"
    for milliseconds in range(20):
        with shared.connection() as connection:
            connection.sendall(head.encode() + body)
            time.sleep(milliseconds / 1_000)
    assert until(lambda: seconds_of_child(shared, replies(1_000)) > 0.002)
    assert child_of(shared) == child
