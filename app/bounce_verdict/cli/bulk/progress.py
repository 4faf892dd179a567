"""A bar on a terminal's stderr while inputs are read, with rate and time left; and what is said at the end."""

import sys
from types import TracebackType
from typing import Self

from bounce_verdict.cli.inputs.chunk import Chunk
from bounce_verdict.cli.inputs.folders import InputFile


class ProgressBar:
    """Shows how much has been read. Where stderr is no terminal, or answers go to one, there is none."""

    def __init__(self, files: list[InputFile]) -> None:
        self._done_before = [0]
        for file in files:
            self._done_before.append(self._done_before[-1] + file.size)
        self._bar = None
        if sys.stderr.isatty() and not sys.stdout.isatty():
            from rich.console import Console  # noqa: PLC0415  # a pipe needs none of it
            from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

            shown = TextColumn("{task.fields[answers]} answers, {task.fields[rate]}/s")
            columns = (BarColumn(bar_width=None), TaskProgressColumn(), shown, TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        if self._bar is not None:
            total = self._done_before[-1] or None
            self._task = self._bar.add_task("", total=total, answers="0", rate="0")
            self._bar.start()
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def move(self, chunk: Chunk, answers: int) -> None:
        """Show that `chunk` is done, after which there are so many `answers` in all."""
        if self._bar is None:
            return
        done = self._done_before[min(chunk.end.file, len(self._done_before) - 1)] + chunk.read
        seconds = self._bar.tasks[0].elapsed or 0.001
        self._bar.update(self._task, completed=done, answers=f"{answers:,}", rate=f"{answers / seconds:,.0f}")
        self._bar.refresh()
