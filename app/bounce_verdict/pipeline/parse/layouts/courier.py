"""Layout: Courier (courier/module.dsn; 0.4x to 1.0).

`<addr>:` / `     MX [IP]:` / ` >>> CMD` / ` <<< reply lines`, in sections with a title each. `DATA` stands for the end of
the data as well. Without SMTP a line alone: ` <<< No such domain.`, or indented words of a local module.
"""

import re
from collections.abc import Sequence

from bounce_verdict.model import Action, Command, Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import holds_any, is_blank, split_blocks
from bounce_verdict.pipeline.parse.layouts.smtp_transcript import Turn, answered_command, read_transcript
from bounce_verdict.pipeline.parse.reply.reply_lines import is_reply, join_reply

_OWN_TITLES = ("UNDELIVERABLE MAIL", "DELAYS IN DELIVERING YOUR MESSAGE")
SIGNS = (*_OWN_TITLES, "MESSAGE DELIVERED", "delivery status notification from")
_ADDRESS = re.compile(r"<([^<>\s]{1,320}+)>:\s{0,5}$")
_HOST = re.compile(r"\s{1,8}([^\s\[\]]{1,255}+)(?: \[[^\]\s]{1,60}+\])?:\s{0,5}$")
_TITLES: tuple[tuple[str, Action], ...] = (
    ("UNDELIVERABLE MAIL", "failed"),
    ("DELAYS IN DELIVERING", "delayed"),
    ("MESSAGE DELIVERED TO A MAIL GATEWAY", "relayed"),
    ("MAIL GATEWAY", "relayed"),
    ("SUCCESSFUL", "delivered"),
    ("DELIVERED", "delivered"),
)


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per address paragraph; [] where the notice is not Courier's."""
    text = notice.text
    if "<" not in text or not holds_any(text, SIGNS):
        return []
    if "Courier mail server" not in text and not holds_any(text, _OWN_TITLES):
        return []
    action: Action = "failed"
    statuses = []
    for address, lines in split_blocks(notice.lines, ">:", _address, is_blank):
        if address is None:
            action = _titled(lines, action)
        elif address:
            statuses.append(_status(address, lines, action))
    return statuses


def _address(line: str, _inside: object) -> str | None:
    """The address of a recipient's first line; empty where it is none that can be read."""
    found = _ADDRESS.match(line)
    return clean_address(found.group(1), bare=True) or "" if found is not None else None


def _titled(lines: Sequence[str], action: Action) -> Action:
    """What becomes of the recipients below these lines: as the last title among them says, else as above."""
    return next((action for line in reversed(lines) for title, action in _TITLES if title in line), action)


def _status(address: str, lines: Sequence[str], action: Action) -> RecipientStatus:
    hosts = [found.group(1) for line in lines if (found := _HOST.match(line)) is not None]
    turns, before = read_transcript(lines)
    said = next((turn for turn in turns if is_reply(turn.reply)), None)
    unsaid = [turn.reply for turn in turns] or [line for line in before if _HOST.match(f" {line}") is None]
    reply = said.reply if said is not None else join_reply(unsaid) or None
    return RecipientStatus(
        recipient=address,
        recipient_source="text",
        action=action,
        remote_mta=hosts[0] if hosts else None,
        reply=reply,
        said_by="remote" if said is not None else ("local" if reply else None),
        command=_command(said) if said is not None else None,
        read_by="courier",
    )


def _command(turn: Turn) -> Command | None:
    """Courier writes `>>> (initial greeting)`; for a reply without a sent line there is no command."""
    return answered_command(turn) if turn.sent is not None else None
