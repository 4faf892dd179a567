"""One rules file: bytes → its entries, checked against the schema, and the line of each."""

import re
import tomllib
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bounce_verdict.errors import RulebookError
from bounce_verdict.model import value
from bounce_verdict.rulebook.files import SourceFile
from bounce_verdict.rulebook.positions import Location, Positions, find_positions

M = TypeVar("M", bound=BaseModel)

MAX_ERRORS = 100  # of one file; whoever has more has one mistake a hundred times

_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")
_AT_END = " (at end of document)"
_NAMED = ("rule", "doubt")  # the tables whose entries have ids
_BRANCHES = frozenset({"text", "other", "disabling", "[key]"})  # what pydantic adds to a location for its unions and mapping keys


@value
class TomlFile(Generic[M]):
    """A file's entries and where each of them stands."""

    file: SourceFile
    content: M
    positions: Positions

    def source(self, *location: str | int) -> str:
        """file:line of what stands at `location`."""
        return f"{self.file.path}:{self.positions.line(location)}"

    def error(self, message: str, *location: str | int) -> RulebookError:
        """An error about what stands at `location`."""
        return RulebookError(self.file.path, self.positions.line(location), message)


def parse_toml_file(file: SourceFile, model: type[M]) -> TomlFile[M] | list[RulebookError]:
    """The file as `model`, or everything that is wrong with it, one error each."""
    try:
        text = file.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.data.count(b"\n", 0, error.start) + 1
        return [RulebookError(file.path, line, "not UTF-8, which TOML demands")]
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [_syntax_error(file, text, str(error))]
    except RecursionError:
        return [RulebookError(file.path, 0, "nested too deep")]
    positions = find_positions(text)
    try:
        return TomlFile(file, model.model_validate(tables), positions)
    except ValidationError as error:
        return _schema_errors(file, tables, positions, error.errors(include_url=False))


def _syntax_error(file: SourceFile, text: str, message: str) -> RulebookError:
    """What tomllib (3.11) says: the line stands at the end of its message, or that it is the end of the document."""
    if (at := _AT_LINE.search(message)) is not None:
        return RulebookError(file.path, int(at[1]), f"not TOML: {message[: at.start()]}")
    return RulebookError(file.path, text.count("\n") + 1, f"not TOML: {message.removesuffix(_AT_END)}")


def _schema_errors(
    file: SourceFile, tables: dict[str, Any], positions: Positions, details: Sequence[ErrorDetails]
) -> list[RulebookError]:
    found = []
    for detail in details:
        place: Location = tuple(part for part in detail["loc"] if part not in _BRANCHES)
        found.append(RulebookError(file.path, positions.line(place), f"{_name(tables, place)}{_message(detail, place)}"))
    found.sort(key=lambda error: error.line)
    return found[:MAX_ERRORS]


def _name(tables: dict[str, Any], place: Location) -> str:
    """The rule or doubt by its id where it has one, so that the message stands alone."""
    if len(place) > 1 and place[0] in _NAMED and isinstance(place[1], int):
        entries = tables.get(str(place[0]))
        entry = entries[place[1]] if isinstance(entries, list) else None
        own_id = entry.get("id") if isinstance(entry, dict) else None
        return f"{own_id}: " if isinstance(own_id, str) else f"{place[0]} {place[1] + 1}: "
    return ""


def _message(detail: ErrorDetails, place: Location) -> str:
    """A message of pydantic in the words of a rules file."""
    inner = place[2:] if place[0:1] and place[0] in _NAMED and place[2:] else place
    key = ".".join(str(part) for part in inner)
    kind = detail["type"]
    if kind == "extra_forbidden":
        return f"unknown key `{key}`"
    if kind == "missing":
        return f"`{key}` is missing"
    message = detail["msg"].removeprefix("Value error, ")
    return f"`{key}`: {message[:1].lower()}{message[1:]}" if kind != "value_error" else message
