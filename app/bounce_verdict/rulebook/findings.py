"""What a check tells: a place, how bad it is, and a sentence."""

from typing import Any, Literal

from bounce_verdict.errors import RulebookError
from bounce_verdict.model import value
from bounce_verdict.rulebook.toml_file import TomlFile

Level = Literal["error", "warning", "note"]


@value
class Finding:
    """Something to know about a rules file."""

    path: str
    """The file."""
    line: int
    """The line in it, from 1; 0 for the file as a whole."""
    level: Level
    """How bad it is."""
    message: str
    """What is to know, one sentence."""


def finding(toml_file: TomlFile[Any], level: Level, message: str, *location: str | int) -> Finding:
    """A finding about what stands at `location` of a file."""
    return Finding(toml_file.file.path, toml_file.positions.line(location), level, message)


def from_error(error: RulebookError) -> Finding:
    """The finding that an error makes."""
    return Finding(error.path, error.line, "error", error.message)
