"""Layout: Postfix's notices to its postmaster about a session as a server (smtpd_chat.c, notify_classes; 2.0 to 3.8).

`In:` is what the client sent, `Out:` our server's reply: the recipients are those of RCPT TO, the reply is the first that
refuses. After DATA's 354 the next reply answers the end of the data. Whoever was refused there, a stranger's client was: the mail is not ours.
"""

import re
from collections.abc import Iterator, Sequence

from bounce_verdict.model import Command, Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.reply.reply_lines import is_refusal, join_reply
from bounce_verdict.pipeline.parse.smtp_commands import command_of_phrase

_SUBJECT = "Postfix SMTP server: "
_TO_POSTMASTER = "the notice tells a postmaster of a client's session with his server, whoever that client was"
_TURN = re.compile(r"\s{0,2}(In|Out):\s{1,3}(.*)")


def read(notice: Notice) -> list[RecipientStatus]:
    """The recipients that were refused, else all of the session, with the reply; [] where the notice is not of this kind."""
    if not notice.header("subject").startswith(_SUBJECT):
        return []
    accepted: list[str] = []
    for sent, reply in _turns(notice.lines):
        command = _command(sent, reply)
        address = clean_address(sent.partition(":")[2].split(" ORCPT=")[0]) if command == "RCPT" else None
        if is_refusal(reply):
            return [_status(one, reply, command) for one in ([address] if address else accepted)]
        if address:
            accepted.append(address)
    return []


def _turns(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(what the client sent, the server's reply), in order; a folded line continues what it follows."""
    sent = ""
    said: list[str] = []
    side = ""
    for line in [*lines, "In:  QUIT"]:
        found = _TURN.match(line)
        if found is None:
            if side == "In" and line.startswith("     "):
                sent += " " + line.strip()
            continue
        if said and (found.group(1) == "In" or said[-1][3:4] != "-"):
            yield sent, join_reply(said)
            sent = "." if said[-1].startswith("354") else sent
            said = []
        side = found.group(1)
        if side == "In":
            sent = found.group(2).strip()
        else:
            said.append(found.group(2).strip())


def _command(sent: str, reply: str) -> Command | None:
    return command_of_phrase(sent) if sent or not reply else "CONNECT"


def _status(address: str, reply: str, command: Command | None) -> RecipientStatus:
    return RecipientStatus(
        address,
        "text",
        action="failed",
        reply=reply,
        said_by="local",
        command=command,
        read_by="postfix-smtpd",
        cautions=(_TO_POSTMASTER,),
    )
