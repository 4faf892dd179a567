"""`bounces serve` in real processes: reloads, bad files, workers that die, and the end."""

import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.running import RULE, Running, make_few_rules, until

REPLY = "/v1/classify/reply"
RELOAD = "/v1/admin/reload"
TEXT = {"content-type": "text/plain"}
BATCH_HEAD = (
    b"POST /v1/classify/batch HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n"
)
ITEM = b'{"reply": "550 user unknown"}\n'
BAD = RULE.replace("550 user unknown", "550 something else")


def write(folder: Path, text: str) -> None:
    """Change the rules as an editor does: whole."""
    new = folder / ".new"
    new.write_text(text, encoding="utf-8")
    new.replace(folder / "generic.toml")


def changed(mark: str) -> str:
    return RULE + f"# {mark}\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return make_few_rules(tmp_path / "rules")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path]]:
    """A service of two workers that watches nothing, and its rules."""
    folder = make_few_rules(tmp_path_factory.mktemp("shared") / "rules")
    with Running(folder, workers="2", watch_rules="0") as service:
        yield service, folder
        write(folder, RULE)


def test_sighup_brings_the_rules_on_disk(shared: tuple[Running, Path]) -> None:
    service, folder = shared
    before, workers = service.digest(), set(service.workers())
    write(folder, changed("sighup"))
    assert service.digest() == before
    service.signal(signal.SIGHUP)
    assert until(lambda: not workers & set(service.workers()))
    assert service.digest() != before
    assert len(service.workers()) == 2


def test_a_reload_over_http_answers_when_every_worker_has_the_rules(shared: tuple[Running, Path]) -> None:
    service, folder = shared
    before = service.digest()
    write(folder, changed("http"))
    answer = service.http.post(RELOAD)
    assert (answer.status_code, answer.json()["result"]) == (200, "ok")
    assert answer.json()["rules_digest"] != before
    assert {service.digest() for _ in range(8)} == {answer.json()["rules_digest"]}
    assert service.http.post(RELOAD).json()["result"] == "unchanged"


def test_a_bad_file_changes_nothing_and_is_told_by_answer_readyz_metric_and_log(shared: tuple[Running, Path]) -> None:
    service, folder = shared
    write(folder, RULE)
    good = service.http.post(RELOAD).json()["rules_digest"]
    write(folder, BAD)
    answer = service.http.post(RELOAD)
    assert answer.status_code == 422
    place = answer.json()["errors"][0]["field"]
    assert re.fullmatch(r"rules/generic\.toml:\d+", place)
    ready = httpx.get(f"{service.url}/readyz")
    assert ready.status_code == 200
    assert (ready.json()["rules"], ready.json()["rules_fault"], ready.json()["rules_digest"]) == ("stale", place, good)
    metrics = httpx.get(f"{service.url}/metrics").text
    assert "bounces_rules_stale 1.0" in metrics
    assert 'bounces_rules_reloads_total{result="failed"} 1.0' in metrics
    assert until(lambda: service.logged(place))
    write(folder, RULE)
    assert service.http.post(RELOAD).json()["result"] == "unchanged"
    assert until(lambda: service.ready()["rules"] == "current")


def test_a_worker_killed_while_the_files_are_bad_comes_back_with_the_last_good_rules(shared: tuple[Running, Path]) -> None:
    service, folder = shared
    good = service.digest()
    write(folder, "this is no TOML")
    assert service.http.post(RELOAD).status_code == 422
    workers = service.workers()
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    assert until(lambda: len(set(service.workers()) - set(workers)) == 2)
    assert until(lambda: service.ready()["rules"] == "stale")
    assert service.digest() == good
    assert service.logged("ended with signal 9")
    write(folder, RULE)


def test_a_changed_file_is_noticed_by_itself_and_so_is_a_configmap_that_is_swapped(rules: Path, tmp_path: Path) -> None:
    local = tmp_path / "local"
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ours.toml").write_text(RULE.replace("generic.", f"{name}."), encoding="utf-8")
    local.mkdir()
    (local / "..data").symlink_to(tmp_path / "one")
    (local / "ours.toml").symlink_to("..data/ours.toml")
    with Running(rules, local_rules=str(local)) as service:
        first = service.digest()
        write(rules, changed("watched"))
        assert until(lambda: service.digest() != first), service.log
        second = service.digest()
        (local / "..new").symlink_to(tmp_path / "two")
        (local / "..new").replace(local / "..data")
        assert until(lambda: service.digest() != second)
        assert "two.user-unknown" in httpx.get(f"{service.url}/v1/rules").text


def test_under_load_no_request_is_lost_to_a_reload_and_each_is_answered_by_one_digest(shared: tuple[Running, Path]) -> None:
    service, folder = shared
    digests: set[str] = set()
    faults: list[object] = []
    enough = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=service.url, timeout=30) as http:
            while not enough.is_set():
                try:
                    answer = http.post("/v1/classify/batch", content=ITEM * 20, headers={"content-type": "application/x-ndjson"})
                    found = set(re.findall(r'"rules_digest":"([^"]+)"', answer.text))
                    if answer.status_code != 200 or len(found) != 1:
                        faults.append((answer.status_code, found))
                    digests.update(found)
                except httpx.HTTPError as error:
                    faults.append(error)

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    told = []
    for mark in ("a", "b"):
        write(folder, changed(mark))
        told.append(httpx.post(f"{service.url}{RELOAD}", timeout=30).json()["rules_digest"])
    enough.set()
    for client in clients:
        client.join()
    assert faults == []
    assert set(told) <= digests | {service.digest()}


