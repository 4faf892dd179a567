"""qmail-send: `starting delivery 3: msg 42 to remote ana@example.org`, later `delivery 3: failure: …/` (notqmail 1.09, qmail-send.c).

Both lines are needed to know whose delivery it was: they are joined by the delivery's number, within one string or one stream.
Blanks in what a server said are written as "_", line ends as "/".
"""

import re
from collections.abc import Mapping

from bounce_verdict.maillogs.delivery import Found, LoggedDelivery, addressed
from bounce_verdict.maillogs.prefix import LogLine
from bounce_verdict.model import EventKind

WORDS: Mapping[str, EventKind] = {"success": "success", "failure": "bounce", "deferral": "delay"}
MAX_UNDER_WAY = 10_000  # deliveries that are remembered; qmail runs some hundred at once
_STARTING = re.compile(
    r"starting delivery (?P<number>\d{1,18}): msg (?P<message>\d{1,18}) to (?:remote|local) (?P<to>\S{1,1000})"
)
_ENDED = re.compile(r"delivery (?P<number>\d{1,18}): (?P<word>success|failure|deferral): (?P<text>.*)", re.DOTALL)
_OF_QMAIL = re.compile(
    r"(?:starting delivery|new msg|end msg|info msg|bounce msg|status: local|delivery \d{1,18}:|triple bounce:)"
)
_REFUSED = re.compile(r"does not like recipient\.", re.IGNORECASE)
_NAMED = re.compile(r"<([^<>\s@]{1,64}@[^<>\s@]{1,255})>")
_CHAT = re.compile(r"^(?P<server>[\da-fA-F.:]{2,45}) ")
NOT_NAMED = "the log names this address only in what the server said"


def knows(line: LogLine) -> bool:
    """Whether a line is qmail's."""
    return line.program == "qmail" or _OF_QMAIL.match(line.text) is not None


class Reader:
    """Reads the lines of one stream, and remembers the deliveries under way."""

    def __init__(self) -> None:
        self._under_way: dict[str, tuple[str, str]] = {}

    def __call__(self, line: LogLine) -> Found:
        """One line."""
        if (begun := _STARTING.match(line.text)) is not None:
            if len(self._under_way) >= MAX_UNDER_WAY:
                self._under_way.pop(next(iter(self._under_way)))
            self._under_way[begun["number"]] = begun["to"], begun["message"]
            return "no-delivery"
        ended = _ENDED.match(line.text)
        if ended is None:
            return "no-delivery"
        kind = WORDS[ended["word"]]
        address, message = self._under_way.pop(ended["number"], ("", None))
        text = "" if kind == "success" else words_of(ended["text"])
        cautions: tuple[str, ...] = ()
        if not address and _REFUSED.search(text) and len(named := set(_NAMED.findall(text))) == 1:
            address, cautions = named.pop(), (NOT_NAMED,)
        server = _CHAT.match(text)
        one = addressed(kind, address, text, remote_mta=server["server"] if server is not None else None, cautions=cautions)
        return LoggedDelivery(kind, [one], message, ended["word"], line.moment())


def words_of(text: str) -> str:
    """What was said, with its blanks and line ends; an underscore of the server's own becomes a blank, but within an address or a name."""
    lines = [part for part in text.strip().split("/") if part]
    spaced = "\n".join(lines) if "http:" not in text and "https:" not in text else text.strip().rstrip("/")
    return re.sub(r"_(?![^\s<>]{0,64}@)", " ", spaced) if "@" not in spaced else _blanks_beside_addresses(spaced)


def _blanks_beside_addresses(text: str) -> str:
    """Blanks for underscores everywhere but inside angle brackets."""
    return "".join(part if part[:1] == "<" else part.replace("_", " ") for part in re.split(r"(<[^<>\n]{1,320}>)", text))
