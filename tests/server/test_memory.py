"""Memory: what a worker needs, and what is said where there is too little."""

import resource
import subprocess
import sys
from pathlib import Path

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
