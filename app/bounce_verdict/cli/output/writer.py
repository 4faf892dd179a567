"""Answers to stdout, chunk by chunk, so that what is written is whole wherever a run stops."""

import sys
from collections.abc import Sequence

from msgspec import Struct

from bounce_verdict.cli.inputs.chunk import Chunk
from bounce_verdict.cli.output.answered import Answered
from bounce_verdict.cli.output.forms import PLACE, TableRow, To, csv_head, csv_rows, json_lines, table_row
from bounce_verdict.errors import InputError
from bounce_verdict.response import Problem


class Rendered(Struct):
    """A chunk's answers, ready to be written: bytes, or rows of a table; how many they are, and how many of them are problems."""

    content: bytes | list[TableRow]
    answers: int
    problems: int


def render(to: To, answers: Sequence[Answered], delimiter: str = ",") -> Rendered:
    """The answers as `to` has them."""
    content: bytes | list[TableRow]
    if to is To.TABLE:
        content = [table_row(one) for one in answers]
    else:
        content = json_lines(answers) if to is To.NDJSON else csv_rows(answers, delimiter).encode("utf-8", "replace")
    return Rendered(content, len(answers), sum(isinstance(one.result, Problem) for one in answers))


class Writer:
    """Writes answers, of CSV the head first. bom: ahead of it Excel's mark. is_begun: a stopped run has written the head."""

    def __init__(self, to: To, *, bom: bool = False, is_begun: bool = False) -> None:
        self._to, self._bom, self._is_begun = to, bom, is_begun
        self._columns: tuple[Sequence[str], str] | None = None
        if to is To.TABLE:
            from rich.console import Console  # noqa: PLC0415  # a pipe needs none of it

            from bounce_verdict.cli.output.terminal_table import TerminalTable  # noqa: PLC0415

            self._table = TerminalTable(Console())

    def check_columns(self, chunk: Chunk) -> None:
        """Raises InputError where a chunk's CSV rows have other columns than those before."""
        columns = (chunk.head.columns, chunk.head.delimiter) if chunk.head is not None else (PLACE, ",")
        if self._columns is not None and self._columns != columns:
            raise InputError(chunk.file, "has other columns than the input before it: write CSV for each on its own")
        self._columns = columns

    def write(self, content: bytes | list[TableRow]) -> None:
        """Write the answers of one chunk."""
        if isinstance(content, list):
            if content:
                self._table.write(content)
            return
        sys.stdout.buffer.write(self._head() + content if self._to is To.CSV else content)
        sys.stdout.buffer.flush()

    def _head(self) -> bytes:
        if self._is_begun:
            return b""
        self._is_begun = True
        return ("\ufeff" * self._bom + csv_head(*(self._columns or (PLACE, ",")))).encode("utf-8", "replace")
