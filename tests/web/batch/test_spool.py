"""A client that sends a whole batch before it reads: its answers wait in a file, up to a bound, and none is lost."""

import json
import os
import resource
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from bounce_verdict.settings import Settings
from tests.duplex import Duplex
from tests.running import Running, make_few_rules, memory_mb, until
from tests.web.batch_client import Serve

LINES = 30_000  # answers of some 30 MB: many times what the kernel holds for a connection
MORE_THAN_KERNELS_HOLD = 300  # chunks of 100 lines


def send(connection: Duplex, count: int = LINES) -> None:
    for at in range(0, count, 500):
        connection.send(b"".join(b'{"id": %d, "reply": "550 5.1.1 user unknown"}\n' % number for number in range(at, at + 500)))


def read(connection: Duplex) -> list[dict[str, Any]]:
    connection.head()
    return [json.loads(line) for line in b"".join(iter(connection.chunk, b"")).splitlines()]


def spooled(pid: int) -> list[os.stat_result]:
    """The files without a name that a process has open, those in memory apart."""
    found = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            status = entry.stat()
            place = str(entry.readlink())
            if status.st_nlink == 0 and status.st_size and place.startswith("/") and not place.startswith("/memfd:"):
                found.append(status)
        except OSError:
            continue
    return found


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_few_rules(tmp_path_factory.mktemp("rules") / "rules")


def test_a_client_that_sends_all_before_it_reads_loses_nothing(rules: Path, tmp_path: Path) -> None:
    with Running(rules, state_dir=str(tmp_path), drain_timeout="2") as service:
        worker = service.workers()[0]
        connection = Duplex(service.url)
        connection.send(b'{"id": -1, "reply": "250 ok"}\n')
        time.sleep(0.2)
        before = memory_mb(worker)
        send(connection)
        connection.end()
        assert until(lambda: sum(file.st_size for file in spooled(worker)) > 10_000_000)
        (file,) = spooled(worker)
        assert file.st_mode & 0o777 == 0o600
        assert memory_mb(worker) < before + 20
        assert not list(tmp_path.rglob("tmp*"))
        answers = read(connection)
        connection.close()
        assert [answer["id"] for answer in answers] == list(range(-1, LINES))
        assert until(lambda: not spooled(worker))


def test_nothing_of_a_spool_is_left_when_the_service_is_killed(rules: Path, tmp_path: Path) -> None:
    with Running(rules, state_dir=str(tmp_path)) as service:
        worker = service.workers()[0]
        connection = Duplex(service.url)
        send(connection)
        assert until(lambda: bool(spooled(worker)))
        os.kill(worker, signal.SIGKILL)
        assert until(lambda: service.workers() not in ([], [worker]))
        assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 10_000_000
        connection.close()


def test_several_batches_have_spools_of_their_own(serve: Serve) -> None:
    with serve(Settings()) as base:
        connections = [Duplex(base) for _ in range(3)]
        for connection in connections:
            send(connection, 10_000)
            connection.end()
        for connection in connections:
            assert [answer["id"] for answer in read(connection)] == list(range(10_000))
            connection.close()


def test_beyond_the_bound_the_last_line_says_what_happened(serve: Serve) -> None:
    with serve(Settings(max_spool=8_000_000, drain_timeout=1)) as base:
        connection = Duplex(base)
        connection.send_without_reading(MORE_THAN_KERNELS_HOLD)
        connection.end()
        *answers, last = read(connection)
        connection.close()
    assert [answer["index"] for answer in answers] == list(range(len(answers)))
    assert {answer["type"] for answer in answers} == {"classification"}
    assert 2_000 < len(answers) < MORE_THAN_KERNELS_HOLD * 100
    assert last["index"] == len(answers)
    assert (last["type"], last["result"]["status"], last["result"]["limit"]) == ("problem", 413, "max_spool 8000000")
    assert last["result"]["type"] == "urn:bounce-verdict:problem:answers-unread"


def test_where_the_disk_is_full_the_last_line_says_so_and_nothing_before_it_is_lost(serve: Serve) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with serve(Settings(drain_timeout=1)) as base:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, hard))  # a file that would grow beyond fails, as on a full disk
        try:
            connection = Duplex(base)
            connection.send_without_reading(MORE_THAN_KERNELS_HOLD)
            connection.end()
            *answers, last = read(connection)
            connection.close()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert httpx.post(f"{base}/v1/classify/reply", json={"reply": "550 user unknown"}).status_code == 200
    assert [answer["index"] for answer in answers] == list(range(len(answers)))
    assert {answer["type"] for answer in answers} == {"classification"}
    assert 2_000 < len(answers) < MORE_THAN_KERNELS_HOLD * 100
    assert last["index"] == len(answers)
    assert (last["type"], last["result"]["status"], last["result"]["limit"]) == ("problem", 503, None)
    assert last["result"]["type"] == "urn:bounce-verdict:problem:answers-unread"
    assert last["result"]["detail"] == "The service has no room for the answers that you have not read: read while you send."


def test_a_client_that_reads_slowly_is_not_held_to_the_bound(serve: Serve) -> None:
    with serve(Settings(max_spool=4_000_000, drain_timeout=15)) as base:
        connection = Duplex(base)
        with ThreadPoolExecutor() as threads:
            sending = threads.submit(connection.send_without_reading, MORE_THAN_KERNELS_HOLD)
            connection.head()
            chunks = []
            while not sending.done():
                chunks.append(connection.chunk())
                time.sleep(0.002)
        connection.end()
        chunks += iter(connection.chunk, b"")
        connection.close()
    answers = [json.loads(line) for line in b"".join(chunks).splitlines()]
    assert [answer["index"] for answer in answers] == list(range(MORE_THAN_KERNELS_HOLD * 100))


@pytest.mark.parametrize("max_spool", [0, 4_000_000])
def test_a_client_that_never_reads_is_cut_off_and_counted(serve: Serve, max_spool: int) -> None:
    with serve(Settings(max_spool=max_spool, drain_timeout=0.5)) as base:
        connection = Duplex(base)
        with pytest.raises(ConnectionError):
            connection.send_without_reading()
        connection.close()
        assert "bounces_stalled_clients_total 1.0" in httpx.get(f"{base}/metrics").text


def test_a_client_that_neither_sends_nor_reads_is_cut_off(serve: Serve) -> None:
    with serve(Settings(drain_timeout=0.5)) as base:
        connection = Duplex(base)
        connection.send_without_reading(MORE_THAN_KERNELS_HOLD)
        assert until(lambda: "bounces_stalled_clients_total 1.0" in httpx.get(f"{base}/metrics").text)
        connection.close()
