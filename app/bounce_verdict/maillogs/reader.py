"""Reading a log: each record by the reader of its format, with what that reader remembers of the stream."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from bounce_verdict.maillogs.delivery import Found, ReadLine
from bounce_verdict.maillogs.formats import (
    exchange,
    exim,
    haraka,
    kumomta,
    momentum,
    opensmtpd,
    postfix,
    powermta,
    qmail,
    sendmail,
    zonemta,
)
from bounce_verdict.maillogs.lines import unwrap
from bounce_verdict.maillogs.prefix import LogLine, read_prefix

Records = Iterator[tuple[str | None, Found]]


class Format(Struct, frozen=True):
    """How one program logs. knows: whether a line shows that it is this program's. make: a reader for one stream."""

    knows: Callable[[LogLine], bool]
    make: Callable[[], ReadLine]
    has_header: bool = False


FORMATS: Mapping[str, Format] = {  # in the order in which they are tried
    "postfix": Format(postfix.knows, lambda: postfix.read),
    "exim": Format(exim.knows, lambda: exim.read),
    "sendmail": Format(sendmail.knows, lambda: sendmail.read),
    "opensmtpd": Format(opensmtpd.knows, lambda: opensmtpd.read),
    "qmail": Format(qmail.knows, qmail.Reader),
    "kumomta": Format(kumomta.knows, lambda: kumomta.read),
    "haraka": Format(haraka.knows, lambda: haraka.read),
    "zonemta": Format(zonemta.knows, lambda: zonemta.read),
    "momentum": Format(momentum.knows, lambda: momentum.read),
    "powermta": Format(powermta.knows, powermta.Reader, has_header=True),
    "exchange": Format(exchange.knows, exchange.Reader, has_header=True),
}


class LogReader:
    """Reads one stream of records. format: one of FORMATS; where it is None, each line is read in the format that it shows."""

    def __init__(self, format: str | None = None) -> None:  # noqa: A002  # the word of the interface
        self._given = format
        self._rows: str | None = None  # the format whose header line was seen
        self._readers: dict[str, ReadLine] = {}

    def read(self, record: str) -> tuple[str | None, Found]:
        """The record's format, None where it shows none, and what it tells."""
        line = read_prefix(record)
        name = self._given or self._shown(line)
        if name is None:
            return None, "unknown-format"
        if FORMATS[name].has_header:
            line = LogLine(record)  # a row begins with no prefix: its first column may be a time
        reader = self._readers.get(name)
        if reader is None:
            reader = self._readers[name] = FORMATS[name].make()
        return name, reader(line)

    def _shown(self, line: LogLine) -> str | None:
        for name, known in FORMATS.items():
            if known.knows(line):
                if known.has_header:
                    self._rows = name
                return name
        return self._rows


def read_records(lines: Iterable[str], format: str | None = None) -> Records:  # noqa: A002
    """Each record of a stream: its format, and what it tells. Nothing of the stream is kept but what a reader must remember."""
    reader = LogReader(format)
    for record in unwrap(lines):
        yield reader.read(record)
