"""What a command loads before it answers: people ask one reply at a time, and wait for each."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import environment

OTHERS = ("bounce_verdict.pipeline.parse.layouts", "bounce_verdict.maillogs", "bounce_verdict.webhooks", "flanker", "sklearn", "leather", "bounce_verdict.web", "fastapi")  # fmt: skip


@pytest.mark.parametrize("command", [["classify", "--reply", "550 user unknown"], ["explain", "550 user unknown"]])
def test_one_reply_loads_nothing_that_reads_messages_logs_or_webhooks(rules: Path, command: list[str]) -> None:
    asked = [sys.executable, "-X", "importtime", "-m", "bounce_verdict", *command]
    done = subprocess.run(asked, capture_output=True, env=environment(rules), check=True)  # noqa: S603
    loaded = {line.rpartition(b"|")[2].strip().decode() for line in done.stderr.splitlines() if b"|" in line}
    assert "bounce_verdict.pipeline.parse.reply.fast_path" in loaded
    assert not [name for name in loaded if name.startswith(OTHERS)]
