"""Layout: Exim (deliver.c, transports/smtp.c; seen in 3.x to 4.98), and providers that run it under another name.

Below the sentence that ends in `address(es) failed:` each address stands alone, indented by two; its error follows,
indented further: `host MX [IP]` / `SMTP error from remote mail server after X:` / reply lines. Older versions write the
host after the error. Exim wraps at colons, and prints other than ASCII as octal, which parse_reply undoes.
"""

import re
from collections.abc import Iterator, Sequence

from app.model import Action, Command, Notice, RecipientStatus, SaidBy
from app.pipeline.parse.addresses import clean_address
from app.pipeline.parse.layouts.transcript import command_named
from app.pipeline.parse.reply_lines import is_reply, join_reply

_MARKS = (
    "created automatically by mail delivery software",
    "created automatically by the mail delivery software",
    "SMTP error from remote mail",
    "The following address(es) failed:",
    "The following addresses had successful delivery notifications",
)
_ADDRESS = re.compile(r" {2,3}(?:<)?([^\s<>:]{1,320}+)>?:?\s{0,20}$")
_ADDRESS_AND_ERROR = re.compile(r" {2,3}<?([^\s<>:@]{1,256}@[^\s<>:@]{1,256})>?: (\S.*)")  # Exim 1 to 3
_PIPE = re.compile(r" {2,3}(?:pipe to|save to|an undisclosed address|\||/)")
_PARENT = re.compile(r"\s{2,20}\(?(?:ultimately )?generated (?:by|from) ([^\s()]{1,320}+)\)?\s{0,20}$", re.IGNORECASE)
_HOST = re.compile(r"\s{0,20}(?:Delay reason: )?(?:host|H=) ?(\S{1,255}+) \[[^\]\s]{1,60}+\](?::\d{1,5})?:?\s{0,5}(.*)")
_ERROR = re.compile(
    r"\s{0,20}(?:Delay reason: )?(?:SMTP|LMTP) error from remote (?:mail server|mailer) after (.{1,1500}?):\s{0,5}(?:host |$)(.*)",
    re.IGNORECASE,
)
_TIMEOUT = re.compile(
    r"(?:SMTP timeout|Remote host closed connection) (?:while connected to .{0,200}? |in response to |after )(.{1,200})"
)
_DELIVERED = re.compile(r"\s{0,4}<([^<>\s]{1,320}+)> \(([^()]{1,120})")


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per failed, delayed or delivered address; [] where the notice is not Exim's."""
    if not any(mark in notice.text for mark in _MARKS):
        return []
    action = _action(notice)
    found: dict[str, RecipientStatus] = {}
    for address, lines in _blocks(notice.lines):
        status = _status(address, lines, action)
        if status is not None:
            found.setdefault((status.recipient or "").lower(), status)
    for line in notice.lines:
        if (told := _DELIVERED.match(line)) is not None and (recipient := clean_address(told.group(1), bare=True)):
            relayed = told.group(2).startswith("relayed to non-DSN-aware")
            status = RecipientStatus(recipient, "text", action="relayed" if relayed else "delivered", read_by="exim")
            found.setdefault(recipient.lower(), status)
    return list(found.values())


def _action(notice: Notice) -> Action:
    delayed = "has not yet been delivered" in notice.text or "Delay reason:" in notice.text
    return "delayed" if delayed and "failed:" not in notice.text else "failed"


def _blocks(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """(address, the lines of its error), below the first line that ends in a colon and announces addresses."""
    address: str | None = None
    error: list[str] = []
    announced = False
    for line in [*lines, ""]:
        if line.startswith("------ This is a copy"):
            announced = False
        if not line.strip() or (address is not None and not line.startswith(" ")):
            if address is not None:
                yield address, error
            address, error = None, []
            announced = announced or _announces(line)
            continue
        announced = announced or _announces(line)
        both = _ADDRESS_AND_ERROR.match(line) if announced else None
        alone = both.group(1) if both is not None else _address_alone(line) if announced else None
        if alone is not None and (address is None or "@" in alone):
            if address is not None:  # several recipients without blank lines between them
                yield address, error
            address, error = alone, [both.group(2)] if both is not None else []
        elif address is not None:
            error.append(line)
    if address is not None:
        yield address, error


def _announces(line: str) -> bool:
    """Whether addresses follow: `… The following address(es) failed:`, `… has not yet been delivered is:`, and translations."""
    return line.rstrip().endswith(":") and not line.startswith((" ", "\t"))


def _address_alone(line: str) -> str | None:
    if (found := _ADDRESS.match(line)) is not None:
        return found.group(1)
    return "" if _PIPE.match(line) else None


def _status(address: str, lines: Sequence[str], action: Action) -> RecipientStatus | None:
    parent, rest = _parent(lines)
    recipient = clean_address(address) if "@" in address else None
    if recipient is None:
        recipient = parent or clean_address(address, bare=True)
    host, command, reply_lines = _said(rest)
    reply = join_reply(reply_lines) or None
    if recipient is None and reply is None:
        return None
    remote = is_reply(reply) and (host is not None or command is not None)
    said_by: SaidBy = "remote" if remote else "local"
    return RecipientStatus(
        recipient=recipient,
        recipient_source="text" if recipient else None,
        original_recipient=parent if parent != recipient else None,
        action=action,
        remote_mta=host,
        reply=reply,
        said_by=said_by,
        command=command,
        read_by="exim",
    )


def _parent(lines: Sequence[str]) -> tuple[str | None, list[str]]:
    """The address that this one was generated from, and the lines that do not speak of that."""
    parent = None
    rest = []
    for line in lines:
        if (found := _PARENT.match(line)) is not None:
            parent = clean_address(found.group(1))
        else:
            rest.append(line)
    return parent, rest


def _said(lines: Sequence[str]) -> tuple[str | None, Command | None, list[str]]:
    """Host, command and reply lines of an error."""
    host: str | None = None
    command: Command | None = None
    said: list[str] = []
    for line in lines:
        if not said and (error := _ERROR.match(line)) is not None:
            command = command_named(error.group(1))
            line = f"host {error.group(2)}" if error.group(2) else ""  # noqa: PLW2901
        if not said and (named := _HOST.match(line)) is not None:
            host = host or named.group(1).rstrip(":")
            line = named.group(2)  # noqa: PLW2901
            if (error := _ERROR.match(line)) is not None:
                command, line = command_named(error.group(1)), ""  # noqa: PLW2901
        if not said and (timeout := _TIMEOUT.search(line)) is not None:
            command = command or command_named(timeout.group(1))
        if line.strip():
            said.append(line.strip().removeprefix("Delay reason: "))
    return host, command, said
