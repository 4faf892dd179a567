"""Workers that die, hang or cannot start: each is replaced, and the service goes on."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.running import ROOT, Running, children, environment_of, make_few_rules, until, write_rules

REPLY = "/v1/classify/reply"
TEXT = {"content-type": "text/plain"}
MAIL = {"content-type": "message/rfc822"}


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_few_rules(tmp_path_factory.mktemp("rules"))


def customized(folder: Path, code: str) -> dict[str, str]:
    """The environment in which each Python process runs `code` when it starts."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(code, encoding="utf-8")
    return {"PYTHONPATH": str(folder)}


def test_a_killed_worker_is_replaced_within_two_seconds_though_its_child_lives(rules: Path) -> None:
    with Running(rules, max_inline="100") as service:
        service.http.post("/v1/classify/message", content=b"Subject: x\r\n\r\n" + b"x" * 1_000, headers=MAIL)
        (worker,) = service.workers()
        child = children(worker, "python")
        assert child
        os.kill(child[0], signal.SIGSTOP)
        began = time.monotonic()
        os.kill(worker, signal.SIGKILL)
        assert until(lambda: service.workers() not in ([], [worker]))
        assert httpx.get(f"{service.url}/readyz", timeout=10).status_code == 200
        took = time.monotonic() - began
        os.kill(child[0], signal.SIGKILL)
    assert took < max(2, 4 * time_to_load_a_worker())


def time_to_load_a_worker() -> float:
    """Seconds that a process takes for a worker's modules now: a third of a second where nothing else runs."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import bounce_verdict.server.worker"], check=True, cwd=ROOT)
    return time.monotonic() - began


def listening(pid: int, port: int) -> bool:
    """Whether the process holds a socket that listens at the port."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()[1:]]
    wanted = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A"}
    assert wanted
    held = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            held.add(str(descriptor.readlink()))
    return bool(held & wanted)


def test_a_worker_starts_its_child_ahead_of_the_first_large_body_and_keeps_the_socket_to_itself(rules: Path) -> None:
    with Running(rules) as service:
        (worker,) = service.workers()
        assert until(lambda: len(children(worker, "anyio")) == 1)
        (child,) = children(worker, "anyio")
        assert listening(worker, service.address[1])
        assert not listening(child, service.address[1])


def test_a_child_that_was_lost_is_started_again_ahead_of_the_next_body(rules: Path) -> None:
    with Running(rules, max_inline="100") as service:
        (worker,) = service.workers()
        assert until(lambda: len(children(worker, "anyio")) == 1)
        (child,) = children(worker, "anyio")
        os.kill(child, signal.SIGKILL)
        mail = b"Subject: x\r\n\r\n" + b"x" * 1_000
        told = {service.http.post("/v1/classify/message", content=mail, headers=MAIL).status_code for _ in range(2)}
        assert told <= {200, 500}
        assert until(lambda: children(worker, "anyio") not in ([], [child]))
        assert service.http.post("/v1/classify/message", content=mail, headers=MAIL).status_code == 200


def test_a_worker_killed_under_load_loses_only_what_it_had_in_hand(rules: Path) -> None:
    lost: list[object] = []
    answered: list[int] = []
    enough = threading.Event()
    with Running(rules, workers="2") as service:

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


def test_a_worker_whose_event_loop_hangs_and_one_that_is_stopped_are_replaced_within_15_seconds(
    rules: Path, tmp_path: Path
) -> None:
    hang = "import signal, time\nsignal.signal(signal.SIGUSR2, lambda *_: time.sleep(60))\n"
    with Running(rules, customized(tmp_path, hang), workers="2") as service:
        assert until(lambda: len(service.workers()) == 2)
        time.sleep(4)  # until both have started and answered a health check
        hung, stopped = service.workers()
        began = time.monotonic()
        os.kill(hung, signal.SIGUSR2)
        os.kill(stopped, signal.SIGSTOP)
        assert until(lambda: len(set(service.workers()) - {hung, stopped}) == 2, 25)
        assert time.monotonic() - began < 15
        assert service.logged(f"worker {hung} ended with a hung event loop at File")
        assert service.ready()["status"] == "ready"


def test_a_worker_killed_before_the_service_ever_answered_is_replaced(rules: Path) -> None:
    service = Running(rules)
    assert until(lambda: bool(service.workers()))
    os.kill(service.workers()[0], signal.SIGKILL)
    with service:
        assert service.ready()["rules"] == "current"


def test_one_worker_that_fails_when_it_starts_does_not_stop_the_service(rules: Path, tmp_path: Path) -> None:
    flag = tmp_path / "fail"
    flag.touch()
    fail = f"""import os, sys
if "--multiprocessing-fork" in sys.orig_argv:
    try:
        os.unlink({str(flag)!r})
    except FileNotFoundError:
        pass
    else:
        os._exit(3)  # uvicorn's code for a worker that cannot start
"""
    with Running(rules, customized(tmp_path / "site", fail), workers="2") as service:
        assert not flag.exists()
        assert until(lambda: len(service.workers()) == 2)
        assert service.logged("ended with exit code 3")


