"""Chunks answered by several processes, in order, with a bounded number of them under way; Ctrl-C stops between two chunks."""

import gc
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain
from types import FrameType
from typing import Any, Generic, Self, TypeVar

from bounce_verdict.cli.inputs.chunk import Chunk
from bounce_verdict.errors import InputError

Answers = TypeVar("Answers")
_AHEAD = 2  # chunks under way for each process

_work: Callable[[Chunk], object] | None = None


class Interruption:
    """Whether Ctrl-C was pressed. A chunk that is under way is ended first; only waiting for input is broken off."""

    def __init__(self) -> None:
        self.asked = False
        self._reading = False

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def next_of(self, chunks: Iterator[Chunk]) -> Chunk | None:
        """The next chunk; None at the end, and where Ctrl-C was pressed."""
        if self.asked:
            return None
        self._reading = True
        try:
            return next(chunks, None)
        except KeyboardInterrupt:
            return None
        finally:
            self._reading = False

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked = True
        if self._reading:
            raise KeyboardInterrupt


class Workers(Generic[Answers]):
    """make: gives what answers a chunk; it is asked here once, and again in each process that cannot inherit what it gave."""

    def __init__(self, make: Callable[[], Callable[[Chunk], Answers]], jobs: int, interruption: Interruption) -> None:
        self._make, self._jobs, self._interruption = make, jobs, interruption

    def run(self, chunks: Iterator[Chunk]) -> Iterator[tuple[Chunk, Answers]]:
        """Every chunk with its answers, in order. Processes are started where there is more than one chunk and more than one job."""
        ahead = [chunk for _ in range(2) if (chunk := self._interruption.next_of(chunks)) is not None]
        if self._jobs > 1 and len(ahead) > 1:
            yield from self._run_together(chain(ahead, chunks))
            return
        answer, rest = self._make(), chain(ahead, chunks)
        while (chunk := self._interruption.next_of(rest)) is not None:
            yield chunk, answer(chunk)

    def _run_together(self, chunks: Iterator[Chunk]) -> Iterator[tuple[Chunk, Answers]]:
        waiting: deque[tuple[Chunk, Future[Answers]]] = deque()
        pool = self._start()
        try:
            while True:
                while len(waiting) < _AHEAD * self._jobs and (chunk := self._interruption.next_of(chunks)) is not None:
                    waiting.append((chunk, pool.submit(_answer, chunk)))
                if not waiting:
                    return
                chunk, future = waiting.popleft()
                yield chunk, future.result()
                if self._interruption.asked:
                    return
        except BrokenProcessPool:
            raise InputError("--jobs", "a process that classifies has died; perhaps memory is short") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _start(self) -> ProcessPoolExecutor:
        """On Linux processes inherit what is loaded; nothing of ours runs in another thread yet."""
        global _work  # noqa: PLW0603  # what a forked process inherits
        if sys.platform == "linux":
            _work = self._make()
            gc.collect()
            gc.freeze()  # what is there is shared by all as long as no collector writes to it
            return ProcessPoolExecutor(self._jobs, multiprocessing.get_context("fork"), _begin, (None,))
        return ProcessPoolExecutor(self._jobs, multiprocessing.get_context("spawn"), _begin, (self._make,))


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _begin(make: Callable[[], Callable[[Chunk], object]] | None) -> None:
    global _work  # noqa: PLW0603  # of this process
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first decides
    if make is not None:
        _work = make()


def _answer(chunk: Chunk) -> Any:  # noqa: ANN401  # what the work gives
    if _work is None:
        raise RuntimeError("a process without work")  # a fault of ours
    return _work(chunk)
