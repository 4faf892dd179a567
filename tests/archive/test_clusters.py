"""Runs on real clusters: one of this machine's processors, and one whose scheduler and workers are processes of their own."""

import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.archive.shards import (
    LETTER,
    REPORT,
    classifier,
    expected,
    rows_of,
    told,
    write_csv,
    write_mbox,
    write_ndjson,
    write_parquet,
)
from tests.running import environment_of, until

BIN = Path(sys.executable).parent
TEXTS = ["550 5.1.1 <{}>: user unknown", "452 4.2.2 <{}> mailbox full", "554 5.7.1 {} refused", "421 4.3.2 try again later"]
SHARDS, ROWS = 4, 2_500  # of each kind


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance, folder = random.Random(5321), tmp_path_factory.mktemp("archive") / "src"  # noqa: S311
    for shard in range(SHARDS):
        rows = [{"id": at, "reply": chance.choice(TEXTS).format(f"u{at}@example.org"), "command": "RCPT"} for at in range(ROWS)]
        write_parquet(folder / f"{shard}.parquet", rows)
        write_ndjson(folder / f"{shard}.ndjson", rows)
        write_csv(folder / f"{shard}.csv", rows)
    write_mbox(folder / "mails.mbox", [REPORT, LETTER] * 50)
    return folder


def command(source: Path, target: Path, *options: str) -> list[str]:
    return [str(BIN / "bounces"), "archive", str(source), str(target), *options]


def run(rules: Path, source: Path, target: Path, *options: str) -> tuple[int, str]:
    """The exit code, and what stands on stderr."""
    asked, environment = command(source, target, *options), environment_of(rules, {})
    done = subprocess.run(asked, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.stdout == ""
    return done.returncode, done.stderr


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def outputs(folder: Path) -> int:
    return len([path for path in folder.rglob("*") if path.name[0] != "." and path.suffix != ".json"])


@pytest.fixture(scope="module")
def whole(rules: Path, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run makes that nobody disturbs."""
    target = tmp_path_factory.mktemp("archive") / "whole"
    code, said = run(rules, source, target, "--jobs", "2")
    assert code == 0, said
    assert re.search(r"13 shards judged, 0 done before, 0 failed; 30,100 rows read, 30,150 written, 0 of them", said), said
    return target


def test_a_run_answers_as_the_classifier_does_row_by_row(rules: Path, whole: Path) -> None:
    classify = classifier(rules)
    for name in ("0.parquet", "1.ndjson", "2.csv"):
        rows = rows_of(whole / name)
        assert len(rows) == ROWS
        for row in rows:
            assert told(row) == expected(classify.reply(row["reply"], command="RCPT"))
    one, other = classifier(rules).message(REPORT + b"\n").recipients
    mails = rows_of(whole / "mails.mbox.parquet")
    assert [told(row) for row in mails if row["kind"] == "bounce"] == [expected(one), expected(other)] * 50


def test_a_run_killed_in_the_middle_and_started_again_ends_with_the_same_bytes(
    rules: Path, source: Path, whole: Path, tmp_path: Path
) -> None:
    target = tmp_path / "dst"
    asked, environment = (
        command(source, target, "--jobs", "1"),
        environment_of(rules, {}, {"DASK_TEMPORARY_DIRECTORY": str(tmp_path)}),
    )
    killed = subprocess.Popen(asked, env=environment, stderr=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
    try:
        assert until(lambda: outputs(target) > 2, 240)
    finally:
        os.killpg(killed.pid, signal.SIGKILL)  # the scheduler and the worker too
        killed.wait()
    left = outputs(target)
    assert left < SHARDS * 3 + 1
    code, said = run(rules, source, target, "--jobs", "2")
    assert code == 0, said
    done = re.search(r"shards? judged, (\d+) done before", said)
    assert done is not None
    assert left - 1 <= int(done[1]) <= left  # of one what stands beside it may not have been finished
    assert bytes_of(target) == bytes_of(whole)


Started = tuple[str, list[subprocess.Popen[bytes]]]


@pytest.fixture(scope="module")
def cluster(rules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """A scheduler's address, and its two workers."""
    folder = tmp_path_factory.mktemp("cluster")
    settings = {"SCHEDULER__HTTP__ROUTES": "[]", "WORKER__HTTP__ROUTES": "[]"}
    quiet = {f"DASK_DISTRIBUTED__{name}": text for name, text in settings.items()} | {"DASK_TEMPORARY_DIRECTORY": str(folder)}
    environment, log, here = environment_of(rules, {}, quiet), folder / "scheduler.log", ["--host", "127.0.0.1", "--no-dashboard"]
    started = []
    try:
        with log.open("wb") as lines:
            scheduler = [str(BIN / "dask"), "scheduler", *here, "--port", "0", "--dashboard-address", "127.0.0.1:0"]
            started.append(subprocess.Popen(scheduler, stderr=lines, env=environment))  # noqa: S603
        assert until(lambda: b"Scheduler at:" in log.read_bytes(), 120), log.read_text(encoding="utf-8")
        (address,) = re.findall(r"Scheduler at:\s+(tcp://\S+)", log.read_text(encoding="utf-8"))
        worker = [str(BIN / "dask"), "worker", address, *here, "--nthreads", "1", "--no-nanny"]
        started += [subprocess.Popen(worker, stderr=subprocess.DEVNULL, env=environment) for _ in range(2)]  # noqa: S603
        yield address, started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def test_a_cluster_with_other_rules_is_refused_before_anything_is_judged(
    other_rules: Path, source: Path, cluster: Started, tmp_path: Path
) -> None:
    code, said = run(other_rules, source, tmp_path / "dst", "--scheduler", cluster[0])
    assert code == 2
    assert re.fullmatch(
        r"bounces: --scheduler: worker tcp://\S+: rules:0: a worker has sha256:\S+ in \S+, the run was started with sha256:\S+: "
        r"give every machine the same rules\n",
        said,
    ), said
    assert not (tmp_path / "dst").exists()


def test_a_cluster_that_loses_a_worker_ends_with_the_same_bytes(
    rules: Path, source: Path, whole: Path, cluster: Started, tmp_path: Path
) -> None:
    target, (address, workers) = tmp_path / "dst", cluster
    asked, environment = command(source, target, "--scheduler", address), environment_of(rules, {})
    running = subprocess.Popen(asked, env=environment, stderr=subprocess.PIPE)  # noqa: S603
    try:
        assert until(lambda: target.exists() or running.poll() is not None, 240)
        workers[0].kill()
        _, said = running.communicate(timeout=240)
    finally:
        running.kill()
        running.wait()
    assert running.returncode == 0, said
    assert bytes_of(target) == bytes_of(whole)


def test_where_there_is_nothing_to_judge_no_cluster_is_started(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "notes").write_text("hello", encoding="utf-8")
    code, said = run(rules, tmp_path / "src", tmp_path / "dst")
    assert code == 2
    assert said.splitlines()[-1] == "bounces: there is nothing to judge"


def test_options_that_cannot_be_used_are_told_in_one_line(rules: Path, source: Path, tmp_path: Path) -> None:
    for options, why in (
        (["--format", "xml"], "--format: must be one of parquet, ndjson, csv, mbox"),
        (["--column", "reply=a", "--column", "reply=b"], "--column: says twice where reply stands"),
    ):
        code, said = run(rules, source, tmp_path / "dst", *options)
        assert (code, said.count("\n")) == (2, 1), said
        assert why in said
