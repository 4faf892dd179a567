"""A mail log's lines that tell of a delivery, with where they stand."""

from collections.abc import Iterator

from bounce_verdict.cli.inputs.chunk import LoggedLine, Position
from bounce_verdict.cli.inputs.log_context import LogContext
from bounce_verdict.cli.inputs.opening import OpenInput
from bounce_verdict.errors import InputError
from bounce_verdict.maillogs.delivery import LoggedDelivery
from bounce_verdict.maillogs.lines import MAX_LINE, unwrap
from bounce_verdict.maillogs.reader import LogReader


class _Lines:
    """The lines of a source as text. A record is read when the line behind it is: `before` is where that line begins."""

    def __init__(self, source: OpenInput, file: int) -> None:
        self._source = source
        self.before = Position(file)

    def __iter__(self) -> Iterator[str]:
        kept, left_out, offset, number = b"", 0, 0, 1
        while found := self._source.read():
            *lines, kept = (kept + found).split(b"\n")
            for line in lines:
                self.before = Position(self.before.file, offset, number)
                offset, number, left_out = offset + len(line) + left_out + 1, number + 1, 0
                yield line[: 4 * MAX_LINE].decode("utf-8", "replace")
            if len(kept) > _MAX_KEPT:
                left_out, kept = left_out + len(kept) - 4 * MAX_LINE, kept[: 4 * MAX_LINE]
        if kept:
            self.before = Position(self.before.file, offset, number)
            offset, number = offset + len(kept) + left_out, number + 1
            yield kept[: 4 * MAX_LINE].decode("utf-8", "replace")
        self.before = Position(self.before.file, offset, number)


_MAX_KEPT = 1 << 20  # bytes without a line end


def read_log(source: OpenInput, format: str | None, start: Position) -> Iterator[tuple[LoggedLine | None, Position]]:  # noqa: A002
    """Each record of the log from `start` on: the delivery that it tells of, if any, and where the next begins.

    What stands ahead of `start` is read too, and not given: columns are named there. Raises InputError where no line is in a known format.
    """
    lines, reader, context, known = _Lines(source, start.file), LogReader(format), LogContext(), False
    for record in unwrap(lines):
        name, found = reader.read(record)
        ahead = context.ahead(name, record, found)
        known = known or name is not None
        if lines.before.offset <= start.offset:
            continue
        number = lines.before.number - 1
        line = LoggedLine(number, name or "", found, ahead + record) if isinstance(found, LoggedDelivery) else None
        yield line, lines.before
    if not known:
        raise InputError(source.name, "holds no line of a mail log in a known format (docs/maillogs.md)")
