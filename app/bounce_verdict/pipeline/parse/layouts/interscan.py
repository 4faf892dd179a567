"""Trend Micro InterScan: VirusWall, Messaging Security Suite, and the cloud service that followed.

`Sent <<< RCPT TO:<ana@example.org>`, `Received >>> 550 …`, `Unable to deliver message to <ana@example.org> …`. Other
languages turn the arrows round, so what follows the arrow shows which line is the command and which the reply.
"""

import re

from bounce_verdict.model import Command, Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import address_key, clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import TO, said_by
from bounce_verdict.pipeline.parse.reply.reply_lines import is_reply
from bounce_verdict.pipeline.parse.smtp_commands import command_of_phrase

_PROGRAM = "InterScan"
SIGNS = (_PROGRAM,)
_ARROW = re.compile(r"^[^<>]{0,24}+(?:<<<|>>>) *+(?P<line>\S.*)$")
_RECIPIENT = re.compile(rf"^RCPT TO: ?<{TO}>", re.IGNORECASE)
_UNABLE = re.compile(rf"Unable to deliver message to <{TO}>")


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per recipient of the transcript, else of the sentence; [] where the notice is not InterScan's."""
    if _PROGRAM not in notice.text and _PROGRAM not in notice.header("from"):
        return []
    statuses: dict[str, RecipientStatus] = {}
    recipient: str | None = None
    command: Command | None = None
    for line in notice.lines:
        said = _ARROW.match(line)
        unable = _UNABLE.search(line)
        if said and is_reply(said["line"]):
            if recipient:
                statuses[address_key(recipient)] = _status(recipient, said["line"], command)
        elif said:
            command = command_of_phrase(said["line"])
            if hit := _RECIPIENT.match(said["line"]):
                recipient = clean_address(hit["to"])
        elif unable and (address := clean_address(unable["to"])):
            statuses.setdefault(address_key(address), _status(address, line, None))
    return list(statuses.values())


def _status(recipient: str, reply: str, command: Command | None) -> RecipientStatus:
    return RecipientStatus(
        recipient=recipient,
        recipient_source="text",
        action="failed",
        reply=reply.strip(),
        said_by=said_by(reply),
        command=command,
        read_by="interscan",
    )
