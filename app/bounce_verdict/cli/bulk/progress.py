"""A bar on a terminal's stderr while inputs are read, with rate and time left; and what is said at the end."""

import sys
from types import TracebackType
from typing import Self

from bounce_verdict.cli.inputs.chunk import Chunk
from bounce_verdict.cli.inputs.folders import InputFile


class ProgressBar:
    """Shows how much is done. Where stderr is no terminal there is none, nor where a terminal has the answers.

    counted: the word for what is counted. prints: whether that is written to stdout.
    """

    def __init__(self, files: list[InputFile], counted: str = "answers", *, prints: bool = True) -> None:
        self._done_before = [0]
        for file in files:
            self._done_before.append(self._done_before[-1] + file.size)
        self._bar = None
        if sys.stderr.isatty() and not (prints and sys.stdout.isatty()):
            from rich.console import Console  # noqa: PLC0415  # a pipe needs none of it
            from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

            shown = TextColumn(f"{{task.fields[count]}} {counted}, {{task.fields[rate]}}/s")
            columns = (BarColumn(bar_width=None), TaskProgressColumn(), shown, TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        if self._bar is not None:
            total = self._done_before[-1] or None
            self._task = self._bar.add_task("", total=total, count="0", rate="0")
            self._bar.start()
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    @property
    def is_shown(self) -> bool:
        """Whether anybody sees it."""
        return self._bar is not None

    def move(self, chunk: Chunk, count: int) -> None:
        """Show that `chunk` is done, after which there are so many in all."""
        if self._bar is None:
            return
        done = self._done_before[min(chunk.end.file, len(self._done_before) - 1)] + chunk.read
        seconds = self._bar.tasks[0].elapsed or 0.001
        self._bar.update(self._task, completed=done, count=f"{count:,}", rate=f"{count / seconds:,.0f}")
        self._bar.refresh()
