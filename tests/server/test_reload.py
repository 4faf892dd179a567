"""Rules while the service runs: bad ones never come into use, new ones come without losing a request."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.running import ROOT, RULE, Running, environment_of, make_few_rules, until, write_rules

REPLY = "/v1/classify/reply"
RELOAD = "/v1/admin/reload"
TEXT = {"content-type": "text/plain"}
ITEM = b'{"reply": "550 user unknown"}\n'
BAD = RULE.replace("550 user unknown", "550 something else")


def changed(mark: str) -> str:
    return RULE + f"# {mark}\n"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return make_few_rules(tmp_path / "rules")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path]]:
    """A service of two workers that watches nothing, and its rules."""
    folder = make_few_rules(tmp_path_factory.mktemp("shared") / "rules")
    with Running(folder, workers="2", watch_rules="0") as service:
        yield service, folder
        write_rules(folder, RULE)


def digests(service: Running) -> set[str]:
    """What the workers answer by, asked over several connections so that each is likely asked."""
    return {service.digest() for _ in range(12)}


def start_and_fail(rules: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bounce_verdict", "serve", "--port", "0"]
    return subprocess.run(  # noqa: S603
        command, env=environment_of(rules, settings), capture_output=True, text=True, timeout=60, check=False, cwd=ROOT
    )


def test_sighup_brings_the_rules_on_disk_into_every_worker_within_seconds_and_replaces_none(shared: tuple[Running, Path]) -> None:
    service, folder = shared
    before, workers = service.digest(), service.workers()
    write_rules(folder, changed("sighup"))
    service.signal(signal.SIGHUP)
    assert until(lambda: service.digest() != before)
    assert until(lambda: len(digests(service)) == 1, 3)
    assert service.digest() != before
    assert service.workers() == workers


def test_a_reload_over_http_answers_when_its_worker_has_the_rules_and_the_others_follow(shared: tuple[Running, Path]) -> None:
    service, folder = shared
    before = service.digest()
    write_rules(folder, changed("http"))
    answer = service.http.post(RELOAD)
    assert (answer.status_code, answer.json()["result"]) == (200, "ok")
    assert answer.json()["rules_digest"] == service.http.get("/readyz").json()["rules_digest"] != before
    assert until(lambda: digests(service) == {answer.json()["rules_digest"]}, 3)
    assert service.http.post(RELOAD).json()["result"] == "unchanged"


def test_reloads_asked_for_at_once_are_all_answered(shared: tuple[Running, Path]) -> None:
    service, _ = shared
    results: list[int] = []

    def ask() -> None:
        results.append(httpx.post(f"{service.url}{RELOAD}", timeout=30).status_code)

    askers = [threading.Thread(target=ask) for _ in range(5)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert results == [200] * 5


def test_a_bad_file_changes_nothing_and_is_told_by_answer_readyz_metric_and_log(shared: tuple[Running, Path]) -> None:
    service, folder = shared
    write_rules(folder, RULE)
    good = service.http.post(RELOAD).json()["rules_digest"]
    write_rules(folder, BAD)
    answer = service.http.post(RELOAD)
    assert answer.status_code == 422
    place = answer.json()["errors"][0]["field"]
    assert re.fullmatch(r"rules/generic\.toml:\d+", place)
    ready = service.http.get("/readyz")
    assert ready.status_code == 200
    assert (ready.json()["rules"], ready.json()["rules_fault"], ready.json()["rules_digest"]) == ("stale", place, good)
    assert until(lambda: 'bounces_rules_reloads_total{result="failed"} 1.0' in httpx.get(f"{service.url}/metrics").text)
    assert until(lambda: "bounces_rules_stale 1.0" in httpx.get(f"{service.url}/metrics").text)
    assert until(lambda: service.logged(place))
    write_rules(folder, RULE)
    assert service.http.post(RELOAD).json()["result"] == "unchanged"
    assert until(lambda: {service.ready()["rules"] for _ in range(8)} == {"current"})


def test_a_worker_killed_while_the_files_are_bad_comes_back_with_the_last_good_rules(shared: tuple[Running, Path]) -> None:
    service, folder = shared
    good = service.digest()
    write_rules(folder, "this is no TOML")
    assert httpx.post(f"{service.url}{RELOAD}", timeout=30).status_code == 422
    workers = service.workers()
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    assert until(lambda: len(set(service.workers()) - set(workers)) == 2)
    assert service.ready()["rules"] == "stale"
    assert service.digest() == good
    assert service.logged("ended with signal 9")
    write_rules(folder, RULE)


def test_under_load_no_request_is_lost_to_a_reload_and_each_is_answered_by_one_digest(shared: tuple[Running, Path]) -> None:
    service, folder = shared
    seen: set[str] = set()
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
                    seen.update(found)
                except httpx.HTTPError as error:
                    faults.append(error)

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    loaded = []
    for mark in ("a", "b"):
        write_rules(folder, changed(mark))
        loaded.append(httpx.post(f"{service.url}{RELOAD}", timeout=30).json()["rules_digest"])
    time.sleep(1.5)
    enough.set()
    for client in clients:
        client.join()
    assert faults == []
    assert set(loaded) <= seen


def test_a_changed_file_is_noticed_by_itself_and_so_is_a_configmap_that_is_swapped(rules: Path, tmp_path: Path) -> None:
    local = tmp_path / "local"
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ours.toml").write_text(RULE.replace("generic.", f"{name}."), encoding="utf-8")
    local.mkdir()
    (local / "..data").symlink_to(tmp_path / "one")
    (local / "ours.toml").symlink_to("..data/ours.toml")
    with Running(rules, local_rules=str(local)) as service:
        assert service.logged(f"(1 in {rules}, 1 in {local})")
        first = service.digest()
        time.sleep(1.5)  # until the watch has begun
        write_rules(rules, changed("watched"))
        assert until(lambda: service.digest() != first), service.log
        second = service.digest()
        (local / "..new").symlink_to(tmp_path / "two")
        (local / "..new").replace(local / "..data")
        assert until(lambda: service.digest() != second)
        assert "two.user-unknown" in httpx.get(f"{service.url}/v1/rules").text


def test_a_fifo_among_the_rules_is_told_by_its_name(rules: Path, tmp_path: Path) -> None:
    local = tmp_path / "local"
    local.mkdir()
    with Running(rules, local_rules=str(local)) as service:
        time.sleep(1.5)  # until the watch has begun
        os.mkfifo(local / "ours.toml")
        assert until(lambda: service.ready()["rules_fault"] == "rules/local/ours.toml:0", 30)
        assert until(lambda: service.logged("rules/local/ours.toml:0: "))


def test_a_check_that_hangs_holds_up_neither_a_new_worker_nor_the_end(rules: Path) -> None:
    with Running(rules, watch_rules="0") as service:
        service.signal(signal.SIGHUP)
        assert until(lambda: checks(service) != [])
        os.kill(int(checks(service)[0]), signal.SIGSTOP)
        (worker,), began = service.workers(), time.monotonic()
        os.kill(worker, signal.SIGKILL)
        assert until(lambda: service.workers() not in ([], [worker]))
        assert time.monotonic() - began < 2
        assert service.ready()["rules"] == "current"
        service.signal(signal.SIGTERM)
        assert service.wait(5) == 0


def checks(service: Running) -> list[str]:
    """The checks of rules under way."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"bounce_verdict.snapshot.make" in (folder / "cmdline").read_bytes() and parent_of(folder) == service.pid:
                found.append(folder.name)
        except OSError:
            continue
    return found


