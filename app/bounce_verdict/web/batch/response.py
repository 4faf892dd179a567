"""The answer to a batch, as one loop: read a piece, answer its lines, write, read on.

So a client that does not read is not read from, and memory stays flat. Starlette's StreamingResponse listens on the request while
it writes, and loses pieces of such a body.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from functools import partial

from fastapi import Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from bounce_verdict.contract.inputs import check_array, split_array
from bounce_verdict.contract.items import NOT_KEPT, Item, Line, TooCostly, answer_item, identity, judge_replies, read_line
from bounce_verdict.contract.refusals import Refusal, problem_of
from bounce_verdict.errors import InputError
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.response import JSON, NDJSON, Problem, batch_answer, encode, problem
from bounce_verdict.web.batch.form import Form
from bounce_verdict.web.batch.lines import LineSplitter
from bounce_verdict.web.batch.output import Output
from bounce_verdict.web.batch.sending import Sending, SpoolFull, Stalled
from bounce_verdict.web.batch.sharing import SMALL_LINE, Sharing
from bounce_verdict.web.batch.spool import Spool
from bounce_verdict.web.counting import count_problem
from bounce_verdict.web.judging import read_inline
from bounce_verdict.web.large_bodies import ChildLost, GivenLine
from bounce_verdict.web.request.body import Place, body_chunks, read_body
from bounce_verdict.web.service import service_of

Lines = AsyncGenerator[list[Line], None]
_TOGETHER = 16  # lines read, and their replies judged, at a time: two milliseconds, for which nobody else is served

log = logging.getLogger("bounces.web")


class BatchResponse(Response):
    """Answers the items of a request's body while that is still arriving. media: of the body; form: of the answer."""

    media_type = NDJSON

    def __init__(self, request: Request, media: str, form: Form) -> None:
        self._request = request
        self._media = media
        self._form = form
        self._service = service_of(request.scope)
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read and answer. Raises what is wrong with the body as long as nothing is written."""
        service, settings = self._service, self._service.settings
        lines = self._array() if self._media == JSON else self._lines()
        sending = Sending(scope, send, settings.drain_timeout, Spool(service.spools))
        output = Output(scope, sending, self._form, service.metrics)
        try:
            async with aclosing(lines):
                try:
                    await self._answer(lines, output)
                except SpoolFull as error:
                    await self._end_early(output, receive, is_broken=error.is_broken)
        except Stalled:
            self._count_stalled()
            await sending.cut(receive)
        except ClientDisconnect:
            if sending.stalled:
                self._count_stalled()
            else:
                log.info("batch: a client left before the end")
        finally:
            await sending.close()

    def _count_stalled(self) -> None:
        self._service.metrics.count("bounces_stalled_clients_total")
        log.warning("batch: a client took nothing for %s s and was cut off", self._service.settings.drain_timeout)

    async def _end_early(self, output: Output, receive: Receive, *, is_broken: bool) -> None:
        """Tell as the last line that no more is answered, for a client that still begins to read. Raises Stalled where it does not."""
        limit = f"max_spool {self._service.settings.max_spool}"
        if is_broken:
            log.error("batch: the disk of the spool has no room, or cannot be written; a batch was ended early")
            detail = "The service has no room for the answers that you have not read: read while you send."
            told = problem(503, detail, kind="answers-unread")
        else:
            detail = "The answers that you have not read fill the spool: read while you send."
            told = problem(413, detail, kind="answers-unread", limit=limit)
        self._end_with(output, told)
        # Else a client that sends before it reads would never come to read.
        ignoring = asyncio.ensure_future(_ignore_body(receive))
        try:
            await output.finish()
        finally:
            ignoring.cancel()

    def _end_with(self, output: Output, document: Problem) -> None:
        count_problem(self._service.metrics, document)
        output.add_encoded(encode(batch_answer(output.lines, None, document)))

    async def _answer(self, lines: Lines, output: Output) -> None:
        """Answer every line. What breaks the body itself is a problem document while nothing is written, else the last line."""
        sharing = Sharing(self._service, self._request.scope, self._form, self._answer_here)
        try:
            async for some in lines:
                await output.start()
                pipeline = self._service.pipeline  # once for these lines: no answer mixes two rulebooks
                await sharing.answer(some, pipeline, output)
                await output.flush()
        except (Refusal, InputError) as error:
            if not output.started:
                raise
            self._end_with(output, problem_of(error))
        await output.finish()

    async def _answer_here(self, lines: Sequence[Line], pipeline: Pipeline, output: Output) -> None:
        max_inline = self._service.settings.max_inline
        read = pipeline.message if self._service.pool is None else partial(read_inline, pipeline, max_bytes=max_inline)
        for line, item in self._items(lines, pipeline):
            try:
                answer = None if item is None else answer_item(output.lines, item, pipeline, read)
            except TooCostly:
                answer = None
            if answer is None:
                await self._answer_in_child(line, pipeline, output)
            elif output.add(answer):
                await output.give_way()

    def _items(self, lines: Sequence[Line], pipeline: Pipeline) -> Iterator[tuple[Line, Item | None]]:
        """Each line and what it asks for, small ones read some at a time, any other in its turn; None: it is so large that a child reads it."""
        settings = self._service.settings
        large = settings.max_inline if self._service.pool is not None else sys.maxsize
        for at in range(0, len(lines), _TOGETHER):
            some = lines[at : at + _TOGETHER]
            sizes = [len(line) if isinstance(line, bytes) else _size(line) for line in some]
            if max(sizes) <= SMALL_LINE:
                items = [read_line(line, pipeline, settings.max_body) for line in some]
                yield from zip(some, judge_replies(items, pipeline), strict=True)
                continue
            for line, size in zip(some, sizes, strict=True):
                yield line, None if size > large else read_line(line, pipeline, settings.max_body)

    async def _answer_in_child(self, line: Line, pipeline: Pipeline, output: Output) -> None:
        """Have a child read and answer the line; what is gathered does not wait for it."""
        await output.flush()
        service = self._service
        assert service.pool is not None  # noqa: S101  # for the type checker: only then is anything large or costly
        assert not isinstance(line, NOT_KEPT)  # noqa: S101  # that has no size and costs nothing
        given = GivenLine(output.lines, bytes(line), service.settings.max_body)
        try:
            answer, _ = await service.pool.answer(self._request.scope, service.wanted(pipeline), given, short=self._form.short)
            output.add_encoded(answer)
        except ChildLost:
            lost = problem(500, "The service failed on this item; its log says where.")
            output.add(batch_answer(output.lines, identity(line), lost))

    async def _array(self) -> Lines:
        """A JSON array's items, all at once: it is read whole."""
        service = self._service
        with Place(service.places) as place:
            body = await read_body(self._request, service.settings, place)
            await asyncio.sleep(0)  # each of the two takes some milliseconds for ten megabytes
            check_array(body, service.settings.max_batch_items)
            await asyncio.sleep(0)
            yield list(split_array(body))

    async def _lines(self) -> Lines:
        """An NDJSON body's lines, as many at a time as the pieces that arrive complete."""
        settings = self._service.settings
        splitter = LineSplitter(settings.max_batch_line)
        with Place(self._service.places) as place:
            async for chunk in body_chunks(self._request, settings.max_batch_body, "max_batch_body", settings.max_expansion):
                yield list(splitter.feed(chunk))
                if splitter.pending <= settings.max_inline:
                    place.leave()
                elif not await place.take(settings.drain_timeout):  # meanwhile the client is not read from
                    splitter.give_up()
            yield list(splitter.finish())


async def _ignore_body(receive: Receive) -> None:
    while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
        pass


def _size(line: Line) -> int:
    """Bytes of a line that is kept."""
    return 0 if isinstance(line, NOT_KEPT) else len(memoryview(line))
