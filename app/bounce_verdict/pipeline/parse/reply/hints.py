"""What a reply's words say beside the verdict: when to try again, that the sender gave up, where the recipient went.

Each phrase is one that a program writes; what is not beyond doubt stays None.
"""

import re

from bounce_verdict.pipeline.parse.reply.guarded_pattern import GuardedPattern

MAX_WAIT = 7 * 86_400  # seconds
EXPIRED = ".4.7"  # delivery time expired (RFC 3463 §3.5)

_TIME = r"(?P<number>\d{1,7})[\s-]?(?P<unit>s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|days?|d)\b"
_ONE = r"(?:an?|one)[\s-](?P<one>sec(?:ond)?|min(?:ute)?|hr|hour|day)\b"  # not "blocked as spam", "wait and try again"
_CLOCK_FACE = r":(?P<m>[0-5]\d):(?P<s>[0-5]\d)(?![\d:])"
_WAITING = (
    "again", "back", "later", "retry", "wait", "ylist", "y-list", "blocked", "defer", "resend", "re-try", "throttled",
)  # fmt: skip
_WAIT = GuardedPattern(
    rf"""\b(?: (?:again|back|resend|re-?try(?:ing)?|later)\b [^\d.;:]{{0,24}}? \b(?:in|after|within|at\ least)\ (?:about\ |approximately\ |at\ least\ )?
            | (?:wait|gr[ea]y-?list\w*|defer\w*|blocked|throttled)\b [^\d.;:]{{0,24}}? \b(?:for|in|wait|at\ least|about)?\ ?
         ) (?: {_TIME} | {_ONE} ) (?:,?\ (?:and\ )?(?P<more>\d{{1,2}})[\s-]?s(?:ec(?:ond)?s?)?\b)?""",
    signs=_WAITING,
    flags=re.VERBOSE | re.ASCII | re.IGNORECASE,
)
_CLOCK = GuardedPattern(
    rf"\b(?:again|back|retry|wait|gr[ea]ylist\w*)\b[^\d]{{0,40}}?(?P<h>\d{{1,3}}){_CLOCK_FACE}",
    signs=_WAITING,
    flags=re.ASCII | re.IGNORECASE,
)
# The parts of the two that few texts hold: "try again later" comes daily, and names no time.
_ANY_NUMBER_OF_UNITS = re.compile(_TIME, re.ASCII)
_ANY_ONE_UNIT = re.compile(_ONE, re.ASCII)
_ANY_CLOCK_FACE = re.compile(_CLOCK_FACE, re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

_FORWARD = re.compile(
    r"\b(?:try|forward(?:ing)?(?: to)?|moved to|now at|new address(?: is)?|use)\b[^@<>]{0,40}?<?(?P<path>[^\s<>@\"',;]{1,64}@[^\s<>@\"',;]{1,255})",
    re.IGNORECASE,
)

_EXPIRED = GuardedPattern(
    r"retry timeout exceeded|retry time not reached for any host after a long failure period|been failing for a long time"  # Exim 4.96
    r"|in the queue too long"  # notqmail
    r"|message could not be delivered for [0-9]|message will be deleted from queue"  # Sendmail 8.17
    r"|could not deliver for the last [0-9]"  # dma 0.13
    r"|envelope expired"  # OpenSMTPD 6.8
    r"|message (?:has )?expired|queue\.expired"  # Amazon SES, Exchange
    r"|delivery (?:time )?expired"  # RFC 3463 §3.5, Cisco ESA
    r"|message (?:timeout|timed out|too old)|queue time expired|expired in queue|maximum queue (?:time|lifetime)",
    signs=("expired", "queue", "message t", "deliver for the", "delivered for ", "retry time", "failing for"),
)

_TIME_SIGNAL = r"(\d[\s-]?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)\b|(an?|one)[\s-](sec|min|hr|hour|day))"
# For the matcher (fast_path.py): words without these name no time to wait, and nobody who gave up.
WAIT_SIGNALS = (
    rf"(again|back|later|retry|wait|yl?-?list|y-list|blocked|defer|resend|re-try|throttled).*{_TIME_SIGNAL}",
    r"(again|back|retry|wait|gr[ea]ylist).*\d:[0-5]\d:[0-5]\d",
)
EXPIRED_SIGNALS = (_EXPIRED.pattern.pattern, "retry time not reached for any host")


def retry_after(text: str, lower: str) -> int | None:
    """Seconds until the server wants the message again, as far as a week; None where it names no time. `lower`: in lower case."""
    if not speaks_of_waiting(lower):
        return None
    names_a_time = _ANY_NUMBER_OF_UNITS.search(lower) or _ANY_ONE_UNIT.search(lower)
    if names_a_time and (found := _WAIT.pattern.search(text)) is not None:
        unit = found["unit"] or found["one"]
        seconds = int(found["number"] or 1) * _SECONDS[unit[0].lower()] + int(found["more"] or 0)
    elif _ANY_CLOCK_FACE.search(lower) and (found := _CLOCK.pattern.search(text)) is not None:
        seconds = int(found["h"]) * 3_600 + int(found["m"]) * 60 + int(found["s"])
    else:
        return None
    return seconds if 0 < seconds <= MAX_WAIT else None


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
    return _EXPIRED.search(lower, lower) is not None


def speaks_of_waiting(lower: str) -> bool:
    """Whether a text, given in lower case, holds a word with which a time to wait begins."""
    return _WAIT.may_match(lower)
