"""Without its extras the package classifies, and says in one line which one a command or module needs."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.project.installed import run

ROOT = Path(__file__).parents[2]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def ask(python: Path, tmp_path: Path, *arguments: str, code: int = 2) -> str:
    return run([str(python), "-m", "bounce_verdict", *arguments], tmp_path, code)


@pytest.mark.parametrize("command", ["serve", "openapi"])
def test_a_command_whose_extra_is_missing_says_so_in_one_line(python: Path, tmp_path: Path, command: str) -> None:
    said = ask(python, tmp_path, command)
    assert re.fullmatch(r"bounces: \w+ is not installed: pip install 'bounce-verdict\[server\]'\n", said), said


def test_archives_show_their_help_and_name_their_extra(python: Path, tmp_path: Path) -> None:
    assert "--only-changed" in ask(python, tmp_path, "archive", "--help", code=0)
    said = ask(python, tmp_path, "archive", "src", "dst")
    assert said == "bounces: distributed is not installed: pip install 'bounce-verdict[archive]'\n"


def test_proposals_say_which_extra_they_need(python: Path, tmp_path: Path) -> None:
    said = ask(python, tmp_path, "rules", "suggest", "replies.txt")
    assert said == "bounces: sklearn is not installed: pip install 'bounce-verdict[suggest]'\n"


@pytest.mark.parametrize("command", [["work"], ["ship", "mbox"], ["lmtp", "--to", "nats://127.0.0.1"]])
def test_a_command_of_the_stream_shows_its_help_and_names_its_extra(python: Path, tmp_path: Path, command: list[str]) -> None:
    assert "--nats" in ask(python, tmp_path, command[0], "--help", code=0) or command[0] == "lmtp"
    said = ask(python, tmp_path, *command)
    assert re.fullmatch(r"bounces: \w+ is not installed: pip install 'bounce-verdict\[stream\]'\n", said), said


def test_replies_and_rules_need_no_extra(python: Path, tmp_path: Path) -> None:
    assert '"permanent"' in ask(python, tmp_path, "classify", "--reply", "550 5.1.1 user unknown", code=0)
    assert "mailbox-unknown" in ask(python, tmp_path, "explain", "550 5.1.1 user unknown", code=0)
    assert "0 errors" in ask(python, tmp_path, "rules", "check", code=0)
    assert "BOUNCES_PORT" in ask(python, tmp_path, "settings", code=0)


def test_a_webhooks_body_needs_no_extra(python: Path, tmp_path: Path) -> None:
    program = (
        "from bounce_verdict import Classifier; print(Classifier().event('sendgrid', '[{\"event\": \"spamreport\"}]')[0].kind)"
    )
    assert run([str(python), "-c", program], tmp_path) == "complaint\n"


def test_the_readme_names_each_extra() -> None:
    named = set(re.findall(r"^\| `(\w+)` \|", README.partition("| extra |")[2].partition("\n\n")[0], re.MULTILINE))
    assert named == set(EXTRAS)
