"""`bounces settings` and `bounces key new`."""

import subprocess
import sys
from pathlib import Path

import pytest

from bounce_verdict.cli import main
from bounce_verdict.keys import open_keyring, read_keys
from bounce_verdict.settings import Settings
from tests.running import make_few_rules


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int | str | None, str, str]:
    monkeypatch.setattr(sys, "argv", ["bounces", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    out, error = capsys.readouterr()
    return ended.value.code, out, error


def test_settings_are_listed_with_their_source_and_no_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BOUNCES_KEYS", f"crm:classify:{'0' * 64}")
    code, out, _ = run(monkeypatch, capsys, "settings", "--port", "9000")
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines()}
    assert code == 0
    assert rows["BOUNCES_PORT"] == ["9000", "flag"]
    assert rows["BOUNCES_KEYS"] == ["(hidden)", "environment"]
    assert rows["BOUNCES_MAX_BODY"] == ["10485760", "default"]
    assert "0" * 64 not in out


def test_settings_end_with_the_folders_that_rules_are_read_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rules = make_few_rules(tmp_path / "rules")
    (tmp_path / "mine").mkdir()
    monkeypatch.setenv("BOUNCES_RULES", str(rules))
    monkeypatch.setenv("BOUNCES_LOCAL_RULES", str(tmp_path / "mine"))
    _, out, _ = run(monkeypatch, capsys, "settings")
    assert out.splitlines()[-2:] == [f"1 rules from {rules}", f"0 local rules from {tmp_path}/mine"]


def test_settings_that_name_a_missing_local_folder_are_one_line_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BOUNCES_LOCAL_RULES", "/no/such/rules")
    code, _, error = run(monkeypatch, capsys, "settings")
    assert (code, error.count("\n")) == (2, 1)
    assert error.startswith("bounces: /no/such/rules:0: no such folder")


def test_a_new_key_is_a_secret_on_stdout_and_the_line_to_store_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, error = run(monkeypatch, capsys, "key", "new", "crm", "--scope", "classify", "--scope", "admin")
    (line,) = error.splitlines()
    (key,) = read_keys([("stderr", line)])
    assert code == 0
    assert out.startswith("bounces_")
    assert out.strip() not in error
    assert key.name == "crm"
    assert key.scopes == {"classify", "admin"}


def test_what_key_new_writes_to_stderr_is_a_file_that_the_service_takes(tmp_path: Path) -> None:
    keys = tmp_path / "line"
    command = [sys.executable, "-m", "bounce_verdict", "key", "new", "crm", "--scope", "classify"]
    with keys.open("wb") as stderr:
        secret = subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, check=True, text=True).stdout.strip()  # noqa: S603
    keyring = open_keyring(Settings(host="0.0.0.0", keys_file=keys))  # noqa: S104  # it is not bound
    assert keyring.name_of(secret.encode(), "classify") == "crm"


@pytest.mark.parametrize("arguments", [("C R M",), ("crm", "--scope", "root")])
def test_a_name_or_scope_that_cannot_be_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    code, out, error = run(monkeypatch, capsys, "key", "new", *arguments)
    assert (code, out, error.count("\n")) == (2, "", 1)


def test_serving_strangers_without_keys_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, error = run(monkeypatch, capsys, "serve", "--host", "0.0.0.0", "--port", "0")  # noqa: S104
    assert code == 2
    assert error.startswith("bounces: BOUNCES_HOST: 0.0.0.0 can be reached from elsewhere")
    assert error.count("\n") == 1
