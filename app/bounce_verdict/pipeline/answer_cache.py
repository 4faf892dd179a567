"""Answers given lately. Refusals come in waves: a blocklisting, a full disk, a dead domain give the same words thousands of times.

Only the same words count: what differs between two replies, if only a number, may be what a rule looks at.
"""

from collections import OrderedDict
from collections.abc import Hashable

from msgspec.structs import replace

from bounce_verdict.model import Classification, RecipientStatus, ReplyInput
from bounce_verdict.pipeline.context import ProviderIndex, provider_of

# Answers kept, of some three kilobytes each. Where few refusals come often, 2,048 take 12 µs a reply and 128 take 29, and a text that
# never came before takes as long with either.
MAX_ANSWERS = 2_048
MAX_REPLY = 1_000  # characters of a reply that is kept

# The reply's text, and all else that an answer depends on, but for what it echoes: of the recipient, whether one is named and whose domain
# it is, and all of the address where the reply names one too, or where we are known, whom it might name.
Key = tuple[str, *tuple[Hashable, ...]]


def cache_key(given: ReplyInput, index: ProviderIndex, *, knows_us: bool = False) -> Key:
    """The key of a reply. knows_us: whether the operator's domains are known."""
    recipient: str | bool | None = False
    if given.recipient:
        names = knows_us or "@" in given.reply or given.sender or given.sending_host
        recipient = given.recipient if names else provider_of(given.recipient, index)
    return (
        given.reply, given.command, given.remote_mta, given.action, recipient, given.sender, given.sending_ip, given.sending_host
    )  # fmt: skip


def status_key(status: RecipientStatus, index: ProviderIndex, *, knows_us: bool) -> Hashable:
    """What a decision on a recipient depends on, that is all of him where his reply may name him. knows_us: whether anybody said who we are."""
    addresses = (status.recipient, status.original_recipient, status.final_recipient)
    if "@" in (status.reply or "") or any(address and "@" not in address for address in addresses):
        return id(status)
    whose = (status.recipient or "").rpartition("@")[2].lower() if knows_us else provider_of(status.recipient or "", index)
    said = (status.status, status.status_decides, status.said_by, status.diagnostic_type)
    return status.reply, status.command, status.remote_mta, status.action, bool(status.recipient), whose, *said


class AnswerCache(OrderedDict[Key, Classification]):
    """The last answers of one pipeline, by their keys."""

    def keep(self, key: Key, answer: Classification) -> None:
        """Remember an answer, and forget the oldest where there are many."""
        if len(key[0]) <= MAX_REPLY:
            if len(self) >= MAX_ANSWERS:
                self.popitem(last=False)
            self[key] = answer


def for_caller(known: Classification, given: ReplyInput) -> Classification:
    """A copy of `known` with this caller's own id and recipient."""
    return replace(known, id=given.id, recipient=given.recipient)  # type: ignore[type-var]  # to mypy a record is a dataclass
