"""What a shell completes, by the scripts that `--show-completion` prints and `--install-completion` installs."""

import os
import pty
import re
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from tests.cli.running import BOUNCES, SECONDS, environment, plain

needs_zsh = pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
_BASH = (
    'eval "$(bounces --show-completion)"; COMP_WORDS=({}); COMP_CWORD={}; _bounces_completion bounces; echo "${{COMPREPLY[*]}}"'
)


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("bounces cla", "classify"),
        ("bounces classify --envelope-t", "--envelope-to"),
        ("bounces classify --format exi", "exim"),
        ("bounces rules sch", "schema"),
        ("bounces explain --command RC", "RCPT"),
    ],
)
def test_bash_completes_commands_options_and_their_values(rules: Path, line: str, completed: str) -> None:
    script = _BASH.format(line, len(line.split()) - 1)
    done = subprocess.run(["bash", "--norc", "-c", script], env=_shell(rules), capture_output=True, text=True, check=True)  # noqa: S603, S607
    assert done.stdout.split() == [completed]


@needs_zsh
def test_zsh_completes_at_once_where_its_start_asks_for_the_script(rules: Path, tmp_path: Path) -> None:
    (tmp_path / ".zshrc").write_text(
        'autoload -Uz compinit; compinit -u\neval "$(bounces --show-completion)"\n', encoding="utf-8"
    )
    with _Zsh(rules, tmp_path) as zsh:
        zsh.type("bounces classify --envelope-t\t", "--envelope-to ")


@needs_zsh
def test_zsh_completes_with_what_is_installed(rules: Path, tmp_path: Path) -> None:
    shell = _shell(rules, HOME=str(tmp_path))
    subprocess.run(["zsh", "-f", "-c", "bounces --install-completion; exit"], env=shell, check=True, capture_output=True)  # noqa: S607
    with _Zsh(rules, tmp_path) as zsh:
        zsh.type("bounces \t", "bounces ")  # the first Tab of a session only loads the script
        zsh.type("\x15bounces exp\t", "explain ")


def _shell(rules: Path, **more: str) -> dict[str, str]:
    path = f"{Path(BOUNCES).parent}{os.pathsep}{os.environ['PATH']}"
    return environment(rules, PATH=path, **more)


class _Zsh:
    """A session in a terminal, whose home is `home`."""

    def __init__(self, rules: Path, home: Path) -> None:
        self._leader, follower = pty.openpty()
        shell = _shell(rules, HOME=str(home), ZDOTDIR=str(home), PS1="ready> ")
        self._process = subprocess.Popen(
            ["zsh", "-i"],  # noqa: S607
            stdin=follower, stdout=follower, stderr=follower, env=shell, start_new_session=True,
        )  # fmt: skip
        os.close(follower)

    def __enter__(self) -> Self:
        self._wait_for("ready> ")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._leader)

    def type(self, keys: str, shown: str) -> None:
        """Press them, and wait until that is shown."""
        os.write(self._leader, keys.encode())
        self._wait_for(shown)

    def _wait_for(self, shown: str) -> None:
        seen = ""
        for part in self._shown():
            seen += part
            if shown in re.sub(r"\x08.?", "", plain(seen)):
                return
        raise AssertionError(f"{shown!r} is not among what was shown: {seen!r}")

    def _shown(self) -> Iterator[str]:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            if select.select([self._leader], [], [], 0.1)[0]:
                yield os.read(self._leader, 65_536).decode("utf-8", "replace")
