"""What the service writes: read only where it is ours alone, cleared when its owner is gone, and done without where it must be."""

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from bounce_verdict.errors import SettingsError
from bounce_verdict.private_files import NotPrivateError, private_folder, read_private, write_private
from bounce_verdict.server.state_folder import state_folder
from tests.running import ROOT, RULE, Running, environment_of, make_few_rules, until, write_rules

TEXT = {"content-type": "text/plain"}
STRANGER = 12_345  # a user id
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_few_rules(tmp_path_factory.mktemp("rules"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return private_folder(tmp_path)


def ask(service: Running) -> int:
    """The status of a new connection's reply."""
    return httpx.post(f"{service.url}/v1/classify/reply", content="550 user unknown", headers=TEXT, timeout=10).status_code


def counted(service: Running) -> float:
    """How many replies were answered, as /metrics says."""
    name = 'bounces_http_requests_total{method="POST",route="/v1/classify/reply",status="200"} '
    page = httpx.get(f"{service.url}/metrics", timeout=10).text
    return next((float(line.removeprefix(name)) for line in page.splitlines() if line.startswith(name)), 0.0)


def test_a_private_file_is_written_whole_and_read_again(folder: Path) -> None:
    write_private(folder / "x", b"one")
    write_private(folder / "x", b"two", durable=True)
    assert read_private(folder / "x") == b"two"
    assert (folder.stat().st_mode & 0o777, (folder / "x").stat().st_mode & 0o777) == (0o700, 0o600)
    assert [file.name for file in folder.iterdir()] == ["x"]


def open_folder(folder: Path) -> None:
    folder.chmod(0o755)


def open_file(folder: Path) -> None:
    (folder / "x").chmod(0o622)


def linked_folder(folder: Path) -> None:
    folder.rename(folder.parent / "elsewhere")
    folder.symlink_to(folder.parent / "elsewhere")


def fifo(folder: Path) -> None:
    (folder / "x").unlink()
    os.mkfifo(folder / "x", 0o600)


def strangers_folder(folder: Path) -> None:
    os.chown(folder, STRANGER, STRANGER)


def strangers_file(folder: Path) -> None:
    os.chown(folder / "x", STRANGER, STRANGER)


@pytest.mark.parametrize(
    "change",
    [
        open_folder,
        open_file,
        linked_folder,
        fifo,
        pytest.param(strangers_folder, marks=as_root),
        pytest.param(strangers_file, marks=as_root),
    ],
)
def test_a_file_that_others_may_have_written_is_not_read(folder: Path, change: Callable[[Path], None]) -> None:
    write_private(folder / "x", b"one")
    change(folder)
    with pytest.raises(NotPrivateError):
        read_private(folder / "x")


def test_a_linked_file_is_not_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "y").write_bytes(b"two")
    (folder / "x").symlink_to(tmp_path / "y")
    with pytest.raises(OSError, match="symbolic links"):
        read_private(folder / "x")


@as_root
def test_a_snapshot_that_another_user_put_in_the_folders_place_is_not_taken_into_use(rules: Path, tmp_path: Path) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    with Running(rules, state_dir=str(open_to_all), watch_rules="0") as service:
        (ours,) = open_to_all.iterdir()
        good = service.digest()
        ours.rename(open_to_all / "moved")
        shutil.copytree(open_to_all / "moved", ours)
        for path in (ours, *ours.rglob("*")):
            os.chown(path, STRANGER, STRANGER)
        for snapshot in (open_to_all / "moved").rglob("*.snapshot"):
            snapshot.unlink()
        (worker,) = service.workers()
        os.kill(worker, signal.SIGKILL)
        assert until(lambda: service.logged("is not ours alone"))
        shutil.rmtree(ours)
        (open_to_all / "moved").rename(ours)
        assert until(lambda: service.workers() not in ([], [worker]) and ask(service) == 200, 40)
        assert service.digest() == good


def test_a_state_folder_that_is_not_ours_alone_is_one_line(tmp_path: Path) -> None:
    with state_folder(tmp_path) as made:
        assert made.cache.parent == tmp_path
        assert made.run.stat().st_mode & 0o777 == 0o700
    assert not made.run.exists()
    made.cache.chmod(0o755)
    with pytest.raises(SettingsError, match=r"BOUNCES_STATE_DIR: .* is not ours alone"), state_folder(tmp_path):
        pass


def test_without_a_folder_snapshots_are_kept_in_the_users_cache_and_the_rest_is_temporary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with state_folder(None) as made:
        assert made.cache == tmp_path / "bounce-verdict" / f"bounces-{os.geteuid()}"
        assert not made.run.is_relative_to(tmp_path)
    assert made.cache.is_dir()


def test_without_a_home_all_of_it_is_temporary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/nonexistent")
    with state_folder(None) as made:
        assert made.cache == made.run


def test_a_second_service_needs_not_compile_what_the_first_did(
    rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with Running(rules) as first:
        digest = first.digest()
    (kept,) = tmp_path.rglob("*.snapshot")
    written = kept.stat().st_ino
    with Running(rules) as second:
        assert second.digest() == digest
    assert kept.stat().st_ino == written


def test_a_state_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"BOUNCES_STATE_DIR: .* cannot be written"), state_folder(tmp_path / "file"):
        pass


def test_without_any_folder_for_temporary_files_the_service_says_so_in_one_line(rules: Path) -> None:
    command = [sys.executable, "-m", "bounce_verdict", "serve", "--port", "0"]
    failed = subprocess.run(  # noqa: S603
        command,
        env=environment_of(rules, {}),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),  # no file can be written
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
    )
    assert (failed.returncode, failed.stderr.count("\n")) == (2, 1)
    assert "BOUNCES_STATE_DIR: there is no folder for temporary files" in failed.stderr


