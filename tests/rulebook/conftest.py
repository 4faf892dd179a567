"""A rules folder to write files in."""

from pathlib import Path

import pytest

from bounce_verdict.rulebook.load import rules_folder

TABLES = ("reasons.toml", "codes.toml", "enhanced.toml", "commands.toml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped tables, no rules and no doubts."""
    folder = tmp_path / "rules"
    folder.mkdir()
    for name in TABLES:
        (folder / name).write_bytes((rules_folder() / name).read_bytes())
    (folder / "doubts.toml").write_text("", encoding="utf-8")
    return folder