def test_a_worker_killed_under_load_loses_only_what_it_had_in_hand(shared: tuple[Running, Path]) -> None:
    service, _ = shared
    lost: list[object] = []
    answered: list[int] = []
    enough = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=service.url, timeout=30) as http:
            while not enough.is_set():
                try:
                    answered.append(http.post(REPLY, content="550 user unknown", headers=TEXT).status_code)
                except httpx.HTTPError as error:
                    lost.append(error)

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    time.sleep(0.3)
    victim = service.workers()[0]
    os.kill(victim, signal.SIGKILL)
    assert until(lambda: victim not in service.workers() and len(service.workers()) == 2)
    so_far = len(answered)
    assert until(lambda: len(answered) > so_far + 20)
    enough.set()
    for client in clients:
        client.join()
    assert len(lost) <= len(clients)
    assert set(answered) == {200}


def test_a_worker_killed_before_the_service_ever_answered_is_replaced(rules: Path) -> None:
    service = Running(rules)
    assert until(lambda: bool(service.workers()))
    os.kill(service.workers()[0], signal.SIGKILL)
    with service:
        assert service.ready()["rules"] == "current"


def test_workers_killed_as_soon_as_they_start_are_replaced_after_pauses(rules: Path) -> None:
    with Running(rules) as service:
        killed: set[int] = set()
        for _ in range(4):
            assert until(lambda: bool(set(service.workers()) - killed))
            for new in set(service.workers()) - killed:
                os.kill(new, signal.SIGKILL)
                killed.add(new)
        assert until(lambda: bool(set(service.workers()) - killed))
        assert service.ready()["rules"] == "current"


def test_a_worker_killed_while_the_rules_are_reloaded_does_not_keep_them_back(rules: Path) -> None:
    with Running(rules, watch_rules="0") as service:
        before = service.workers()
        write(rules, changed("killed"))
        service.signal(signal.SIGHUP)
        assert until(lambda: bool(set(service.workers()) - set(before)))
        (new,) = set(service.workers()) - set(before)
        os.kill(new, signal.SIGKILL)
        assert until(lambda: not {*before, new} & set(service.workers()) and bool(service.workers()))
        assert until(lambda: service.logged("reloaded: 1 rules"))
        assert service.ready()["rules"] == "current"


def test_workers_outlive_their_template_and_are_replaced_from_another(rules: Path) -> None:
    with Running(rules) as service:
        (template,), (worker,) = service.templates(), service.workers()
        os.kill(template, signal.SIGKILL)
        assert until(lambda: service.templates() == [])
        assert service.http.post(REPLY, content="550 user unknown", headers=TEXT).status_code == 200
        os.kill(worker, signal.SIGKILL)
        assert until(lambda: len(service.workers()) == 1)
        assert service.templates() != [template]
        assert service.ready()["rules"] == "current"


def test_workers_of_one_template_make_different_request_ids(rules: Path) -> None:
    with Running(rules) as service:
        (worker,) = service.workers()
        before = httpx.get(f"{service.url}/livez").headers["x-request-id"]
        os.kill(worker, signal.SIGKILL)
        assert until(lambda: service.workers() not in ([], [worker]))
        after = httpx.get(f"{service.url}/livez").headers["x-request-id"]
        assert before.partition("-")[0] != after.partition("-")[0]


def test_sigterm_lets_what_is_under_way_end_and_says_so_at_readyz(rules: Path) -> None:
    with Running(rules) as service, service.connection() as batch, service.connection() as health:
        batch.sendall(BATCH_HEAD + chunk(ITEM))
        assert b'"verdict":"permanent"' in received(batch, b"permanent")
        health.sendall(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n")
        assert received(health, b"}").startswith(b"HTTP/1.1 200")
        service.signal(signal.SIGTERM)
        time.sleep(0.3)
        health.sendall(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n")
        told = received(health, b"}")
        assert told.startswith(b"HTTP/1.1 503")
        assert b"connection: close" in told.lower()
        time.sleep(1)
        batch.sendall(chunk(ITEM) + b"0\r\n\r\n")
        assert received(batch, b"0\r\n\r\n").count(b'"type":"classification"') == 1
        assert service.wait() == 0
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(service.address)


def test_what_has_not_ended_within_drain_seconds_is_cut_off(rules: Path) -> None:
    with Running(rules, drain_seconds="0.5") as service, service.connection() as batch:
        batch.sendall(BATCH_HEAD + chunk(ITEM))
        received(batch, b"permanent")
        service.signal(signal.SIGTERM)
        assert service.wait(8) == 0


def test_a_second_sigterm_stops_at_once(rules: Path) -> None:
    with Running(rules) as service, service.connection() as batch:
        batch.sendall(BATCH_HEAD + chunk(ITEM))
        received(batch, b"permanent")
        service.signal(signal.SIGTERM)
        assert until(lambda: service.logged("stopping"))
        service.signal(signal.SIGTERM)
        assert service.wait(5) == 1


def test_workers_end_when_their_parent_is_gone(rules: Path) -> None:
    with Running(rules) as service:
        workers, templates = service.workers(), service.templates()
        assert workers
        service.signal(signal.SIGKILL)
        service.wait()
        assert until(lambda: not any(Path(f"/proc/{process}/cmdline").exists() for process in (*workers, *templates)))


def received(connection: socket.socket, end: bytes) -> bytes:
    """What arrives up to `end`."""
    data = b""
    while end not in data and (piece := connection.recv(65_536)):
        data += piece
    return data
