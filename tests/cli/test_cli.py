"""The command `bounces`: answers on stdout, faults in one line on stderr with exit code 2."""

import io
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from bounce_verdict.cli import main
from tests.reports import report
from tests.running import make_few_rules

BOUNCE = report({"ana@example.org": "550 5.1.1 user unknown"})


class Done(NamedTuple):
    """What a run of the command left."""

    code: int | str | None
    out: str
    error: str


@pytest.fixture(scope="module")
def few_rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_few_rules(tmp_path_factory.mktemp("rules"))


@pytest.fixture
def bounces(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], few_rules: Path) -> "Bounces":
    monkeypatch.setenv("BOUNCES_RULES", str(few_rules))
    monkeypatch.setattr(logging.root, "handlers", logging.root.handlers[:])
    monkeypatch.setattr(logging.root, "level", logging.root.level)
    return Bounces(monkeypatch, capfd)


class Bounces:
    """Runs the command in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capfd = capfd

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Done:
        """Run it with `arguments`."""
        self._monkeypatch.setattr(sys, "argv", ["bounces", *arguments])
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            main()
        out, error = self._capfd.readouterr()
        return Done(ended.value.code, out, error)


def fault(done: Done) -> str:
    assert (done.code, done.out) == (2, "")
    assert done.error.startswith("bounces: ")
    assert done.error.count("\n") == 1
    return done.error


def test_a_reply_is_classified(bounces: Bounces) -> None:
    done = bounces("classify", "--reply", "550 5.1.1 user unknown", "--command", "rcpt to", "--recipient", "ana@example.org")
    assert (done.code, done.error) == (0, "")
    answer = json.loads(done.out)
    assert (answer["verdict"], answer["reply"]["command"], answer["recipient"]) == ("permanent", "RCPT", "ana@example.org")


def test_a_message_is_classified_from_a_file_or_stdin(bounces: Bounces, tmp_path: Path) -> None:
    file = tmp_path / "bounce.eml"
    file.write_text(BOUNCE, encoding="utf-8")
    answers = [
        bounces("classify", str(file)),
        bounces("classify", stdin=BOUNCE.encode()),
        bounces("classify", "-", stdin=BOUNCE.encode()),
    ]
    assert {done.out.replace(str(file), "-") for done in answers} == {answers[1].out}
    assert json.loads(answers[0].out)["recipient"] == "ana@example.org"


def test_a_missing_file_is_one_line(bounces: Bounces, tmp_path: Path) -> None:
    assert "no.eml cannot be read" in fault(bounces("classify", str(tmp_path / "no.eml"))).replace(": ", " ")


def test_an_empty_message_is_one_line(bounces: Bounces) -> None:
    assert "is empty" in fault(bounces("classify"))


def test_a_message_over_the_limit_is_a_problem_among_the_answers(bounces: Bounces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOUNCES_MAX_BODY", "10")
    done = bounces("classify", stdin=BOUNCE.encode())
    answer = json.loads(done.out)
    assert (done.code, answer["answer"], answer["status"], answer["limit"]) == (1, "problem", 413, "max_body 10")
    assert done.error == "bounces: 1 record could not be read; it is among the answers\n"


def test_an_unknown_command_is_one_line(bounces: Bounces) -> None:
    assert "command: " in fault(bounces("classify", "--reply", "550 no", "--command", "FROB"))


def test_a_bad_rules_file_is_one_line_with_its_place(bounces: Bounces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.toml").write_text('[[rule]]\nid = "local.x"\nverdict = "maybe"\n', encoding="utf-8")
    monkeypatch.setenv("BOUNCES_LOCAL_RULES", str(tmp_path))
    for arguments in (("classify", "--reply", "550 no"), ("serve", "--port", "0")):
        assert re.match(r"bounces: rules/local/mine\.toml:\d+: ", fault(bounces(*arguments)))


def test_a_folder_without_rules_is_one_line(bounces: Bounces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOUNCES_RULES", str(tmp_path))
    assert "holds no rules" in fault(bounces("serve", "--port", "0"))


def test_a_local_folder_that_is_missing_is_one_line(bounces: Bounces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOUNCES_LOCAL_RULES", "/no/such/rules")
    for arguments in (("classify", "--reply", "550 no"), ("serve", "--port", "0")):
        assert "/no/such/rules:0: no such folder" in fault(bounces(*arguments))


def test_a_wrong_setting_is_one_line(bounces: Bounces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOUNCES_PORT", "http")
    assert "BOUNCES_PORT: " in fault(bounces("serve"))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("BOUNCES_VERP_TEMPLATES", "bounces+{recipient}@lists.example"),
        ("BOUNCES_VERP_KEYS_FILE", "/no/such/file"),
        ("BOUNCES_BATV_KEYS_FILE", "/dev/null"),
    ],
)
def test_a_return_path_that_cannot_be_used_keeps_the_service_from_starting(
    bounces: Bounces, monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    monkeypatch.setenv(setting, value)
    assert f"{setting}: {value}" in fault(bounces("serve", "--port", "0"))


def test_a_port_in_use_is_one_line(bounces: Bounces) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"cannot listen on 127.0.0.1 port {port}" in fault(bounces("serve", "--port", port))


def test_the_contract_is_printed_as_it_is_kept(bounces: Bounces) -> None:
    kept = Path(__file__).parents[2] / "openapi" / "openapi.json"
    assert bounces("openapi").out == kept.read_text(encoding="utf-8")


def test_help_lists_the_commands(bounces: Bounces) -> None:
    out = bounces("--help").out
    assert all(name in out for name in ("serve", "classify", "rules", "explain", "openapi"))


def test_serve_says_the_url_answers_there_and_stops_when_told(few_rules: Path) -> None:
    command = [sys.executable, "-m", "bounce_verdict", "serve", "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "BOUNCES_RULES": str(few_rules)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:  # noqa: S603
        assert process.stderr
        found = re.search(r"serving at (http://127\.0\.0\.1:\d+)", process.stderr.readline())
        assert found
        assert httpx.get(f"{found[1]}/livez").status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
