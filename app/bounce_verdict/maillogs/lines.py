"""A log's lines → its records: what a terminal, a mail program or a documentation has wrapped is one line again."""

from collections.abc import Iterable, Iterator

from bounce_verdict.maillogs.prefix import read_prefix

MAX_LINE = 65_536  # characters of a record; what is beyond is left unread
_WRAP_MARK = "»"  # at the end of a line that goes on, in Momentum's documentation


def unwrap(lines: Iterable[str]) -> Iterator[str]:
    """The records, each cut to MAX_LINE. A line goes on where the next begins with a blank, or its bracket is still open."""
    record = ""
    for written in lines:
        line = written.rstrip("\r\n")
        if not line.isascii():
            line = line.encode("utf-8", "replace").decode()  # what is no Unicode could not be answered
        if record and _goes_on(record, line):
            record = _joined(record, line)
        else:
            if record:
                yield record
            record = line[:MAX_LINE] if line.strip() else ""
    if record:
        yield record


def _goes_on(record: str, line: str) -> bool:
    if line[:1] in (" ", "\t"):
        return bool(line.strip())
    if record[-1] == _WRAP_MARK:
        return True
    is_open = record[-1] != ")" and " status=" in record and record.rfind("(") > record.rfind(" status=")
    return is_open and bool(line) and not _is_record(line)


def _joined(record: str, line: str) -> str:
    if len(record) >= MAX_LINE:
        return record
    ahead = record.rstrip(f" {_WRAP_MARK}")
    between = "" if ahead[-1:] == "@" or line.lstrip()[:1] == "@" else " "
    return (ahead + between + line.strip())[:MAX_LINE]


def _is_record(line: str) -> bool:
    """Whether a line begins as one of a log does: with a time or a program."""
    found = read_prefix(line[:500])
    return found.text != line[:500] or line[:1] == "{" or line.startswith("to=<")
