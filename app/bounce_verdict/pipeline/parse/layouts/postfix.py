"""Layout: Postfix, and the programs built on it (bounce_templates(5), bounce_append_service(8); seen in 2.0 to 3.8).

One paragraph a recipient, wrapped: `<addr>: host MX[IP] said: REPLY (in reply to X command)`. A greeting, EHLO or HELO
that fails reads `host MX[IP] refused to talk to me: REPLY`, whichever of them it was (smtp_proto.c).
"""

import re
from collections.abc import Iterator, Sequence

from bounce_verdict.model import Action, Command, Notice, RecipientStatus
from bounce_verdict.pipeline.media_types import DELIVERY_STATUS
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import holds_any, is_blank, split_blocks
from bounce_verdict.pipeline.parse.smtp_commands import command_of_phrase

_PARAGRAPH = re.compile(r" {0,2}<([^<>\s]{1,320}+)>(?: \((?:expanded|generated) from:? <?([^<>()\s]{1,320}+)>?\))?[:,] ?(.*)")
_HOST = re.compile(
    r"\bhost ([^\s\[\]]{1,255}+)(?:\[[^\]\s]{1,60}+\])?(?::\d{1,5})? (said|refused to talk to me|refused to start TLS): ?"
)
_SASL = re.compile(r"SASL authentication failed; server ([^\s\[\]]{1,255}+)(?:\[[^\]\s]{1,60}+\])? said: ?")
_WITH = re.compile(r"\b(?:with|connect to|server|by host) ([^\s\[\]]{1,255}+)\[[^\]\s]{1,60}+\]")
_IN_REPLY = "(in reply to "
_MARKS = (" said: ", " refused to talk to me", "in reply to ", "lost connection with", "mail system at host", "program at host")


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per recipient paragraph; [] where the notice is not Postfix's."""
    if not _is_postfix(notice):
        return []
    action = _action(notice)
    return [
        _status(address, original, text, action)
        for recipient, expanded_from, text in _paragraphs(notice.lines)
        if (address := clean_address(recipient, bare=True)) is not None
        for original in [clean_address(expanded_from) if expanded_from else None]
    ]


def _is_postfix(notice: Notice) -> bool:
    if holds_any(notice.text, _MARKS):
        return True
    if any("(Postfix" in received for received in notice.message.headers.get_all("received")[:2]):
        return True
    return any("X-Postfix-Queue-ID" in part.read_text() for part in notice.message.parts if part.content_type in DELIVERY_STATUS)


def _action(notice: Notice) -> Action:
    """The notice as a whole says whether it is final; the three templates of bounce_templates(5) differ in their subject."""
    if "YOU DO NOT NEED TO RESEND" in notice.text or notice.header("subject").startswith("Delayed Mail"):
        return "delayed"
    if "successfully delivered to the destination" in notice.text or "Successful Mail Delivery Report" in notice.header(
        "subject"
    ):
        return "delivered"
    return "failed"


def _paragraphs(lines: Sequence[str]) -> Iterator[tuple[str, str | None, str]]:
    """(recipient, address it was expanded from, the paragraph on one line)."""
    for begun, below in split_blocks(lines, "<", _begin, is_blank):
        if begun is not None:
            recipient, expanded_from, words = begun
            yield recipient, expanded_from, " ".join(" ".join([words, *below]).split())


def _begin(line: str, _inside: object) -> tuple[str, str | None, str] | None:
    found = _PARAGRAPH.match(line) if "<" in line[:3] else None
    return (found.group(1), found.group(2), found.group(3)) if found is not None else None


def _status(address: str, original: str | None, text: str, action: Action) -> RecipientStatus:
    host, reply, command = _said(text)
    if reply is None:
        host, command = _unsaid(text)
    return RecipientStatus(
        recipient=address,
        recipient_source="text",
        original_recipient=original,
        action=action,
        remote_mta=host,
        reply=reply or text or None,
        said_by="remote" if reply else "local",
        command=command,
        read_by="postfix",
    )


def _said(text: str) -> tuple[str | None, str | None, Command | None]:
    """Host, reply and command of a paragraph in which a server speaks."""
    if (found := _HOST.search(text)) is not None:
        phrase = found.group(2)
        rest = text[found.end() :]
        if phrase == "refused to talk to me":
            return found.group(1), rest, "CONNECT"
        if phrase == "refused to start TLS":
            return found.group(1), rest, "STARTTLS"
        reply, command = _cut_command(rest)
        return found.group(1), reply, command
    if "SASL authentication failed" in text and (found := _SASL.search(text)) is not None:
        return found.group(1), text[found.end() :], "AUTH"
    if _IN_REPLY in text:  # a reply without its host, as mail filters hand it on
        reply, command = _cut_command(text)
        return None, reply, command
    return None, None, None


def _cut_command(text: str) -> tuple[str, Command | None]:
    """The reply without its `(in reply to … command)`, and the command it names."""
    start = text.rfind(_IN_REPLY)
    if start < 0:
        return text, None
    return text[:start].strip(), command_of_phrase(text[start + len(_IN_REPLY) :])


def _unsaid(text: str) -> tuple[str | None, Command | None]:
    """Host and command where nothing was said: `lost connection with H[IP] while sending RCPT TO`."""
    host = _WITH.search(text)
    while_doing = text.rfind(" while ") if text.startswith(("lost connection", "conversation with")) else -1
    command = command_of_phrase(text[while_doing + 7 :]) if while_doing >= 0 else None
    if command is None and text.startswith("connect to "):
        command = "CONNECT"
    return host.group(1) if host else None, command