def parent_of(process: Path) -> int:
    return int((process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])


def test_bad_files_do_not_start_the_service_even_where_a_snapshot_of_good_ones_is_kept(rules: Path, tmp_path: Path) -> None:
    with Running(rules, state_dir=str(tmp_path)) as service:
        assert service.ready()["rules"] == "current"
    assert list(tmp_path.glob("bounces-*/*.snapshot"))
    write_rules(rules, BAD)
    failed = start_and_fail(rules, state_dir=str(tmp_path))
    assert failed.returncode == 2
    assert "rules/generic.toml:7" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_the_start_tells_the_folders_of_rules_and_how_many_each_holds(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(
        RULE.replace("generic.user-unknown", "local.ours").replace("user unknown", "no such user")
    )
    with Running(rules, local_rules=str(tmp_path)) as service:
        assert service.logged(f"with 2 rules (1 in {rules}, 1 in {tmp_path})")
        folders = {(one["path"], one["rules"]) for one in service.ready()["rule_folders"]}
        assert folders == {(str(rules), 1), (str(tmp_path), 1)}


def test_a_named_local_folder_that_is_missing_does_not_start_the_service(rules: Path, tmp_path: Path) -> None:
    failed = start_and_fail(rules, local_rules=str(tmp_path / "typo"))
    assert failed.returncode == 2
    assert str(tmp_path / "typo") in failed.stderr


def test_a_worker_whose_snapshot_is_torn_asks_for_another(rules: Path, tmp_path: Path) -> None:
    with Running(rules, state_dir=str(tmp_path), watch_rules="0") as service:
        for snapshot in tmp_path.glob("bounces-*/**/*.snapshot"):
            snapshot.write_bytes(b"torn")
        (worker,) = service.workers()
        os.kill(worker, signal.SIGKILL)
        assert until(lambda: service.workers() not in ([], [worker]))
        answer = service.http.post(REPLY, content="550 user unknown", headers=TEXT).json()
        assert answer.get("verdict") == "permanent", answer
