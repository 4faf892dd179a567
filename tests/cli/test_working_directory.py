"""Whatever lies in the folder where the command is run, none of it is imported: not by the command, nor by any of its children."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.running import make_few_rules

BOUNCES = str(Path(sys.executable).parent / "bounces")
FOREIGN = ("app", "msgspec", "anyio", "pickle", "multiprocessing", "fastapi", "bounce_verdict")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with modules of somebody else's, each of which raises when it is imported."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in FOREIGN:
        (folder / f"{name}.py").write_text(f"raise SystemExit('imported {name}.py of the working directory')\n", encoding="utf-8")
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The test's own, without settings of ours or Python's."""
    rules = make_few_rules(tmp_path / "rules")
    ours = {name: text for name, text in os.environ.items() if not name.startswith(("BOUNCES_", "PYTHON"))}
    return ours | {"BOUNCES_RULES": str(rules)}


def test_the_service_answers_replies_and_large_messages_there(folder: Path, environment: dict[str, str]) -> None:
    large = b"Subject: hello\r\n\r\n" + b"word " * 100_000  # beyond BOUNCES_MAX_INLINE, so read in another process
    command = [BOUNCES, "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=folder) as process:  # noqa: S603
        assert process.stderr
        seen = []
        for line in process.stderr:
            seen.append(line)
            if (found := re.search(r"serving at (http://\S+)", line)) is not None:
                break
        else:
            pytest.fail("".join(seen))
        try:
            with httpx.Client(base_url=found[1], timeout=30) as http:
                reply = http.post("/v1/classify/reply", json={"reply": "550 5.1.1 user unknown"})
                report = http.post("/v1/classify/message", content=large, headers={"content-type": "message/rfc822"})
        finally:
            process.send_signal(signal.SIGTERM)
            rest = process.stderr.read()
    assert (reply.status_code, reply.json()["verdict"]) == (200, "permanent")
    assert (report.status_code, report.json()["kind"]) == (200, "not-a-report"), rest


def test_rules_are_checked_there(folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(  # noqa: S603
        [BOUNCES, "rules", "check"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_python_m_drops_the_working_directory_before_it_imports(folder: Path, environment: dict[str, str]) -> None:
    """But for bounce_verdict.py itself, which `-m` finds before any line of ours runs."""
    (folder / "bounce_verdict.py").unlink()
    command = [sys.executable, "-m", "bounce_verdict", "classify", "--reply", "550 5.1.1 user unknown"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, "")


def test_a_file_of_rules_is_checked_in_a_child_that_imports_nothing_there(folder: Path, environment: dict[str, str]) -> None:
    program = (
        "import sys; sys.path.pop(0)\n"
        "from pathlib import Path; from bounce_verdict.rulebook.sandbox import check_text\n"
        f"print(check_text('', None, Path({environment['BOUNCES_RULES']!r})).findings)"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
