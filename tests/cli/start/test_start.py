"""What a command loads before it answers: people ask one reply at a time, and wait for each."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import environment

OTHERS = ("bounce_verdict.pipeline.parse.layouts", "bounce_verdict.maillogs", "bounce_verdict.webhooks", "flanker", "sklearn", "leather", "bounce_verdict.web", "fastapi")  # fmt: skip


@pytest.mark.parametrize(("words", "completing"), [(["--help"], ""), (["clasify"], ""), ([], "bounces cl")])
def test_the_list_of_commands_loads_none_of_them(rules: Path, words: list[str], completing: str) -> None:
    shell = {"_BOUNCES_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": completing} if completing else {}
    loaded = _loaded(environment(rules, **shell), words)
    assert not [name for name in loaded if name.startswith(("bounce_verdict.cli.classify", "bounce_verdict.pipeline", *OTHERS))]


@pytest.mark.parametrize("command", [["classify", "--reply", "550 user unknown"], ["explain", "550 user unknown"]])
def test_one_reply_loads_nothing_that_reads_messages_logs_or_webhooks(rules: Path, command: list[str]) -> None:
    loaded = _loaded(environment(rules), command)
    assert "bounce_verdict.pipeline.parse.reply.fast_path" in loaded
    assert not [name for name in loaded if name.startswith(OTHERS)]


def _loaded(environment: dict[str, str], words: list[str]) -> set[str]:
    """The modules that a run loads."""
    asked = [sys.executable, "-X", "importtime", "-m", "bounce_verdict", *words]
    done = subprocess.run(asked, capture_output=True, env=environment, check=False)  # noqa: S603
    loaded = {line.rpartition(b"|")[2].strip().decode() for line in done.stderr.splitlines() if b"|" in line}
    assert "bounce_verdict.cli" in loaded
    return loaded
