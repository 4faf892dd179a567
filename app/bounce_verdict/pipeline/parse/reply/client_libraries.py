"""Replies as the libraries of programming languages print them: codes and words apart, in quotes, or behind an exception's name.

- Python's smtplib: `{'ana@example.org': (550, b'5.1.1 User unknown')}`, `SMTPDataError: (554, b'5.7.1 …')`; aiosmtplib alike
- Go's net/textproto, printed as a value: `&textproto.Error{Code:550, Msg:"5.1.1 User unknown"}`
- lettre (Rust): `permanent error (550): 5.1.1 User unknown`
- JavaMail and Jakarta Mail: `SMTPAddressFailedException: 550 5.1.1 …`; Ruby: `Net::SMTPFatalError: 550 …`
- MailKit: `SmtpCommandException (RecipientNotAccepted, MailboxUnavailable): 5.1.1 User unknown`
- nodemailer, as JSON and as Node prints it: `response: '550 5.1.1 …', responseCode: 550, command: 'RCPT TO'`
- Swift Mailer and Symfony Mailer: `Expected response code "250" but got code "550", with message "550 5.1.1 …"`
- PHPMailer 6: `SMTP server error: RCPT TO command failed Detail: User unknown SMTP code: 550 Additional SMTP info: 5.1.1`
"""

import re

from bounce_verdict.model import Command
from bounce_verdict.pipeline.parse.smtp_commands import command_of_phrase

_ENHANCED = r"[245]\.[0-9]{1,3}\.[0-9]{1,3}"
_IN_QUOTES = re.compile(
    r"(?:\((?P<number>[2-5][0-9][0-9]), |\bCode:(?P<code>[2-5][0-9][0-9]), Msg:|\b(?:response[\"']?:|with message) ?(?=[\"'][2-5][0-9][0-9][ -]))b?(?P<quote>[\"'])"
)
_BEHIND_STATE = re.compile(
    r"\b(?:(?:permanent|transient) error \((?P<state>[45][0-9][0-9])\): |code[:=]? ?(?P<code>[45][0-9][0-9]), (?:message|msg|text|response)[:=] ?(?=[^\s\"']))"
)
_BEHIND_NAME = re.compile(
    rf"\w(?:Exception|Error|Busy|Refused): (?=[2-5][0-9][0-9][ -])|\bSmtpCommandException(?: \([A-Za-z, ]{{1,80}}\))?: (?={_ENHANCED} )"
)
_DETAIL, _SMTP_CODE = " Detail: ", "SMTP code: "
_PHP_CODES = re.compile(rf"{_SMTP_CODE}(?P<code>[2-5][0-9][0-9])(?: Additional SMTP info: (?P<enhanced>{_ENHANCED}))?")
_BREAK = re.compile(r"(?:\\r)?\\n(?:[2-5][0-9][0-9][ -])?|\\r$")
_CLOSING = frozenset("),]};. \n")
_COMMAND = re.compile(
    r"\bcommand[\"']?: ?[\"'](?P<quoted>[A-Za-z ]{3,12})[\"']|server error: (?P<failed>[A-Z ]{4,12}) command failed"
)
_STEP = re.compile(r"(Recipients?|Address|Sender|Connect|Helo|Authentication)(?:Refused|Failed|NotAccepted|Error)")
_OF_STEP: dict[str, Command] = {
    "Recipient": "RCPT", "Address": "RCPT", "Sender": "MAIL", "Connect": "CONNECT", "Helo": "HELO", "Authentication": "AUTH",
}  # fmt: skip

# For the matcher (fast_path.py), which compares without regard to case: words without these are no library's.
SIGNALS = (
    r"(\(|code:)[2-5][0-9][0-9], (msg:)?b?[\"']", r"(response[\"']?:|with message) ?[\"'][2-5]", r"code[:=]? ?[45][0-9][0-9], (message|msg|text|response)", r"(permanent|transient) error \([45]", "smtp code: [2-5]",
    r"(exception|error|busy|refused): [2-5][0-9][0-9][ -]", r"smtpcommandexception",
)  # fmt: skip
_SIGNS = (
    "message",
    ", msg",
    ", text",
    "', ",
    ', "',
    ", b",
    "Code:",
    "response",
    " error (",
    "Exception",
    "Error: ",
    "Busy: ",
    "Refused: ",
    _SMTP_CODE,
    ", '",
)


def unwrap_library_error(text: str) -> tuple[str, Command | None] | None:
    """The reply that an error of a library holds, as a server writes it, and the command as far as the error names it; None for others."""
    if not any(sign in text for sign in _SIGNS):
        return None
    reply = _in_quotes(text) or _behind_name(text) or _of_php(text)
    return (reply, _command(text)) if reply is not None else None


def _in_quotes(text: str) -> str | None:
    found = _IN_QUOTES.search(text)
    if found is None:
        return None
    words = _BREAK.sub(" ", _quotation(text, found.end(), found["quote"])).strip()
    code = found["number"] or found["code"]
    return f"{code} {words}" if code else words


def _quotation(text: str, start: int, quote: str) -> str:
    """What stands from `start` to the mark that closes the quotation: an apostrophe within a word does not."""
    at = start
    while (end := text.find(quote, at)) >= 0:
        if text[end - 1] != "\\" and (end + 1 == len(text) or text[end + 1] in _CLOSING):
            return text[start:end].replace("\\" + quote, quote)
        at = end + 1
    return text[start:]


def _behind_name(text: str) -> str | None:
    if (state := _BEHIND_STATE.search(text)) is not None:
        return f"{state['state'] or state['code']} {text[state.end() :]}"
    name = _BEHIND_NAME.search(text)
    return text[name.end() :].rstrip(") ") if name is not None else None


def _of_php(text: str) -> str | None:
    start, end = text.find(_DETAIL), text.find(_SMTP_CODE)
    codes = _PHP_CODES.match(text, end) if 0 <= start < end else None
    if codes is None:
        return None
    words = text[start + len(_DETAIL) : end].strip()
    return " ".join(filter(None, (codes["code"], codes["enhanced"], words)))


def _command(text: str) -> Command | None:
    if (said := _COMMAND.search(text)) is not None:
        phrase = said["quoted"] or said["failed"].replace("DATA END", "end of data")
        return command_of_phrase(phrase)
    step = _STEP.search(text)
    return _OF_STEP[step[1].removesuffix("s") if step[1] != "Address" else step[1]] if step is not None else None
