"""What a reply's words tell beside the verdict: which command was answered, when to try again, where the recipient went.

Each phrase is one that a program writes; what is not told beyond doubt stays None.
"""

import re

from bounce_verdict.model import Command

WEEK = 7 * 86_400
EXPIRED = ".4.7"  # delivery time expired (RFC 3463 §3.5)

# Postfix 3.7 "refused to talk to me" may be CONNECT, EHLO or HELO; it counts as CONNECT, which charges nothing to a recipient.
_SENTENCES: tuple[tuple[str, Command], ...] = (
    ("refused to talk to me", "CONNECT"),  # Postfix 3.7
    ("while receiving the initial server greeting", "CONNECT"),
    ("while performing the ehlo handshake", "EHLO"),
    ("while performing the helo handshake", "HELO"),
    ("while performing the lhlo handshake", "LHLO"),
    ("while sending mail from", "MAIL"),
    ("while sending rcpt to", "RCPT"),
    ("while sending data command", "DATA"),
    ("while sending message body", "DATA"),
    ("while sending end of data", "EOD"),
    ("refused to start tls", "STARTTLS"),
    ("sasl authentication failed; server", "AUTH"),
    ("but greeting failed", "CONNECT"),  # notqmail, qmail-remote.c
    ("but my name was rejected", "HELO"),
    ("but sender was rejected", "MAIL"),
    ("does not like recipient", "RCPT"),
    ("failed on data command", "DATA"),
    ("failed after i sent the message", "EOD"),
    ("did not like our connect", "CONNECT"),  # dma 0.13
    ("did not like our mail from", "MAIL"),
    ("did not like our rcpt to", "RCPT"),
    ("did not like our data", "DATA"),
    ("did not like our final data", "EOD"),
)
_WORDS: tuple[tuple[str, Command], ...] = (
    ("initial connection", "CONNECT"),
    ("ehlo", "EHLO"),
    ("helo", "HELO"),
    ("lhlo", "LHLO"),
    ("starttls", "STARTTLS"),
    ("tls-on-connect", "STARTTLS"),
    ("auth", "AUTH"),
    ("mail from", "MAIL"),
    ("rcpt to", "RCPT"),
    ("end of data", "EOD"),
    ("sending data block", "DATA"),
    ("data", "DATA"),
    ("bdat", "BDAT"),
    ("final rset", "RSET"),
    ("rset", "RSET"),
    ("quit", "QUIT"),
)
_AFTER = re.compile(
    r"(?:SMTP error from remote mail(?:er| server)|SMTP timeout with|SMTP timeout|remote host closed connection)"  # Exim 4.96
    r"[^\n:]{0,80}? (?:after|in response to) (?:pipelined )?(?P<words>[a-z -]{4,20})",
    re.IGNORECASE,
)
IN_REPLY_TO = re.compile(r"\s*\(in reply to (?P<words>[A-Za-z ]{4,30})\)", re.IGNORECASE)  # Postfix 3.7, smtp_trouble.c
_CONNECT = re.compile(r"\bconnect to \S{1,255}\[[\da-fA-F.:]{2,45}\]:\d{1,5}: ", re.IGNORECASE)  # Postfix 3.7
_CLOSING = re.compile(r"closing connection\. \((?P<words>[A-Z]{4,8})\b[^)]{0,80}\)")  # Google: "… closing connection. (EHLO)"
_LABELS: dict[str, Command] = {"data closing": "EOD", "data": "DATA"}  # chasquid 1.11; its "MAIL+RCPT" does not tell which

