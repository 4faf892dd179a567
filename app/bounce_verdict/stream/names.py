"""What things are called at the broker: streams, subjects, headers, and the ids by which it knows a message that it has already."""

import hashlib
import re
import zlib
from collections.abc import Iterable

from bounce_verdict.errors import InputError
from bounce_verdict.model import value

ITEMS, ANSWERS, DEAD = "bounces.items", "bounces.answers", "bounces.dead"
DURABLE = "bounces-workers"
PARTITIONS = 8

CONTENT_TYPE = "content-type"  # as FastStream writes it; read in any case
MESSAGE_ID = "Nats-Msg-Id"  # JetStream's own: a second message with the same within the duplicate window is not stored
SOURCE = "Bounces-Source"  # of a webhook: the service that sent it, as in /v1/webhooks/{source}
QUERY = "Bounces-Query"  # of a webhook whose event stands in the URL
ITEM_ID = "Bounces-Id"  # of a raw message: the id that is echoed
ENVELOPE_TO, ENVELOPE_FROM = "X-Envelope-To", "X-Envelope-From"  # of a raw message, as over HTTP
# What an item says beside its body; its dead letter says it again.
ITEM_HEADERS = (SOURCE, QUERY, ITEM_ID, ENVELOPE_TO, ENVELOPE_FROM)
ITEM = "Bounces-Item"  # of answers and dead letters: stream and sequence of the message that they answer
PROBLEM = "Bounces-Problem"  # of a dead letter: the line that is its answer
TRUNCATED = "Bounces-Truncated"  # of a dead letter whose body is cut: how many bytes the original has
HEADROOM = 16_384  # bytes of a message that are left to its headers

_SUBJECT = re.compile(r"[A-Za-z0-9_-]{1,64}(?:\.[A-Za-z0-9_-]{1,64}){0,9}", re.ASCII)
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62}){0,9}", re.ASCII)
_NO_DOMAIN = "-"  # the token of answers whose recipient is unknown, or whose domain is no name


@value
class Subjects:
    """Where items come from and answers and dead letters go. partitions: of the answers; 0: a subject for each recipient domain."""

    items: str = ITEMS
    answers: str = ANSWERS
    dead: str = DEAD
    partitions: int = PARTITIONS

    def key_of(self, address: str | None) -> str:
        """The last tokens of the subject of an answer about that recipient: its domain's partition, or the domain from the right.

        Whatever the address holds, only letters, digits, `-`, `_` and dots come out: `*`, `>` and spaces mean something in a subject.
        """
        domain = (address or "").rpartition("@")[2].rstrip(".").lower() if address and "@" in address else ""
        if self.partitions:
            return str(zlib.crc32(domain.encode("utf-8", "surrogatepass")) % self.partitions)
        return ".".join(reversed(domain.split("."))) if _HOST.fullmatch(domain) else _NO_DOMAIN


def stream_of(subject: str) -> str:
    """The stream that keeps a subject: `bounces.items` is kept in `bounces-items`, for a stream's name has no dots."""
    return subject.replace(".", "-")


def check_subject(name: str, subject: str) -> str:
    """The subject. Raises InputError naming the option for one with wildcards, spaces or more than ten parts."""
    if not _SUBJECT.fullmatch(subject):
        raise InputError(name, "must be a subject of at most ten parts of letters, digits, - and _, as in bounces.items")
    return subject


def content_id(*parts: bytes) -> str:
    """The id of what is made of these parts, in this order; others have another."""
    total = hashlib.sha256()
    for part in parts:
        total.update(b"%d:" % len(part))
        total.update(part)
    return total.hexdigest()[:40]


def answer_id(item: str, key: str, indices: Iterable[int]) -> str:
    """The id of a message with the answers to these places of an item: the same after every delivery of the item."""
    return content_id(item.encode(), key.encode(), ",".join(map(str, indices)).encode())
