"""`bounces classify`: an answer without a server."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from bounce_verdict.errors import InputError
from bounce_verdict.model import MessageInput, ReplyInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.parse.smtp_commands import resolve_command
from bounce_verdict.private_files import user_cache_folder
from bounce_verdict.response import encode, indented
from bounce_verdict.rulebook.files import read_files, rules_folder
from bounce_verdict.settings import Settings, load_settings
from bounce_verdict.snapshot.user_cache import compiled_rules


def classify_command(
    file: Annotated[str, typer.Argument(help="A raw message; - is stdin.")] = "-",
    reply: Annotated[str | None, typer.Option(help="Classify this reply instead of a message.")] = None,
    command: Annotated[str | None, typer.Option(help="With --reply: the command that was answered.")] = None,
    remote_mta: Annotated[str | None, typer.Option(help="With --reply: the server that answered.")] = None,
    recipient: Annotated[str | None, typer.Option(help="With --reply: the recipient's address.")] = None,
    sender: Annotated[str | None, typer.Option(help="Your envelope sender.")] = None,
    sending_ip: Annotated[str | None, typer.Option(help="The address of the host that sent.")] = None,
    sending_host: Annotated[str | None, typer.Option(help="The name of the host that sent.")] = None,
    envelope_to: Annotated[str | None, typer.Option(help="The address that the message arrived at.")] = None,
    envelope_from: Annotated[str | None, typer.Option(help="The message's envelope sender.")] = None,
) -> None:
    """Classify one message, or one reply, and print the answer as JSON."""
    settings = load_settings()
    if reply is None:
        raw = _read(file, settings.max_body)
        message = MessageInput(raw, envelope_to, envelope_from, None, time.time(), sender, sending_ip, sending_host)
        answer = encode(_load_pipeline(settings).message(message))
    else:
        pipeline = _load_pipeline(settings)
        known = resolve_command(command, pipeline.book.commands) if command else None
        given = ReplyInput(reply, known, remote_mta, recipient, None, None, sender, sending_ip, sending_host)
        answer = encode(pipeline.reply(given))
    sys.stdout.write(indented(answer))


def _load_pipeline(settings: Settings) -> Pipeline:
    """The pipeline by the rules that the settings name. Raises RulebookError."""
    loaded = compiled_rules(read_files(rules_folder(settings.rules), settings.local_rules), user_cache_folder())
    return Pipeline(
        loaded.book,
        settings.limits(),
        loaded.compiled,
        return_paths=settings.return_paths(),
        own_domains=settings.our_domains(),
    )


def _read(file: str, limit: int) -> bytes:
    """The raw message. Raises InputError where it cannot be read, is empty or beyond `limit` bytes."""
    try:
        if file == "-":
            raw = sys.stdin.buffer.read(limit + 1)
        else:
            with Path(file).open("rb") as opened:
                raw = opened.read(limit + 1)
    except OSError as error:
        raise InputError(file, f"cannot be read: {error.strerror}") from None
    if not raw:
        raise InputError(file, "is empty; a raw message is expected")
    if len(raw) > limit:
        raise InputError(file, f"is larger than {limit} bytes (BOUNCES_MAX_BODY)")
    return raw
