"""Part of step 2: the address that the sender used, where the return path or the returned message knows it better than the report."""

from collections.abc import Sequence

from msgspec.structs import replace

from bounce_verdict.model import Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import KeyOf, address_key, find_addresses
from bounce_verdict.pipeline.parse.origin.verp import may_carry, read_verp, undo_rewriting

_ENVELOPE_FIELDS = ("x-original-to", "envelope-to", "delivered-to", "to")


def header_addresses(notice: Notice) -> list[str]:
    """Where the message was sent to as its headers tell, as far as these may carry an address.

    Of a forwarded bounce its own headers come first: whoever forwards it sends it wherever he likes.
    """
    heads = [one.message.headers for one in (notice.forwarded, notice) if one is not None]
    texts = [text for head in heads for name in _ENVELOPE_FIELDS if (text := head.get(name)) and may_carry(text)]
    return [address for text in texts for address in find_addresses(text)[:2]]


def carried_recipient(statuses: Sequence[RecipientStatus], envelope_to: Sequence[str], key_of: KeyOf = address_key) -> str | None:
    """The recipient that the first of the return paths carries which carries any."""
    if not (paths := [address for address in envelope_to if "=" in address]):
        return None
    known = {
        address
        for status in statuses
        for address in (status.recipient, status.original_recipient, status.final_recipient)
        if address
    }
    return next((found for address in paths if (found := read_verp(address, known, key_of)) is not None), None)


def name_by_verp(statuses: list[RecipientStatus], carried: str | None) -> list[RecipientStatus]:
    """The recipient as the return path carries it; only a report about one recipient is renamed by it.

    A reported address may itself be rewritten (mail sent to a prvs= or SRS0= return path): the rewriting is undone.
    """
    if len(statuses) == 1 and carried is not None:
        old = statuses[0]
        final = old.final_recipient or (old.recipient if old.recipient != carried else None)
        return [replace(old, recipient=carried, recipient_source="verp", final_recipient=final)]
    return [_without_rewriting(status) if status.recipient and may_carry(status.recipient) else status for status in statuses]


def _without_rewriting(status: RecipientStatus) -> RecipientStatus:
    inner = undo_rewriting(status.recipient) if status.recipient else None
    if inner is None:
        return status
    final = status.final_recipient or status.recipient
    return replace(status, recipient=inner.original, recipient_source=inner.scheme, final_recipient=final)


def name_by_returned(statuses: list[RecipientStatus], notice: Notice) -> list[RecipientStatus]:
    """The returned message's only recipient, where the report has one recipient and does not name it."""
    if len(statuses) != 1 or (statuses[0].recipient and "@" in statuses[0].recipient):
        return statuses
    addresses = [
        address for name in ("to", "cc", "bcc") for text in notice.returned.get_all(name)[:10] for address in find_addresses(text)
    ]
    if len(set(addresses)) != 1:
        return statuses
    return [replace(statuses[0], recipient=addresses[0], recipient_source="returned-message")]
