"""What the README shows is run as it stands there: its shell lines and its three callers, against a real service."""

import re
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bounce_verdict import Classification
from tests.running import ROOT, Running

README = (ROOT / "README.md").read_text(encoding="utf-8")
DEFAULT = "http://127.0.0.1:8000"
SHELL = re.findall(r"^    ((?:curl|bounces) (?:.*\\\n)*.*)$", README, re.MULTILINE)
LIBRARY = re.findall(r"^```python\n(.+?)^```", README.partition("## Four callers")[0], re.MULTILINE | re.DOTALL)
CALLERS = re.findall(r"^```python\n(.+?)^```", README.partition("## Four callers")[2], re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with Running(ROOT / "rules", webhooks_unsigned="1") as service:
        yield service.url


@pytest.mark.parametrize("line", SHELL, ids=lambda line: line.split("  ")[0][:60])
def test_a_line_of_shell_does_what_it_is_shown_for(base: str, line: str) -> None:
    bounces = f"{sys.executable} -m bounce_verdict"
    command = re.sub(r"^bounces\b", bounces, line).replace(DEFAULT, base).replace("curl ", "curl --fail-with-body -s ", 1)
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603, S607
    assert done.returncode == 0, done.stdout + done.stderr
    assert "permanent" in done.stdout or "policy" in done.stdout
    assert '"type":"problem"' not in done.stdout


def test_the_library_does_what_it_is_shown_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "our-rules").mkdir()
    monkeypatch.chdir(tmp_path)

    class Refusing:
        def send_message(self, _: object) -> None:
            raise smtplib.SMTPRecipientsRefused({"ana@example.org": (550, b"5.1.1 user unknown")})

    raw = (ROOT / "examples" / "bounce.eml").read_bytes()
    names: dict[str, Any] = {"raw": raw, "smtp": Refusing(), "mail": None}
    (written,) = LIBRARY
    exec(compile(written, "README.md", "exec"), names)  # noqa: S102
    assert [one.verdict for one in names["report"].recipients] == ["permanent"]
    assert [one.recipient for one in names["answers"]] == ["ana@example.org"]


def run_callers(base: str, **theirs: Any) -> dict[str, Any]:
    """The three callers in one program, with what is the reader's own."""
    names: dict[str, Any] = dict(theirs)
    for written in CALLERS:
        exec(compile(written.replace(DEFAULT, base), "README.md", "exec"), names)  # noqa: S102
    return names


def test_the_three_callers_do_as_they_are_told(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert len(CALLERS) == 3
    stopped, scores, stored, seen = dict[str, str](), dict[str, float](), list[tuple[Any, Any]](), set[str]()
    problems: list[int] = []

    def seen_before(identity: str) -> bool:
        known = identity in seen
        seen.add(identity)
        return known

    callers = run_callers(
        base,
        seen=seen_before,
        unsubscribe=stopped.__setitem__,
        count=lambda _: None,
        sent=lambda match, recipient: (match.message_id, recipient) == ("<42.november@news.example>", "ana@example.org"),
        score=lambda recipient, weight, _: scores.__setitem__(recipient, weight),
        store=lambda identity, answer: stored.append((identity, answer)),
        complain=lambda index, _: problems.append(index),
    )
    with callers["service"]:
        body = (ROOT / "examples" / "sendgrid.json").read_bytes()
        assert callers["receive"]("sendgrid", body, {"content-type": "application/json"}) == 200
        assert callers["receive"]("pigeon", body, {}) == 404
        assert stopped == {"ana@example.org": "mailbox-unknown", "bob@example.org": "complaint"}
        raw = (ROOT / "examples" / "bounce.eml").read_bytes()
        callers["read"](raw, "bounces+42-ana=example.org@news.example")
        assert scores == {"ana@example.org": 1.0}
        callers["read"](raw.replace(b"<42.november@", b"<forged@"), "bounces+42-ana=example.org@news.example")
        assert scores == {"ana@example.org": 0.5}
        callers["read"](b"From: ana@example.org\nSubject: hello\n\nHow are you?\n", "bounces@news.example")
        assert scores == {"ana@example.org": 0.5}
        assert [identity for identity, _ in stored] == [1, 2, 3, 4, 5, 6]
        assert all(isinstance(answer, Classification) for _, answer in stored)
        assert problems == []
