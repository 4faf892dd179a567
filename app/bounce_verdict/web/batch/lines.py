"""The lines of an NDJSON batch, as its body brings them."""

from collections.abc import Iterator

from bounce_verdict.contract.items import Line
from bounce_verdict.contract.refusals import Refusal
from bounce_verdict.errors import InputError
from bounce_verdict.response import problem
from bounce_verdict.web.request.buffer import BOM, Buffer


class LineSplitter:
    """Bytes in pieces to lines. Empty lines are left out; a line beyond `limit` bytes is not kept, only told."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = Buffer()
        self._fault: InputError | Refusal | None = None  # why the line under way is not kept
        self._first = True

    @property
    def pending(self) -> int:
        """Bytes kept of the line under way."""
        return len(self._kept)

    def give_up(self) -> None:
        """Keep nothing of the line under way, since there is no place for it."""
        self._kept.take()
        self._fault = Refusal(problem(503, "The service has as many large items in hand as it takes; send this one again."))

    def feed(self, chunk: bytes) -> Iterator[Line]:
        """The lines that `chunk` completes."""
        head, *complete = chunk.split(b"\n")
        self._keep(head)
        if complete:
            yield from self.finish()
            self._keep(complete.pop())
        for piece in complete:
            if len(piece) > self._limit:
                yield self._too_long()
            elif line := piece.strip():
                yield line

    def finish(self) -> Iterator[Line]:
        """The line that is under way, ended here."""
        line, fault, self._fault = self._kept.take().strip(), self._fault, None
        if self._first:
            line, self._first = line.removeprefix(BOM), False
        if fault is not None:
            yield fault
        elif line:
            yield line

    def _keep(self, piece: bytes) -> None:
        if self._fault is None and len(self._kept) + len(piece) <= self._limit:
            self._kept.add(piece)
        else:
            self._kept.take()
            self._fault = self._fault or self._too_long()

    def _too_long(self) -> InputError:
        return InputError("line", f"is longer than {self._limit} bytes", f"max_batch_line {self._limit}")
