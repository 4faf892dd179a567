"""Layout: dma, the DragonFly Mail Agent (mail.c, net.c; 0.1 to 0.13), plain text, one recipient a notice.

`MX [IP] did not like our RCPT TO:` and the reply on the lines below, or one sentence of dma's own. A refusal at HELO
reads `unknown bounce reason`, and any 4yz loses everything: `Could not deliver for the last 432000 seconds. Giving up.`
"""

import re
from collections.abc import Sequence

from bounce_verdict.model import Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.reply.reply_lines import is_reply, join_reply
from bounce_verdict.pipeline.parse.smtp_commands import command_of_phrase

_RECIPIENT = "There was an error delivering your mail to "
SIGNS = (_RECIPIENT,)
_ENDS = ("Original message follows.", "Message headers follow.")
_REFUSED = re.compile(r"(?:remote host|([^\s\[\]]{1,255}+)(?: \[[^\]\s]{1,60}+\])?) did not like our (.{1,40}?):\s{0,3}$")


def read(notice: Notice) -> list[RecipientStatus]:
    """The status of the notice's recipient; [] where the notice is not dma's."""
    starts = [i for i, line in enumerate(notice.lines) if line.startswith(_RECIPIENT)]
    statuses = []
    for start in starts:
        address = clean_address(notice.lines[start].removeprefix(_RECIPIENT).strip().removesuffix("."), bare=True)
        if address is not None:
            statuses.append(_status(address, _reason(notice.lines, start + 1)))
    return statuses


def _reason(lines: Sequence[str], start: int) -> list[str]:
    reason: list[str] = []
    for line in lines[start:]:
        if line.startswith((*_ENDS, _RECIPIENT)):
            break
        if line.strip():
            reason.append(line.strip())
    return reason


def _status(address: str, reason: Sequence[str]) -> RecipientStatus:
    refused = _REFUSED.match(reason[0]) if reason else None
    reply = join_reply(reason[1:] if refused is not None else reason) or None
    return RecipientStatus(
        recipient=address,
        recipient_source="text",
        action="failed",
        remote_mta=refused.group(1) if refused is not None else None,
        reply=reply,
        said_by="remote" if refused is not None and is_reply(reply) else "local",
        command=command_of_phrase(refused.group(2)) if refused is not None else None,
        read_by="dma",
    )
