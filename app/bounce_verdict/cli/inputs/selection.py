"""The options by which a command is told what to read."""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, get_args

import typer

from bounce_verdict.cli.inputs.chunk import Kind, Position
from bounce_verdict.cli.inputs.folders import InputFile
from bounce_verdict.cli.inputs.reading import Reading
from bounce_verdict.cli.options import completing
from bounce_verdict.errors import InputError

KINDS: tuple[Kind, ...] = get_args(Kind)
_BESIDE = 1 << 20  # bytes of a record beside a message in base64


def _formats() -> Iterable[str]:
    from bounce_verdict.maillogs import FORMATS  # noqa: PLC0415  # where a shell asks

    return dict.fromkeys((*KINDS, *FORMATS))


FilesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="FILE", help="Mails, mboxes, Maildirs, folders, replies, NDJSON, CSV, mail logs; - is stdin."),
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        metavar="KIND",
        autocompletion=completing(_formats),
        help=f"What the files are, where it is not recognised: {', '.join(KINDS)}, or a log's program as in docs/maillogs.md.",
    ),
]
ColumnOption = Annotated[str | None, typer.Option(metavar="NAME", help="Of CSV: the column that holds the reply.")]
JobsOption = Annotated[
    int | None, typer.Option(min=1, max=256, help="Processes that classify; by default one for each processor.")
]


def select(
    files: Sequence[InputFile],
    format: str | None,  # noqa: A002  # as the option is called
    column: str | None,
    envelope: str | None,
    start: Position,
    max_body: int,
    unread: Callable[[InputError], None],
) -> Reading:
    """What is read and how. envelope: an address of one message's. Raises InputError for a format that is none, or a column where no CSV is read."""
    log_format = _log_format(format) if format is not None and format not in KINDS else None
    kind = next((one for one in KINDS if one == format), "log" if format else None)
    if column and kind not in (None, "csv"):
        raise InputError("--column", "goes with CSV only")
    needs: tuple[Kind, str] | None = ("csv", "--column") if column else None
    if envelope:
        needs = ("message", "--envelope-to or --envelope-from")
    return Reading(files, unread, max_body * 4 // 3 + _BESIDE, kind, log_format, column, needs, start)


def _log_format(name: str) -> str:
    from bounce_verdict.maillogs import FORMATS  # noqa: PLC0415  # where a log is read

    if name not in FORMATS:
        raise InputError("--format", f"must be one of {', '.join((*KINDS, *FORMATS))}")
    return name
