"""One run over inputs: read, answered by several processes, written in order; what could not be read is said on stderr."""

import sys
from collections.abc import Callable
from functools import partial

from bounce_verdict.cli.bulk.answering import Answerer, Sending
from bounce_verdict.cli.bulk.progress import ProgressBar
from bounce_verdict.cli.bulk.tally import Counted, Summary, Tally, count_answer, is_problem
from bounce_verdict.cli.bulk.workers import Interruption, Workers
from bounce_verdict.cli.inputs.chunk import Chunk, Position
from bounce_verdict.cli.inputs.reading import Reading, read_chunks
from bounce_verdict.cli.loading import Loaded
from bounce_verdict.cli.output.counting import count_of
from bounce_verdict.cli.output.forms import To
from bounce_verdict.cli.output.writer import Rendered, Writer, render
from bounce_verdict.errors import InputError

SOME_UNREAD, NOTHING_DONE, INTERRUPTED = 1, 2, 130  # exit codes; docs/command-line.md lists all


class Unread:
    """Says which inputs could not be read, and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, error: InputError) -> None:
        """Say it."""
        self.count += 1
        sys.stderr.write(f"bounces: {error}\n")


def classify_files(reading: Reading, loaded: Loaded, sending: Sending, to: To, writer: Writer, jobs: int, unread: Unread) -> int:
    """Write the answers for all that is read; the exit code."""
    answers, problems, end = 0, 0, reading.start
    with Interruption() as interruption, ProgressBar(list(reading.files)) as progress:
        workers = Workers(partial(_make, loaded, sending, to), jobs, interruption)
        for chunk, rendered in workers.run(read_chunks(reading)):
            if to is To.CSV:
                writer.check_columns(chunk)
            writer.write(rendered.content)
            answers, problems, end = answers + rendered.answers, problems + rendered.problems, chunk.end
            progress.move(chunk, answers)
    if interruption.asked:
        _say_where(end, reading)
        return INTERRUPTED
    if problems:
        sys.stderr.write(
            f"bounces: {count_of(problems, 'record')} could not be read; {'it is' if problems == 1 else 'they are'} among the answers\n"
        )
    if not answers and unread.count:
        return NOTHING_DONE
    return SOME_UNREAD if problems or unread.count else 0


def count_files(reading: Reading, loaded: Loaded, jobs: int) -> Summary | None:
    """The counts over all that is read; None where Ctrl-C was pressed."""
    tally, problems, answers = Tally(), 0, 0
    with Interruption() as interruption, ProgressBar(list(reading.files)) as progress:
        workers = Workers(partial(_make_counter, loaded), jobs, interruption)
        for chunk, (counted, unreadable) in workers.run(read_chunks(reading)):
            tally.add(counted)
            problems, answers = problems + unreadable, answers + len(counted)
            progress.move(chunk, answers)
    return None if interruption.asked else tally.summary(problems)


def _say_where(end: Position, reading: Reading) -> None:
    name = reading.files[end.file].name if end.file < len(reading.files) else "the last file"
    sys.stderr.write(f"bounces: stopped ahead of record {end.number:,} of {name}; what was written is whole\n")
    sys.stderr.write(f"bounces: to go on, add --resume {end} and append to the same output with >>\n")


def _make(loaded: Loaded, sending: Sending, to: To) -> Callable[[Chunk], Rendered]:
    answerer = Answerer(loaded, sending)

    def answer(chunk: Chunk) -> Rendered:
        delimiter = chunk.head.delimiter if chunk.head is not None else ","
        return render(to, list(answerer.answer(chunk)), delimiter)

    return answer


def _make_counter(loaded: Loaded) -> Callable[[Chunk], tuple[list[Counted], int]]:
    answerer = Answerer(loaded, Sending())

    def count(chunk: Chunk) -> tuple[list[Counted], int]:
        answers = list(answerer.answer(chunk))
        return [one for one in map(count_answer, answers) if one is not None], sum(map(is_problem, answers))

    return count
