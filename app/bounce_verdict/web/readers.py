"""The readers of a worker: processes for large messages, so that replies need not wait for one (app/bounce_verdict/web/reader.py).

How many jobs wait is bounded by `Settings.max_large`, since whoever has a large body in hand has taken one of those places.
"""

import asyncio
import contextlib
import logging
import pickle
import sys

import msgspec
from starlette.types import Scope

from bounce_verdict.model import MessageInput
from bounce_verdict.settings import Settings
from bounce_verdict.snapshot.control import Start
from bounce_verdict.web.frames import HEAD, Done, Job, envelope, lengths
from bounce_verdict.web.tally import VERDICTS

MOST_SECONDS = 60  # for one message; what the limits allow takes a few at the worst

log = logging.getLogger("bounces.web")


class ReaderLost(Exception):
    """A reader died on a message, or was ended because it took too long."""


class Readers:
    """Up to `settings.readers` processes, each started when it is first needed and kept."""

    def __init__(self, settings: Settings, snapshot: int) -> None:
        self._start = Start(settings, -1, -1, snapshot)
        self._free = asyncio.Semaphore(settings.readers)
        self._idle: list[asyncio.subprocess.Process] = []

    async def message(self, scope: Scope, given: MessageInput) -> bytes:
        """The encoded Report. Raises ReaderLost."""
        return (await self._ask(scope, Job("message", 0, given.envelope_to, given.envelope_from), given.raw))[1]

    async def line(self, scope: Scope, index: int, line: bytes) -> bytes:
        """The encoded answer for a batch's line. Raises ReaderLost."""
        return (await self._ask(scope, Job("line", index), line))[1]

    async def reply(
        self, scope: Scope, media: str, charset: str | None, parameters: dict[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """The status and the encoded Classification, or problem document. Raises ReaderLost."""
        return await self._ask(scope, Job("reply", media=media, charset=charset, parameters=parameters), body)

    async def _ask(self, scope: Scope, job: Job, body: bytes) -> tuple[int, bytes]:
        async with self._free:
            reader = self._idle.pop() if self._idle else await self._started()
            try:
                async with asyncio.timeout(MOST_SECONDS):
                    done, encoded = await _exchange(reader, job, body)
            except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
                log.error("a reader was lost on a message of %d bytes: %s", len(body), type(error).__name__)  # noqa: TRY400
                raise ReaderLost from None
            else:
                self._idle.append(reader)
            finally:
                if reader not in self._idle:
                    _end(reader)
        if not done.status:
            raise ReaderLost
        verdicts: dict[str, int] = scope.setdefault(VERDICTS, {})
        for verdict, times in done.verdicts.items():
            verdicts[verdict] = verdicts.get(verdict, 0) + times
        return done.status, encoded

    async def _started(self) -> asyncio.subprocess.Process:
        reader = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bounce_verdict.server.start", "reader",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, pass_fds=(self._start.snapshot,),
        )  # fmt: skip
        assert reader.stdin is not None  # noqa: S101  # for the type checker: started with a pipe
        reader.stdin.write(pickle.dumps(self._start))
        return reader


async def _exchange(reader: asyncio.subprocess.Process, job: Job, body: bytes) -> tuple[Done, bytes]:
    assert reader.stdin is not None  # noqa: S101  # for the type checker: started with pipes
    assert reader.stdout is not None  # noqa: S101
    reader.stdin.write(envelope(job, body))
    reader.stdin.write(body)
    await reader.stdin.drain()
    first, second = lengths(await reader.stdout.readexactly(HEAD))
    done = msgspec.msgpack.decode(await reader.stdout.readexactly(first), type=Done)
    return done, await reader.stdout.readexactly(second)


def _end(reader: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        reader.kill()
