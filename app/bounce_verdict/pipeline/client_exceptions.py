"""What smtplib and aiosmtplib raise → the replies in it. Neither is imported: their classes are known by the names that both use.

smtplib (Python 3.11 to 3.14) calls the parts smtp_code and smtp_error, aiosmtplib (3 to 5) code and message.
"""

from collections.abc import Iterator, Mapping

from bounce_verdict.errors import InputError
from bounce_verdict.model import Command, value

Refused = Mapping[str, tuple[int, bytes]]  # what smtplib's sendmail and send_message return, and SMTPRecipientsRefused holds

# Both raise SMTPDataError for the reply to DATA and for the one after the message. We take the latter: it is the more
# careful of the two, since such a reply may quote the message.
_COMMANDS: Mapping[str, Command] = {
    "SMTPConnectError": "CONNECT",
    "SMTPConnectResponseError": "CONNECT",
    "SMTPHeloError": "HELO",
    "SMTPAuthenticationError": "AUTH",
    "SMTPSenderRefused": "MAIL",
    "SMTPRecipientRefused": "RCPT",
    "SMTPDataError": "EOD",
}
_OTHER = "is neither an exception of smtplib or aiosmtplib nor the refused recipients that sendmail returns"


@value
class ReplyInError:
    """One reply, as a server would have sent it; text alone where none came. recipient, sender: where the exception names them."""

    reply: str
    command: Command | None
    recipient: str | None = None
    sender: str | None = None


def read_error(error: Exception | Refused) -> list[ReplyInError]:
    """Every reply in an exception, one for each refused recipient. Raises InputError for an exception of another kind."""
    if isinstance(error, Mapping):
        return [_refused(recipient, *reply) for recipient, reply in error.items()]
    names = [cls.__name__ for cls in type(error).__mro__]
    if "SMTPException" not in names:
        raise InputError("error", f"{type(error).__name__} {_OTHER}")
    if "SMTPRecipientsRefused" in names:
        return list(_recipients(getattr(error, "recipients", ())))
    command = next((_COMMANDS[name] for name in names if name in _COMMANDS), None)
    code = getattr(error, "smtp_code", getattr(error, "code", None))
    text = getattr(error, "smtp_error", getattr(error, "message", None))
    sender, recipient = getattr(error, "sender", None), getattr(error, "recipient", None)
    return [ReplyInError(_reply(code, str(error) if text is None else text), command, recipient, sender)]


def _recipients(found: object) -> Iterator[ReplyInError]:
    """The refused recipients: a table in smtplib, a list of exceptions in aiosmtplib."""
    if isinstance(found, Mapping):
        for recipient, (code, text) in found.items():
            yield _refused(recipient, code, text)
    elif isinstance(found, list | tuple):
        for one in found:
            yield _refused(one.recipient, one.code, one.message)


def _refused(recipient: str, code: int, text: bytes | str) -> ReplyInError:
    return ReplyInError(_reply(code, text), "RCPT", recipient)


def _reply(code: object, text: bytes | str) -> str:
    """The lines with the code ahead of each, which both libraries take off (RFC 5321 §4.2.1); -1 is smtplib's for none."""
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    if not isinstance(code, int) or code < 0:
        return plain
    lines = plain.splitlines() or [""]
    return "\n".join([*(f"{code}-{line}" for line in lines[:-1]), f"{code} {lines[-1]}"])
