"""`bounces classify`: a verdict for each recipient of replies, bounces and mail logs, without a server."""

import sys
from typing import Annotated

import typer

from bounce_verdict.cli.bulk.answering import Sending
from bounce_verdict.cli.inputs.chunk import Position, parse_position
from bounce_verdict.cli.inputs.folders import InputFile, find_files
from bounce_verdict.cli.inputs.selection import ColumnOption, FilesArgument, FormatOption, JobsOption, select
from bounce_verdict.cli.loading import load_pipeline
from bounce_verdict.cli.options import CommandOption, named_files, refuse
from bounce_verdict.cli.output.answered import Answered
from bounce_verdict.cli.output.forms import To
from bounce_verdict.cli.output.writer import Writer, render
from bounce_verdict.errors import InputError
from bounce_verdict.model import ReplyInput
from bounce_verdict.pipeline.parse.smtp_commands import resolve_command


def classify_command(
    files: FilesArgument = None,
    format: FormatOption = None,  # noqa: A002  # as the option is called
    to: Annotated[To | None, typer.Option(help="How answers are written; on a terminal a table, else NDJSON.")] = None,
    column: ColumnOption = None,
    bom: Annotated[bool, typer.Option("--bom", help="With --to csv: begin with the mark by which Excel knows UTF-8.")] = False,  # noqa: FBT002  # as typer takes it
    jobs: JobsOption = None,
    resume: Annotated[str | None, typer.Option(metavar="POSITION", help="Go on where a stopped run said that it ended.")] = None,
    reply: Annotated[str | None, typer.Option(help="Classify this reply instead of files.")] = None,
    command: CommandOption = None,
    remote_mta: Annotated[str | None, typer.Option(help="With --reply: the server that answered.")] = None,
    recipient: Annotated[str | None, typer.Option(help="With --reply: the recipient's address.")] = None,
    sender: Annotated[str | None, typer.Option(help="Your envelope sender.")] = None,
    sending_ip: Annotated[str | None, typer.Option(help="The address of the host that sent.")] = None,
    sending_host: Annotated[str | None, typer.Option(help="The name of the host that sent.")] = None,
    envelope_to: Annotated[str | None, typer.Option(help="Of one message: the address that it arrived at.")] = None,
    envelope_from: Annotated[str | None, typer.Option(help="Of one message: its envelope sender.")] = None,
) -> None:
    """Classify replies, bounces and mail logs: one line for each recipient.

    Exit code 0 where everything was read, whatever the verdicts; 1 where something could not be read, 2 where nothing could be done.
    """
    to = to or (To.TABLE if sys.stdout.isatty() else To.NDJSON)
    sending = Sending(sender, sending_ip, sending_host, envelope_to, envelope_from)
    if bom and to is not To.CSV:
        raise InputError("--bom", "goes with --to csv only")
    if reply is not None:
        refuse("does not go with --reply", FILE=files, format=format, column=column, jobs=jobs, resume=resume)
        refuse("does not go with --reply", envelope_to=envelope_to, envelope_from=envelope_from)
        _classify_reply(Writer(to, bom=bom), to, reply, command, remote_mta, recipient, sending)
        return
    from bounce_verdict.cli.bulk.run import Unread, classify_files  # noqa: PLC0415  # one reply needs no processes
    from bounce_verdict.cli.bulk.workers import processors  # noqa: PLC0415

    refuse("goes with --reply only", command=command, remote_mta=remote_mta, recipient=recipient)
    found = find_files(named_files(files))
    if len(found) > 1 or format not in (None, "message"):
        refuse("goes with one message only", envelope_to=envelope_to, envelope_from=envelope_from)
    start, unread = _start(resume, found), Unread()
    loaded = load_pipeline()
    reading = select(found, format, column, envelope_to or envelope_from, start, loaded.max_body, unread)
    writer = Writer(to, bom=bom, is_begun=start != Position())
    sys.exit(classify_files(reading, loaded, sending, to, writer, jobs or processors(), unread))


def _start(resume: str | None, files: list[InputFile]) -> Position:
    start = parse_position(resume) if resume is not None else Position()
    if start.file > len(files):
        raise InputError("--resume", f"begins at file {start.file}, counted from 0, and there are {len(files)}")
    return start


def _classify_reply(
    writer: Writer, to: To, reply: str, command: str | None, remote_mta: str | None, recipient: str | None, sending: Sending
) -> None:
    if not reply.strip():
        raise InputError("--reply", "is empty")
    pipeline = load_pipeline().pipeline
    known = resolve_command(command, pipeline.book.commands) if command else None
    given = ReplyInput(reply, known, remote_mta, recipient, None, None, sending.sender, sending.sending_ip, sending.sending_host)
    writer.write(render(to, [Answered("--reply", 1, pipeline.reply(given), text=reply)]).content)
