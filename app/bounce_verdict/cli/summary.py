"""`bounces summary`: counts over many bounces, and the texts that no rule decided."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from bounce_verdict.cli.bulk.run import INTERRUPTED, NOTHING_DONE, SOME_UNREAD, Unread, count_files
from bounce_verdict.cli.bulk.tally import Summary
from bounce_verdict.cli.bulk.workers import processors
from bounce_verdict.cli.inputs.chunk import Position
from bounce_verdict.cli.inputs.folders import find_files
from bounce_verdict.cli.inputs.selection import ColumnOption, FilesArgument, FormatOption, JobsOption, select
from bounce_verdict.cli.loading import load_pipeline
from bounce_verdict.cli.options import named_files, refuse
from bounce_verdict.response import encode, indented

_TOP = 10


class SummaryForm(StrEnum):
    """How a summary is written."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"


def summary_command(
    files: FilesArgument = None,
    format: FormatOption = None,  # noqa: A002  # as the option is called
    column: ColumnOption = None,
    to: Annotated[
        SummaryForm, typer.Option(help="How it is written; html is a report with charts in one file.")
    ] = SummaryForm.TABLE,
    top: Annotated[
        int | None, typer.Option(min=1, help="Rows of each table, and undecided texts, that are shown: 10. JSON has all.")
    ] = None,
    jobs: JobsOption = None,
) -> None:
    """Count recipients by verdict, reason, provider, command, rule and day, and list the texts that no rule decided.

    Of several answers about a recipient the last counts. A line that names no recipient counts as one.
    """
    if to is SummaryForm.JSON:
        refuse("does not go with --to json, which has all", top=top)
    found, unread, loaded = find_files(named_files(files)), Unread(), load_pipeline()
    reading = select(found, format, column, None, Position(), loaded.max_body, unread)
    summary = count_files(reading, loaded, jobs or processors())
    if summary is None:
        sys.exit(INTERRUPTED)
    if unread.count and not summary.answers and not summary.problems:
        sys.exit(NOTHING_DONE)
    _write(summary, to, top or _TOP, [file.name for file in found], loaded.pipeline.book.digest)
    sys.exit(SOME_UNREAD if summary.problems or unread.count else 0)


def _write(summary: Summary, to: SummaryForm, top: int, names: Sequence[str], digest: str) -> None:
    if to is SummaryForm.JSON:
        sys.stdout.write(indented(encode(summary)))
    elif to is SummaryForm.HTML:
        from bounce_verdict.cli.report.page import html_report  # noqa: PLC0415  # no other form needs its charts

        sys.stdout.buffer.write(html_report(summary, names, digest, top).encode("utf-8", "replace"))
    else:
        from bounce_verdict.cli.output.summary_tables import print_summary  # noqa: PLC0415  # JSON needs none of rich

        print_summary(summary, top)