_TIME = r"(?P<number>\d{1,7})[\s-]?(?P<unit>s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|days?|d)\b"
_ONE = r"(?:an?|one)[\s-](?P<one>sec(?:ond)?|min(?:ute)?|hr|hour|day)\b"  # not "blocked as spam", "wait and try again"
_WAIT = re.compile(
    rf"""\b(?: (?:again|back|resend|re-?try(?:ing)?|later)\b [^\d.;:]{{0,24}}? \b(?:in|after|within|at\ least)\ (?:about\ |approximately\ |at\ least\ )?
            | (?:wait|gr[ea]y-?list\w*|defer\w*|blocked|throttled)\b [^\d.;:]{{0,24}}? \b(?:for|in|wait|at\ least|about)?\ ?
         ) (?: {_TIME} | {_ONE} ) (?:,?\ (?:and\ )?(?P<more>\d{{1,2}})[\s-]?s(?:ec(?:ond)?s?)?\b)?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_CLOCK = re.compile(
    r"\b(?:again|back|retry|wait|gr[ea]ylist\w*)\b[^\d]{0,40}?(?P<h>\d{1,3}):(?P<m>[0-5]\d):(?P<s>[0-5]\d)(?![\d:])",
    re.IGNORECASE | re.ASCII,
)
_CLOCK_FACE = re.compile(r":[0-5]\d:[0-5]\d")
_SHORT_WAIT = re.compile(r"\d[\s-]?[smhd]\b")  # "300s", "5 m"
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

_FORWARD = re.compile(
    r"\b(?:try|forward(?:ing)?(?: to)?|moved to|now at|new address(?: is)?|use)\b[^@<>]{0,40}?<?(?P<path>[^\s<>@\"',;]{1,64}@[^\s<>@\"',;]{1,255})",
    re.IGNORECASE,
)

_EXPIRED = re.compile(
    r"retry timeout exceeded|retry time not reached for any host after a long failure period"  # Exim 4.96
    r"|in the queue too long"  # notqmail
    r"|message could not be delivered for [0-9]|message will be deleted from queue"  # Sendmail 8.17
    r"|could not deliver for the last [0-9]"  # dma 0.13
    r"|envelope expired"  # OpenSMTPD 6.8
    r"|message (?:has )?expired|queue\.expired"  # Amazon SES, Exchange
    r"|delivery (?:time )?expired"  # RFC 3463 §3.5, Cisco ESA
    r"|message (?:timeout|timed out|too old)|queue time expired|expired in queue|maximum queue (?:time|lifetime)"
)


_ANY_TIME = r"(\d[\s-]?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)\b|(an?|one)[\s-](sec|min|hr|hour|day))"
# For the matcher (plain.py): words without these name no time to wait, nobody who gave up, no command,
WAIT_SIGNALS = (
    rf"(again|back|later|retry|wait|yl?-?list|y-list|blocked|defer|resend|re-try|throttled).*{_ANY_TIME}",
    r"(again|back|retry|wait|gr[ea]ylist).*\d:[0-5]\d:[0-5]\d",
)
EXPIRED_SIGNALS = (_EXPIRED.pattern,)
SERVER_SIGNALS = (r"closing connection\. \(", "anonymous mail during mail from")
# and words of a client none either.
CLIENT_SIGNALS = (
    "|".join(sentence for sentence, _ in _SENTENCES),
    "smtp error from remote|smtp timeout|remote host closed connection",
    r"connect to \S+\[",
    f"^({'|'.join(_LABELS)})$",
)


def answered_command(words: str) -> Command | None:
    """The command that a client's words around a reply name, None where they do not tell."""
    lower = words.lower()
    for sentence, command in _SENTENCES:
        if sentence in lower:
            return command
    if ("remote" in lower or "timeout" in lower) and (found := _AFTER.search(words)) is not None:
        return command_named(found["words"])
    if "connect to " in lower and _CONNECT.search(words) is not None:
        return "CONNECT"
    return _LABELS.get(lower.strip())


def command_told_by_server(text: str) -> Command | None:
    """The command that the server itself names in its reply: Google in brackets, Exchange Online at 530 5.7.57."""
    if "closing connection. (" in text and (found := _CLOSING.search(text)) is not None:
        return command_named(found["words"])
    return "MAIL" if "anonymous mail during MAIL FROM" in text else None


def command_named(words: str) -> Command | None:
    """The command that `words` begin with, as programs write it: "RCPT TO", "end of DATA command", "initial connection"."""
    lower = words.lower().strip()
    for name, command in _WORDS:
        if lower.startswith(name):
            return command
    return None


def retry_after(text: str, lower: str) -> int | None:
    """Seconds until the server wants the message again, as far as a week; None where it names no time. `lower`: in lower case."""
    if not speaks_of_waiting(lower):
        return None
    if _names_a_time(lower) and (found := _WAIT.search(text)) is not None:
        unit = found["unit"] or found["one"]
        seconds = int(found["number"] or 1) * _SECONDS[unit[0].lower()] + int(found["more"] or 0)
    elif _CLOCK_FACE.search(lower) is not None and (found := _CLOCK.search(text)) is not None:
        seconds = int(found["h"]) * 3_600 + int(found["m"]) * 60 + int(found["s"])
    else:
        return None
    return seconds if 0 < seconds <= WEEK else None


def forward_path(code: int | None, text: str) -> str | None:
    """The address that a 251 or 551 offers instead (RFC 5321 §3.4); the recipient's own address in the text is not one."""
    if code not in (251, 551) or "@" not in text:
        return None
    found = _FORWARD.search(text)
    return found["path"].rstrip(".)") if found else None


def is_expired(lower: str, enhanced: str | None) -> bool:
    """Whether the sender gave up after trying for long: a text in lower case says so, or X.4.7 does (RFC 3463 §3.5)."""
    if enhanced is not None and enhanced.endswith(EXPIRED):
        return True
    # Each phrase of the pattern holds one of these signs; few texts do, and a sign costs a fiftieth of the search.
    return (
        "expired" in lower
        or "queue" in lower
        or "message t" in lower
        or "deliver for the" in lower
        or "delivered for " in lower
        or "retry time" in lower
    ) and _EXPIRED.search(lower) is not None


def speaks_of_waiting(lower: str) -> bool:
    """Whether a word is there that the patterns begin with. Not any(): a generator costs more than all the questions."""
    return (
        "again" in lower
        or "back" in lower
        or "later" in lower
        or "retry" in lower
        or "wait" in lower
        or "ylist" in lower
        or "y-list" in lower
        or "blocked" in lower
        or "defer" in lower
        or "resend" in lower
        or "re-try" in lower
        or "throttled" in lower
    )


def _names_a_time(lower: str) -> bool:
    return (
        "sec" in lower
        or "min" in lower
        or "hour" in lower
        or "day" in lower
        or "hr" in lower
        or _SHORT_WAIT.search(lower) is not None
    )
