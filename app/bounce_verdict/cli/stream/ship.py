"""`bounces ship`: files put on a stream."""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from typing import Annotated

import typer

from bounce_verdict.cli.bulk.answering import Sending
from bounce_verdict.cli.bulk.progress import ProgressBar
from bounce_verdict.cli.bulk.run import INTERRUPTED, NOTHING_DONE, SOME_UNREAD, Unread
from bounce_verdict.cli.inputs.chunk import Chunk, Position, parse_position
from bounce_verdict.cli.inputs.folders import find_files
from bounce_verdict.cli.inputs.reading import Reading, read_chunks
from bounce_verdict.cli.inputs.selection import ColumnOption, FilesArgument, FormatOption, select
from bounce_verdict.cli.options import named_files
from bounce_verdict.cli.stream.messages import Cut, Shipment, shipments
from bounce_verdict.errors import InputError
from bounce_verdict.settings import load_settings
from bounce_verdict.stream.connection import broker_of
from bounce_verdict.stream.names import ITEMS, check_subject
from bounce_verdict.stream.publishing import NotStoredError, Publisher, TooLargeError

UNDER_WAY = 64  # messages that wait for the broker at once
_TOLD_EVERY = 10.0  # seconds between two words on how far it is
_PAUSE = 1.0  # seconds between two attempts to store a message


def ship_command(
    files: FilesArgument = None,
    format: FormatOption = None,  # noqa: A002  # as the option is called
    nats: Annotated[str | None, typer.Option(help="The broker, nats:// or tls://; else BOUNCES_NATS_URL.")] = None,
    items: Annotated[str, typer.Option(help="The subject to put them on.")] = ITEMS,
    column: ColumnOption = None,
    batch: Annotated[
        int, typer.Option(min=1, max=10_000, help="Replies, lines or items in one message; a mail has one to itself.")
    ] = 100,
    resume: Annotated[str | None, typer.Option(metavar="POSITION", help="Go on where a stopped run said that it ended.")] = None,
    sender: Annotated[str | None, typer.Option(help="Your envelope sender, of replies.")] = None,
    sending_ip: Annotated[str | None, typer.Option(help="The address of the host that sent, of replies.")] = None,
    sending_host: Annotated[str | None, typer.Option(help="The name of the host that sent, of replies.")] = None,
    envelope_to: Annotated[str | None, typer.Option(help="Of one message: the address that it arrived at.")] = None,
    envelope_from: Annotated[str | None, typer.Option(help="Of one message: its envelope sender.")] = None,
) -> None:
    """Put mails, replies, items and logs on a subject of NATS JetStream, for `bounces work` to answer (docs/streams.md).

    What is put there twice within the stream's duplicate window is kept once. Where the broker is away it waits. Needs the extra `stream`.
    Exit code 0 where everything was stored; 1 where something could not be read or is too large, 2 where nothing could be done.
    """
    import nats as _  # noqa: PLC0415, F401  # needs the extra; told before anything is read

    settings = load_settings()
    found = find_files(named_files(files))
    start = parse_position(resume) if resume is not None else Position()
    unread = Unread()
    reading = select(found, format, column, envelope_to or envelope_from, start, settings.max_body, unread)
    sending = Sending(sender, sending_ip, sending_host, envelope_to, envelope_from)
    shipping = _Shipping(Publisher(broker_of(settings, nats), check_subject("--items", items), _say), reading, unread, start)
    sys.exit(asyncio.run(shipping.run(batch, settings.max_body, sending)))


def _say(words: str) -> None:
    sys.stderr.write(f"bounces: {words}\n")


class _Shipping:
    """One run. end: all that lies ahead of it is stored."""

    def __init__(self, publisher: Publisher, reading: Reading, unread: Unread, start: Position) -> None:
        self._publisher = publisher
        self._reading = reading
        self._unread = unread
        self._end = start
        self._stored = 0
        self._told = time.monotonic()
        self._progress = ProgressBar(list(reading.files), "items", prints=False)
        self._places = asyncio.Semaphore(UNDER_WAY)
        self._waits = False

    async def run(self, lines: int, max_record: int, sending: Sending) -> int:
        """Ship everything; the exit code."""
        task = asyncio.ensure_future(self._all(lines, max_record, sending))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        try:
            with self._progress:
                await task
        except asyncio.CancelledError:
            _say(f"stopped after {self._stored:,} items; to go on, add --resume {self._end}")
            return INTERRUPTED
        finally:
            with contextlib.suppress(asyncio.CancelledError):
                await self._publisher.close()
        _say(f"{self._stored:,} items are stored")
        if not self._stored and self._unread.count:
            return NOTHING_DONE
        return SOME_UNREAD if self._unread.count else 0

    async def _all(self, lines: int, max_record: int, sending: Sending) -> None:
        await self._publisher.connect()
        cut = Cut(lines, self._publisher.max_body, max_record, sending)
        chunks = read_chunks(self._reading)
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            async with asyncio.TaskGroup() as group:
                for one in self._of(chunk, cut):
                    await self._places.acquire()
                    group.create_task(self._store(one))
            self._end = chunk.end
            self._tell(chunk)

    def _of(self, chunk: Chunk, cut: Cut) -> Iterator[Shipment]:
        for one in shipments(chunk, cut):
            if isinstance(one, InputError):
                self._unread(one)
            else:
                yield one

    async def _store(self, one: Shipment) -> None:
        try:
            while True:
                try:
                    await self._publisher.store(one.message)
                except NotStoredError as error:
                    self._wait_for(error)
                    await asyncio.sleep(_PAUSE)
                except TooLargeError as error:
                    self._unread(
                        InputError(f"record {one.number}", f"is larger than the {error.limit} bytes that the broker takes")
                    )
                    return
                else:
                    self._stored += one.items
                    self._waits = False
                    return
        finally:
            self._places.release()

    def _wait_for(self, error: NotStoredError) -> None:
        """Say it once for each time that the broker is away."""
        if not self._waits:
            self._waits = True
            _say(f"the broker stores nothing ({error}); waiting. Stored so far: all ahead of --resume {self._end}")

    def _tell(self, chunk: Chunk) -> None:
        self._progress.move(chunk, self._stored)
        if not self._progress.is_shown and time.monotonic() - self._told > _TOLD_EVERY:
            self._told = time.monotonic()
            _say(f"{self._stored:,} items are stored, all ahead of --resume {self._end}")
