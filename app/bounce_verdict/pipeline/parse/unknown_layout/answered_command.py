"""Part of step 2: the command that a reply answers, where only the words of the human text name it.

`host 'mx.example.org' rejected command 'RCPT TO:<ana@example.org>' with code 550` (Stalwart), `SMTP error, RCPT TO: 550` (Coremail),
`answered in response to RCPT TO:`, `(after RCPT TO)`, and sessions that mark what was said by other signs than `>>>` and `<<<`: those two
are left to the layouts that write them, since with PIPELINING the reply to RCPT stands below DATA.
"""

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from bounce_verdict.model import Command, Notice, RecipientStatus
from bounce_verdict.pipeline.budget import SENTENCES, Budget
from bounce_verdict.pipeline.match.re2_search import searcher
from bounce_verdict.pipeline.parse.addresses import address_key, find_addresses
from bounce_verdict.pipeline.parse.reply.reply_lines import is_reply
from bounce_verdict.pipeline.parse.smtp_commands import command_of_phrase

_MAX_RECIPIENTS = 10
_MAX_LINE = 600
_MAX_BELOW = 2  # lines between a command and its reply
_STEP = r"(?:RCPT(?: TO)?|MAIL(?: FROM)?|DATA|EHLO|HELO|LHLO|STARTTLS|AUTH|BDAT|[Ee]nd of (?:DATA|data|message))\b"
_NAMED = re.compile(
    rf"\b(?:rejected|refused|[Ff]ollowing|[Aa]fter|[Dd]uring|while sending|(?:[Rr]eply|[Rr]esponse|[Aa]nswer) to|(?:replied|answered|responded|said) to|[Ee]rror (?:at|in|on))"
    rf" (?:the |our |SMTP |command ){{0,3}}['\"(\[<]{{0,2}}(?P<words>{_STEP})"
    rf"|[(\[](?:after |at |in |in reply to |in response to )?(?P<bracketed>{_STEP})[^)\]]{{0,100}}[)\]]"
    rf"|\b(?P<failed>{_STEP}) (?:command )?(?:failed\b|said [45]\d\d\b)"
    rf"|\bSMTP error, ?(?P<coremail>{_STEP}|DOT\b)"
    rf"|(?:^|\s)(?:[Cc]ommand|[Ss]tage|[Ss]tep|[Pp]hase) ?[:=] {{0,10}}['\"]?(?P<labelled>{_STEP})"
)
_SENT = re.compile(
    r"[\s\d:., \[\]TZ-]{0,60}(?:C:|Client:|CLIENT:|Sent:|SENT:|[-=]{1,2}>|>|(?=(?:RCPT TO|MAIL FROM): ?<|DATA$|(?:EHLO|HELO) [\w.-]{1,255}$))\s{0,5}(?P<sent>[A-Z]{4}.{0,300})"
)
_SAID = re.compile(
    r"[\s\d:., \[\]TZ-]{0,60}(?:S:|Server:|SERVER:|Received:|RECEIVED:|<[-=]{1,2}|<)\s{0,5}(?P<said>[245]\d\d[ -].{0,300})"
)
_may_name = searcher(rf"{_STEP}|\bSMTP error, ?DOT\b")


def with_commands(statuses: Sequence[RecipientStatus], notice: Notice, budget: Budget) -> list[RecipientStatus]:
    """The statuses, each that has a reply and no command with the one that the text names for it."""
    silent = [status for status in statuses if _lacks_command(status)]
    if not silent or len(statuses) > _MAX_RECIPIENTS or "<<<" in notice.text or not _may_name(notice.text):
        return list(statuses)
    if not budget.spend(len(notice.text) * SENTENCES):
        return list(statuses)
    named = list(_commands(notice.lines))
    return [
        replace(status, command=_of(status, named, len(statuses))) if _lacks_command(status) else status for status in statuses
    ]


def _lacks_command(status: RecipientStatus) -> bool:
    return status.command is None and status.reply is not None and status.action in {"failed", "delayed", None}


def _of(status: RecipientStatus, named: Sequence[tuple[Command, set[str]]], recipients: int) -> Command | None:
    """The command of the lines about the recipient; of all lines where they are about one. None where they name several."""
    keys = {address_key(address) for address in (status.recipient, status.final_recipient) if address}
    commands = {command for command, about in named if about & keys or (recipients == 1 and not about)}
    return commands.pop() if len(commands) == 1 else None


def _commands(lines: Sequence[str]) -> Iterator[tuple[Command, set[str]]]:
    """Each command that a line says was refused, with the addresses beside it."""
    sent: tuple[str, int] | None = None
    for number, line in enumerate(lines):
        text = line[:_MAX_LINE]
        if (turn := _SENT.match(text)) is not None:
            sent = turn["sent"], number
        elif sent is not None and (said := _code(text)):
            if said in "45" and number - sent[1] <= _MAX_BELOW and (command := command_of_phrase(sent[0])) is not None:
                yield command, _about(command, sent[0])
            sent = None
        else:
            for found in _NAMED.finditer(text):
                if (command := command_of_phrase(found[found.lastgroup or 0])) is not None:
                    yield command, _about(command, text)


def _code(line: str) -> str:
    """The first digit of the reply that a line holds, "" for any other line."""
    said = _SAID.match(line)
    words = said["said"] if said is not None else line.strip()
    return words[0] if is_reply(words) else ""


def _about(command: Command, words: str) -> set[str]:
    """Whom the words are about: only RCPT names a recipient."""
    return set(map(address_key, find_addresses(words))) if command == "RCPT" else set()
