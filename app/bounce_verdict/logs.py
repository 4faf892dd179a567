"""Logs: one JSON object a line on stderr. Nothing of what a caller sent is in them, at any level.

What third-party code logs of an exception is cut to its kind and place: its message may quote the input.

stderr may be a pipe that nobody reads, and a write to it may wait for ever, so a thread writes. (Another way out, to open it anew
without waiting, fails for a socket and, in a container, for a pipe of another user.)
"""

import contextlib
import logging
import os
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from queue import SimpleQueue

import msgspec
from msgspec import Struct

_encoder = msgspec.json.Encoder()
_STDERR = 2
_BLOCK = 4_096  # bytes; a larger write to a pipe could mix with those of other processes (write(2), PIPE_BUF on Linux)
_MAX_WAITING = 1_048_576  # bytes that wait for stderr; what comes beyond them is dropped


def start_logging(level: str) -> None:
    """Send every log of this process to stderr, from `level` on (debug, info, warning, error)."""
    logging.basicConfig(level=level.upper(), handlers=[_Handler()], force=True)


class _Stderr:
    """Writes blocks from a thread of its own.

    waiting: bytes to be written. dropped, unsaid: the lines that were too many, not counted yet and not told of yet.
    """

    def __init__(self) -> None:
        self.dropped = self.unsaid = 0
        self._blocks: SimpleQueue[bytes] = SimpleQueue()
        self.waiting = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def write(self, block: bytes) -> None:
        """Write the block soon, or drop it."""
        with self._lock:
            if self.waiting + len(block) > _MAX_WAITING:
                self.dropped += block.count(b"\n")
                return
            self.waiting += len(block)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log", daemon=True)
                self._thread.start()
        self._blocks.put(block)

    def wait(self, seconds: float) -> None:
        """Wait until everything is written, so long at most."""
        end = time.monotonic() + seconds
        while self.waiting and time.monotonic() < end:
            time.sleep(0.01)

    def _run(self) -> None:
        while True:
            lines = self._blocks.get()
            for block in _blocks(lines):
                with contextlib.suppress(OSError):  # a log that cannot be written must not cost the answer
                    os.write(_STDERR, block)
            with self._lock:
                self.waiting -= len(lines)


def _blocks(lines: bytes) -> Iterator[bytes]:
    """Whole lines, as many at a time as a pipe does not mix; a longer one alone."""
    begin = 0
    while begin < len(lines):
        end = lines.rfind(b"\n", begin, begin + _BLOCK) + 1 or lines.find(b"\n", begin) + 1
        yield lines[begin:end]
        begin = end


_stderr = _Stderr()


def dropped_lines() -> int:
    """How many lines were dropped since this was last asked; the log says so too."""
    dropped, _stderr.dropped = _stderr.dropped, 0
    _stderr.unsaid += dropped
    if _stderr.unsaid and not _stderr.waiting:
        unsaid, _stderr.unsaid = _stderr.unsaid, 0
        logging.getLogger("bounces.log").warning("%d lines of the log were dropped: nobody read them from stderr", unsaid)
    return dropped


def finish_logging(seconds: float = 1.0) -> None:
    """Wait until every line is written, so long at most; for a process that ends."""
    _stderr.wait(seconds)


class RequestLine(Struct, omit_defaults=True, gc=False):
    """What is logged of a request; the last three where there is something to tell."""

    time: str
    level: str
    event: str
    request_id: str
    method: str
    route: str
    status: int | None
    ms: float
    bytes_in: int | None
    bytes_out: int
    caller: str | None = None
    trace_id: str | None = None
    verdicts: Mapping[str, int] | None = None


def log_requests(lines: Sequence[RequestLine]) -> None:
    """Write lines of requests: past the logging module, which would cost ten times as much, and many at a time.

    Each call wakes the thread that writes.
    """
    _stderr.write(_encoder.encode_lines(lines))


class _Handler(logging.Handler):
    """Hands each record on as a line."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        _stderr.write(self.format(record).encode() + b"\n")


class JsonFormatter(logging.Formatter):
    """Log records as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        fields: dict[str, object] = {
            "time": timestamp(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            fields["fault"] = fault_place(record.exc_info[1])
        return _encoder.encode(fields).decode()


def fault_place(error: BaseException) -> str:
    """The kind of an exception and where it was raised, without its message."""
    places = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(error.__traceback__)[-6:]]
    return f"{type(error).__name__} at {' < '.join(reversed(places))}"


def timestamp(seconds: float) -> str:
    """RFC 3339, in UTC, to the millisecond."""
    whole = int(seconds)
    return f"{_second(whole)}.{int((seconds - whole) * 1000):03}Z"


@lru_cache(maxsize=8)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
