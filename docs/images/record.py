"""Records the terminal session that the README shows: `.venv/bin/python docs/images/record.py` runs each command and draws what it says."""

import os
import re
import shlex
import subprocess
import sys
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[2]
WIDTH = 100
SESSION = (
    "bounces classify examples/replies.ndjson --to table",
    "bounces explain '550 5.7.1 blocked using zen.spamhaus.org' --command RCPT",
)


def main() -> None:
    """Write terminal.svg beside this file."""
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True, color_system="truecolor")
    for line in SESSION:
        console.print(Text.assemble(("$ ", "bold green"), line))
        console.print(Text.from_ansi(_said(line)))
    drawn = console.export_svg(title="bounces", unique_id="bounces")
    drawn = re.sub(r"@font-face \{[^}]*\}", "", drawn)  # fonts of another site
    Path(__file__).with_name("terminal.svg").write_text("\n".join(map(str.rstrip, drawn.splitlines())) + "\n", encoding="utf-8")


def _said(line: str) -> str:
    """What the command writes to a terminal as wide as that, in colour."""
    _, *arguments = shlex.split(line)
    environment = {name: text for name, text in os.environ.items() if not name.startswith("BOUNCES_")}
    environment |= {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "bounce_verdict", *arguments]
    return subprocess.run(command, capture_output=True, check=True, cwd=ROOT, env=environment, text=True).stdout  # noqa: S603


if __name__ == "__main__":
    main()