def test_where_no_worker_can_start_the_service_says_so_and_ends(rules: Path, tmp_path: Path) -> None:
    fail = 'import os, sys\nif "--multiprocessing-fork" in sys.orig_argv:\n    os._exit(3)\n'
    command = [sys.executable, "-m", "bounce_verdict", "serve", "--port", "0"]
    environment = environment_of(rules, {}, customized(tmp_path, fail))
    failed = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)  # noqa: S603
    assert failed.returncode == 2
    assert "no worker becomes ready" in failed.stderr


def test_workers_killed_as_soon_as_they_start_are_replaced_after_pauses(rules: Path) -> None:
    with Running(rules) as service:
        killed: set[int] = set()
        for _ in range(4):
            assert until(lambda: bool(set(service.workers()) - killed))
            for new in set(service.workers()) - killed:
                os.kill(new, signal.SIGKILL)
                killed.add(new)
        assert until(lambda: bool(set(service.workers()) - killed))
        assert service.logged("another takes its place in ")
        assert service.ready()["rules"] == "current"


def test_a_worker_killed_while_the_rules_are_reloaded_does_not_keep_them_back(tmp_path: Path) -> None:
    folder = make_few_rules(tmp_path / "rules")
    with Running(folder, watch_rules="0") as service:
        (worker,), before = service.workers(), service.digest()
        write_rules(folder, (folder / "generic.toml").read_text(encoding="utf-8") + "# killed\n")
        service.signal(signal.SIGHUP)
        os.kill(worker, signal.SIGKILL)
        assert until(lambda: service.logged("reloaded: 1 rules"))
        assert until(lambda: service.digest() != before)


def test_workers_make_different_request_ids(rules: Path) -> None:
    with Running(rules) as service:
        (worker,) = service.workers()
        before = httpx.get(f"{service.url}/livez").headers["x-request-id"]
        os.kill(worker, signal.SIGKILL)
        assert until(lambda: service.workers() not in ([], [worker]))
        after = httpx.get(f"{service.url}/livez").headers["x-request-id"]
        assert before.partition("-")[0] != after.partition("-")[0]


def test_every_process_ends_when_the_parent_is_gone(rules: Path) -> None:
    with Running(rules) as service:
        assert until(lambda: bool(children(service.pid, "bounce_verdict.snapshot.watch")))
        (worker,) = service.workers()
        assert until(lambda: bool(children(worker, "anyio")))
        processes = [*children(service.pid, "python"), *children(worker, "python")]
        assert len(processes) > 3
        service.signal(signal.SIGKILL)
        service.wait()
        assert until(lambda: not any(Path(f"/proc/{process}/cmdline").exists() for process in processes))


def test_a_watch_whose_service_was_gone_before_it_started_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bounce_verdict.snapshot.watch", "1", str(tmp_path)]  # this process is its parent, and not 1
    done = subprocess.run(command, capture_output=True, timeout=30, check=False, cwd=ROOT)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_parent_of_the_workers_holds_neither_engine_nor_web_framework(rules: Path) -> None:
    with Running(rules) as service:
        held = Path(f"/proc/{service.pid}/maps").read_text(encoding="utf-8")
        assert not [name for name in ("hyperscan", "_re2", "selectolax", "uvloop") if name in held]


def test_a_return_path_that_cannot_be_read_is_told_before_anything_starts(rules: Path) -> None:
    command = [sys.executable, "-m", "bounce_verdict", "serve", "--port", "0"]
    environment = environment_of(rules, {"verp_templates": "bounces"})
    failed = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)  # noqa: S603
    assert failed.returncode == 2
    assert "BOUNCES_VERP_TEMPLATES: bounces is no address" in failed.stderr


FAULT = """
import asyncio
from bounce_verdict.logs import finish_logging, start_logging
from bounce_verdict.server import worker

async def main():
    done = []
    async def fail_once():
        done.append(len(done))
        if len(done) == 1:
            raise LookupError("user@example.org")
    task = asyncio.create_task(worker.each_second(fail_once))
    while len(done) < 2:
        await asyncio.sleep(0.01)
    task.cancel()

start_logging("warning")
asyncio.run(main())
finish_logging()
"""


def test_a_fault_in_what_a_worker_does_each_second_is_logged_and_ends_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", FAULT], capture_output=True, text=True, timeout=60, check=True, cwd=ROOT)  # noqa: S603
    assert '"message":"a fault of the service"' in done.stderr
    assert "LookupError at " in done.stderr
    assert "example.org" not in done.stderr
