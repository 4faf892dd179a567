"""The replies and messages that `bounces rules diff` compares rules by: lines of text, NDJSON objects, *.eml files."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from bounce_verdict.errors import InputError
from bounce_verdict.model import Action, Command, MessageInput, ReplyInput, value
from bounce_verdict.pipeline.parse.smtp_commands import resolve_command


@value
class ReplyLine:
    """A reply as a line of NDJSON gives it; keys as in POST /v1/classify/reply."""

    reply: str
    command: str | None = None
    remote_mta: str | None = None
    recipient: str | None = None
    action: Action | None = None
    id: str | None = None
    sender: str | None = None
    sending_ip: str | None = None
    sending_host: str | None = None


def read_replies(files: list[str], commands: Mapping[str, Command]) -> Iterator[tuple[str, ReplyInput | MessageInput]]:
    """Every reply and message with where it stands. Raises InputError for a file that cannot be read, or a line that is no reply."""
    for name in files:
        try:
            raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as error:
            raise InputError(name, f"cannot be read: {error.strerror}") from None
        if name.lower().endswith(".eml"):
            yield name, MessageInput(raw)
            continue
        for number, line in enumerate(raw.splitlines(), 1):
            if line.strip():
                yield f"{name}:{number}", _reply(f"{name}:{number}", line, commands)


def _reply(where: str, line: bytes, commands: Mapping[str, Command]) -> ReplyInput:
    if not line.lstrip().startswith(b"{"):
        return ReplyInput(line.decode("utf-8", "replace"))
    try:
        given = msgspec.json.decode(line, type=ReplyLine)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InputError(where, f"is no reply object: {error}") from None
    command = resolve_command(given.command, commands) if given.command else None
    return ReplyInput(
        given.reply,
        command,
        given.remote_mta,
        given.recipient,
        given.action,
        given.id,
        given.sender,
        given.sending_ip,
        given.sending_host,
    )
