"""The replies and messages that `bounces rules diff` compares rules by: lines of text, NDJSON objects, *.eml files."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from bounce_verdict.contract.decoding import decode_json
from bounce_verdict.contract.inputs import text_input
from bounce_verdict.contract.refusals import Refusal
from bounce_verdict.contract.requests import ReplyRequest
from bounce_verdict.errors import InputError
from bounce_verdict.model import Command, MessageInput, ReplyInput


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
        return text_input(decode_json(line, ReplyRequest), commands)
    except Refusal as refusal:
        raise InputError(where, f"is no reply object: {refusal.document.detail}") from None
    except InputError as error:
        raise InputError(where, f"is no reply object: {error}") from None
