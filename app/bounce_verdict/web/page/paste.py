"""What stands in the page's form: read, within bounds and in memory alone, and told what it is."""

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.types import Message

from bounce_verdict.contract.recognition import LOOKED_AT, is_item, is_log, is_message, webhook_source
from bounce_verdict.contract.refusals import Refusal
from bounce_verdict.errors import InputError
from bounce_verdict.model import value
from bounce_verdict.response import problem
from bounce_verdict.webhooks import SOURCES
from bounce_verdict.webhooks.payload import decode

MAX_FORM = 1_048_576  # bytes; below what Starlette would put into a file
MAX_TEXT = 65_536  # bytes of anything but a message, which alone a process of its own can read
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"

_BESIDE = ("read_as", "command", "recipient", "envelope_to")
_FIELDS = frozenset(("text", "file", *_BESIDE))


@value
class Pasted:
    """What was pasted, or the file that was dropped. kind: message, item, log, reply, or a source of webhooks."""

    content: bytes
    kind: str
    command: str | None = None
    recipient: str | None = None
    envelope_to: str | None = None

    @property
    def text(self) -> str:
        """The content as text."""
        return self.content.decode("utf-8", "replace")


async def read_form(request: Request, body: bytes) -> Pasted:
    """What the form in `body` holds. Raises InputError naming the field, and Refusal 400 for a body that is no form."""

    async def receive() -> Message:  # as ASGI calls it
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        async with Request(request.scope, receive).form(max_files=1, max_fields=len(_FIELDS), max_part_size=MAX_FORM) as form:
            fields = {name: await one.read() if isinstance(one, UploadFile) else one.encode() for name, one in form.items()}
    except HTTPException:
        raise Refusal(problem(400, "The form cannot be read.")) from None
    if fields.keys() - _FIELDS:
        raise InputError("form", "has a field that the page's form has not")
    content = fields.get("file") or fields.get("text", b"")
    if not content.strip():
        raise InputError("text", "is empty: paste a reply, a bounce, a webhook's payload or a line of a log")
    beside = {name: fields.get(name, b"").decode("utf-8", "replace").strip() or None for name in _BESIDE}
    kind = _kind(content, beside.pop("read_as") or "auto")
    if kind != "message" and len(content) > MAX_TEXT:
        document = problem(413, f"Only a whole message may have more than {MAX_TEXT} bytes here.", limit=f"max_text {MAX_TEXT}")
        raise Refusal(document)
    return Pasted(content, kind, **beside)


def _kind(content: bytes, read_as: str) -> str:
    """The kind that is asked for, else the one that the content shows. Raises InputError for one that is none."""
    if read_as != "auto":
        if read_as not in {"message", "log", "reply", *SOURCES}:
            raise InputError("read_as", f"must be one of auto, reply, message, log, {', '.join(SOURCES)}")
        return read_as
    text = content.lstrip()
    if is_message(text.split(b"\n", 1)[-1] if text.startswith(b"From ") else text):
        return "message"
    if is_item(text):
        return "item"
    return _payload_kind(text[: MAX_TEXT + 1]) or _line_kind(text)


def _payload_kind(text: bytes) -> str | None:
    if text[:1] not in (b"{", b"[") and not text.startswith((b"mandrill_events=", b"event=", b"status=")):
        return None
    try:
        return webhook_source(decode(text))
    except InputError:
        return None


def _line_kind(text: bytes) -> str:
    lines = [line.decode("utf-8", "replace") for line in text.splitlines()[:LOOKED_AT] if line.strip()]
    return "log" if is_log(lines) else "reply"