@pytest.mark.parametrize(("settings", "pattern"), [({"state_dir": "{}"}, "bounces-*/run-*"), ({}, "bounces-*")])
def test_a_new_start_clears_what_a_service_left_that_was_killed_and_nothing_of_one_that_lives(
    rules: Path, tmp_path: Path, settings: dict[str, str], pattern: str
) -> None:
    where = {name: text.format(tmp_path) for name, text in settings.items()}
    variables = {"TMPDIR": str(tmp_path)}
    with Running(rules, variables, **where) as killed:
        (left,) = tmp_path.glob(pattern)
        killed.signal(signal.SIGKILL)
        killed.wait()
    assert left.exists()
    with Running(rules, variables, **where) as first:
        assert not left.exists()
        (own,) = tmp_path.glob(pattern)
        with Running(rules, variables, **where):
            assert own.exists()
        assert ask(first) == 200
    assert list(tmp_path.glob(pattern)) == []


def test_a_removed_folder_is_made_again_counts_go_on_and_reloads_work(tmp_path: Path) -> None:
    folder = make_few_rules(tmp_path / "rules")
    with Running(folder, {"TMPDIR": str(tmp_path)}, watch_rules="0") as service:
        assert ask(service) == 200
        assert until(lambda: counted(service) == 1)
        (run,) = tmp_path.glob("bounces-*")
        shutil.rmtree(run)
        assert ask(service) == 200
        assert until(lambda: counted(service) == 2)
        assert until(run.exists)
        write_rules(folder, RULE + "# changed\n")
        before = service.digest()
        assert service.http.post("/v1/admin/reload").json()["result"] == "ok"
        assert service.digest() != before
        (worker,) = service.workers()
        os.kill(worker, signal.SIGKILL)
        assert until(lambda: service.workers() not in ([], [worker]))
        assert ask(service) == 200


@pytest.fixture
def small_disk(tmp_path: Path) -> tuple[Path, list[str]]:
    """A folder on a file system of 4 MB, and the command within which a service sees it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["unshare", "--user", "--map-root-user", "--mount"]
    mount = f"mount -t tmpfs -o size=4m none {disk}"
    if subprocess.run([*command, "sh", "-c", mount], capture_output=True, check=False).returncode != 0:  # noqa: S603
        pytest.skip("no file system can be mounted here")
    return disk, [*command, "sh", "-c", f'{mount} && exec "$@"', "sh"]


def test_a_full_disk_kills_no_worker_and_is_told_by_log_and_readyz(rules: Path, small_disk: tuple[Path, list[str]]) -> None:
    disk, within = small_disk
    with Running(rules, {}, within, state_dir=str(disk), workers="2") as service:
        workers, seen = service.workers(), Path(f"/proc/{service.pid}/root{disk}")
        assert ask(service) == 200
        filler = seen / "filler"
        with pytest.raises(OSError, match="No space left"):
            filler.write_bytes(b"x" * 5_000_000)
        for _ in range(40):
            assert ask(service) == 200
        assert until(lambda: "cannot be written" in (service.ready().get("storage_fault") or ""))
        assert service.logged("counts are kept in memory")
        assert service.workers() == workers
        os.kill(workers[0], signal.SIGKILL)
        assert until(lambda: len(service.workers()) == 2 and workers[0] not in service.workers())
        for _ in range(10):
            assert ask(service) == 200
        filler.unlink()
        assert until(lambda: service.logged("the state folder can be written again"))


def test_a_pipe_at_stderr_that_nobody_reads_holds_up_no_answer(rules: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "bounce_verdict", "serve", "--port", port]
    with subprocess.Popen(command, stderr=writing, env=environment_of(rules, {}), cwd=ROOT) as process:  # noqa: S603
        os.close(writing)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as http:

                def answers() -> bool:
                    try:
                        return http.get("/livez").status_code == 200
                    except httpx.ConnectError:
                        return False

                assert until(answers, 60)
                for _ in range(8_000):  # some 1.6 MB of lines, where a pipe and what waits for it hold 1.1
                    http.get("/livez")
                assert until(lambda: dropped(http) > 0)
        finally:
            began = time.monotonic()
            process.terminate()
            process.wait(20)
        assert time.monotonic() - began < 10
    os.close(reading)


def dropped(http: httpx.Client) -> float:
    """The lines of the log that were dropped."""
    name = "bounces_log_lines_dropped_total "
    return next(float(line.removeprefix(name)) for line in http.get("/metrics").text.splitlines() if line.startswith(name))
