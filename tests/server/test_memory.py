"""Memory: what a worker needs, and what is said where there is too little."""

import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from bounce_verdict.pipeline import Pipeline
from bounce_verdict.private_files import write_private
from bounce_verdict.snapshot.file import pack
from tests.running import ROOT, Running, children, memory_mb

MAIL = {"content-type": "message/rfc822"}


def test_a_worker_needs_at_most_130_mb_and_200_with_its_child() -> None:
    with Running(ROOT / "rules", watch_rules="0") as service:
        service.http.post("/v1/classify/message", content=b"Subject: x\r\n\r\n" + b"x" * 400_000, headers=MAIL)
        (worker,) = service.workers()
        child = sum(memory_mb(pid) for pid in children(worker, "anyio"))
        assert child > 0
        assert memory_mb(worker) < 130
        assert memory_mb(worker) + child < 200


def test_a_worker_that_has_asked_every_rule_needs_at_most_30_mb_more(classifier: Pipeline) -> None:
    replies = [{"reply": hit if isinstance(hit, str) else hit.reply} for rule in classifier.book.rules for hit in rule.hits]
    with Running(ROOT / "rules", watch_rules="0", workers="1") as service:
        (worker,) = service.workers()
        fresh = memory_mb(worker)
        service.http.post("/v1/classify/batch", json=replies).raise_for_status()
        assert memory_mb(worker) - fresh < 30


def test_a_service_with_limited_memory_still_checks_rules() -> None:
    with Running(ROOT / "rules", watch_rules="0") as service:
        (worker,) = service.workers()
        held = int(Path(f"/proc/{worker}/statm").read_text(encoding="utf-8").split()[0]) * resource.getpagesize()
        resource.prlimit(worker, resource.RLIMIT_AS, (held + 50_000_000, held + 50_000_000))
        assert service.http.post("/v1/rules/check", json={"file": ""}).json()["findings"] == []


CHECK = """
import resource, sys
from pathlib import Path
from bounce_verdict.rulebook.sandbox import check_text
limit = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + 4_000_000
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
print(check_text("", None, Path(sys.argv[1])).findings[0].message)
"""


def test_a_check_that_has_too_little_memory_blames_the_limit_and_not_a_pattern() -> None:
    command = [sys.executable, "-c", CHECK, str(ROOT / "rules")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603
    assert done.stdout.startswith("a check may need 1536 MB of memory, and this service is limited to ")


SWAPS = """
import asyncio, os, sys
from pathlib import Path
from bounce_verdict.metrics import Metrics
from bounce_verdict.server.worker import Worker, _load
from bounce_verdict.settings import Settings
from bounce_verdict.snapshot.status import RulesStatus, write_status
from bounce_verdict.web.service import Service

async def main():
    run, digests = Path(sys.argv[1]), sys.argv[2:]
    paths = [run / f"{digest}.snapshot" for digest in digests]
    worker = Worker(Service(Settings(), _load(paths[0], Settings()), Metrics(run), paths[0]), run, os.getppid())
    for number in range(50):
        which = (number + 1) % 2
        write_status(run, RulesStatus(number, "ok", paths[which].name, digests[which]))
        await worker._look()
        assert worker.service.pipeline.book.digest == digests[which]
        status = Path("/proc/self/status").read_text()
        print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))

asyncio.run(main())
"""


def test_fifty_swaps_leave_a_worker_no_larger_than_ten_did(classifier: Pipeline, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    compiled, digests = classifier.matcher.dump(), []
    for mark in ("one", "two"):
        book = replace(classifier.book, digest=mark)
        write_private(tmp_path / f"{mark}.snapshot", pack([], book, compiled))
        digests.append(mark)
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", SWAPS, str(tmp_path), *digests], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    sizes = [int(line) / 1024 for line in done.stdout.split()]
    assert sizes[-1] - sizes[9] < 15, sizes
