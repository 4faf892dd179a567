"""`bounces explain`: the verdict of a reply, or of each recipient of a bounce, and why."""

import errno
import os
import re
import stat
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from bounce_verdict.cli.bulk.answering import read_message
from bounce_verdict.cli.inputs.opening import HEAD
from bounce_verdict.cli.inputs.recognition import recognise
from bounce_verdict.cli.loading import load_pipeline
from bounce_verdict.cli.options import CommandOption, LocalOption, RulesOption, refuse
from bounce_verdict.cli.output.explained import Explanation
from bounce_verdict.errors import InputError
from bounce_verdict.model import Classification, MessageInput, ReplyInput, Report
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.parse.smtp_commands import resolve_command
from bounce_verdict.rulebook.explain import Explained, explain_reply

_NAME = re.compile(r"(?!\d|.*@)[^\s:;<>]*[./][^\s:;<>]*\w", re.ASCII)  # one word, which a reply would hardly be
MAX_RECIPIENTS = 20  # of a bounce that are explained


def explain_command(
    text: Annotated[str, typer.Argument(metavar="REPLY|FILE", help="The reply; or a file of one reply or bounce, - for stdin.")],
    command: CommandOption = None,
    remote_mta: Annotated[str | None, typer.Option(help="The server that answered.")] = None,
    recipient: Annotated[str | None, typer.Option(help="The recipient's address.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Show every rule that came close.")] = False,  # noqa: FBT002
    rules: RulesOption = None,
    local: LocalOption = None,
) -> None:
    """Show why a reply or a bounce is classified as it is: the verdict first, then what decided, then which rules lost and why."""
    loaded = load_pipeline(rules=rules, local_rules=local)
    pipeline, shown = loaded.pipeline, Explanation()
    raw = _raw(text, loaded.max_body)
    kind = recognise(text, raw[:HEAD]) if raw is not None else "replies"
    if kind not in ("message", "replies"):
        raise InputError(
            text, f"is read as {kind}: explain takes one reply or one bounce, and bounces classify answers each record"
        )
    if raw is not None and kind == "message":
        refuse("goes with a reply only: a bounce tells it itself", command=command, remote_mta=remote_mta, recipient=recipient)
        _explain_message(shown, pipeline, raw, every=every)
        return
    reply = text if raw is None else raw.decode("utf-8", "replace").strip()
    if not reply.strip():
        raise InputError("REPLY", "is empty")
    known = resolve_command(command, pipeline.book.commands) if command else None
    explained = explain_reply(pipeline.book, ReplyInput(reply, known, remote_mta, recipient), pipeline=pipeline)
    shown.write(explained.answer, explained, every=every)


def _raw(text: str, limit: int) -> bytes | None:
    """What the file of that name holds; None where there is none, so that it is the reply itself. Raises InputError."""
    try:
        is_file = text == "-" or stat.S_ISREG(os.stat(text).st_mode)  # noqa: PTH116  # it says why it cannot
    except ValueError:
        return None
    except OSError as error:
        if _NAME.fullmatch(text) and error.errno != errno.ENAMETOOLONG:
            raise InputError(text, f"cannot be read: {error.strerror}") from None
        return None
    if not is_file:
        return None
    raw = read_message(text, limit)
    if len(raw) > limit:
        raise InputError(text, f"is larger than {limit} bytes (BOUNCES_MAX_BODY)")
    return raw


def _explain_message(shown: Explanation, pipeline: Pipeline, raw: bytes, *, every: bool) -> None:
    report: Report = pipeline.message(MessageInput(raw))
    for warning in report.warnings:
        sys.stderr.write(f"bounces: {warning}\n")
    if not report.recipients:
        shown.say(f"{report.kind}: the message names no recipient whose mail failed.")
    for number, (answer, explained) in enumerate(_explained(pipeline, report)):
        if number:
            shown.say("")
        shown.write(answer, explained, every=every)
    if len(report.recipients) > MAX_RECIPIENTS:
        shown.say(f"and {len(report.recipients) - MAX_RECIPIENTS} more recipients: bounces classify lists them")


def _explained(pipeline: Pipeline, report: Report) -> Iterator[tuple[Classification, Explained | None]]:
    for answer in report.recipients[:MAX_RECIPIENTS]:
        reply = answer.reply
        if reply is None:
            yield answer, None
            continue
        line = " ".join(str(part) for part in (reply.code, reply.enhanced_status, reply.text) if part)
        given = ReplyInput(line, reply.command, answer.remote_mta, answer.recipient, answer.action)
        yield answer, explain_reply(pipeline.book, given, pipeline=pipeline)
