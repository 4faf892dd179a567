"""Where a mail goes that arrived by LMTP: onto a stream, or to the service, whose answer is written into a file. → the LMTP reply."""

import asyncio
import logging
import os
from pathlib import Path

import httpx

from bounce_verdict.stream.judging import MAIL
from bounce_verdict.stream.names import CONTENT_TYPE, ENVELOPE_FROM, ENVELOPE_TO, MESSAGE_ID, content_id
from bounce_verdict.stream.publishing import Message, NotStoredError, Publisher, TooLargeError

STORED, TRY_AGAIN = "250 2.6.0 Stored", "451 4.3.0 Not stored; try again later"
TOO_LARGE, UNREADABLE = "552 5.3.4 Larger than is taken here", "554 5.6.0 Not read"
STORE_SECONDS = 20.0
_ANSWERED, _TOO_LARGE, _UNREADABLE = 200, 413, {400, 422}

log = logging.getLogger("bounces.lmtp")


def _headers(to: str, sender: str | None) -> dict[str, str]:
    told = {ENVELOPE_TO: to, ENVELOPE_FROM: sender}
    return {CONTENT_TYPE: MAIL} | {name: text.encode("utf-8", "replace").decode() for name, text in told.items() if text}


class ToStream:
    """Puts each mail on a subject; the envelope goes along, for a return path's key verifies the address that it arrived at."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._waits = False

    async def deliver(self, raw: bytes, to: str, sender: str | None) -> str:
        """The reply for that recipient. A mail that is sent again, since our reply was lost, has the same id and is stored once."""
        known = content_id(to.encode("utf-8", "replace"), (sender or "").encode("utf-8", "replace"), raw)
        try:
            await self._publisher.store(Message(raw, _headers(to, sender) | {MESSAGE_ID: known}), STORE_SECONDS)
        except TooLargeError:
            return TOO_LARGE
        except NotStoredError as error:
            if not self._waits:
                self._waits = True
                log.warning("the broker stores nothing, the mail server keeps its mail: %s", error)
            return TRY_AGAIN
        self._waits = False
        return STORED


class ToService:
    """Asks a service, and appends its report to a file, one line each: on the disk before the mail server is told that it is stored."""

    def __init__(self, url: str, answers: Path, key: str | None, seconds: float = 30.0) -> None:
        headers = {"x-api-key": key} if key else {}
        self._http = httpx.AsyncClient(base_url=url, headers=headers, timeout=seconds)
        self._answers = answers
        self._writing = asyncio.Lock()
        self._waits = False

    async def deliver(self, raw: bytes, to: str, sender: str | None) -> str:
        """The reply for that recipient."""
        headers = {name.encode(): text.encode() for name, text in _headers(to, sender).items()}
        try:
            answer = await self._http.post("/v1/classify/message", content=raw, headers=headers)
        except httpx.HTTPError as error:
            return self._kept(type(error).__name__)
        if answer.status_code == _TOO_LARGE:
            return TOO_LARGE
        if answer.status_code in _UNREADABLE:
            return UNREADABLE
        if answer.status_code != _ANSWERED:
            return self._kept(f"status {answer.status_code}")
        try:
            async with self._writing:
                await asyncio.to_thread(self._write, answer.content)
        except OSError as error:
            return self._kept(f"{self._answers} cannot be written: {error.strerror}")
        self._waits = False
        return STORED

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _kept(self, why: str) -> str:
        if not self._waits:
            self._waits = True
            log.warning("the service has not answered, the mail server keeps its mail: %s", why)
        return TRY_AGAIN

    def _write(self, report: bytes) -> None:
        left = memoryview(report.strip() + b"\n")
        with self._answers.open("ab", buffering=0) as file:
            end = file.tell()
            try:
                while left:
                    left = left[file.write(left) :]
                os.fsync(file.fileno())
            except OSError:
                file.truncate(end)  # half a line would spoil the next one too
                raise
