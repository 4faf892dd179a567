"""Part of step 2: why a report, as it stands, must not stop a recipient at once.

Each caution is a sentence that stands in the answer's evidence, and makes "if-repeated" of `suppress: now`. A wrong "now" loses a living
subscriber for ever; a dead one is counted out at the next bounce.
"""

import re
from collections.abc import Sequence

from msgspec.structs import replace

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.parse.addresses import KeyOf, address_key, find_addresses
from bounce_verdict.pipeline.parse.origin.return_paths import ReturnPath

_FORWARDED = "the report reached us inside another mail"
_RETURNED = "only the returned message's own header names the recipient"
_ANOTHER = "the reply names another recipient of the report"
_SHARED = "the program writes one reply on all recipients of the report"
_EXPANDED = "several final recipients stand behind this address"
_PASSED_ON = "the address that failed is another one, to which this one is forwarded or expanded"
NOT_CARRIED = "the report arrived at the return path of another recipient"
_FALSE_MAC = "the return path's MAC was made with none of the keys"
_HEADER = "only the message's own headers carry the recipient, and the report names another"
_SENTENCE = "a notice of an unknown layout says so in its own words, without the code of any reply"
_UNANNOUNCED = "a notice of an unknown layout, whose subject does not say that a mail was not delivered"
_NOT_A_MAILERS = "a text without a report's form, from an address or an envelope that is no mail system's"
_COPY = "it is the copy that a postmaster gets of somebody's bounce"
_COPIES = ("postmaster copy:", "postmaster warning:")  # Postfix's subjects for notify_classes (src/bounce/bounce_notify_util.c)
_ONE_REPLY_FOR_ALL = "nullmailer"  # src/dsn.cc: the first recipient that is refused is blamed for all

_UNKNOWN_LAYOUT = "general"
_CODE = re.compile(r"\b[45](?:\d\d|\.\d{1,3}\.\d{1,3})\b")


def doubts(
    statuses: Sequence[RecipientStatus],
    carried: str | None,
    path: ReturnPath,
    *,
    is_envelope: bool,
    is_forwarded: bool,
    is_announced: bool,
    is_anybodys: bool,
    subject: str,
    key_of: KeyOf = address_key,
) -> list[str]:
    """The cautions for every recipient of a report, as it names them itself. carried: the recipient that the return path names.

    is_anybodys: it is a text alone, whose author and envelope anybody may have: a ticket system that repeats a bounce sends from the
    null path, and a postmaster who asks about one is a person.
    """
    found = [_NOT_A_MAILERS] if is_anybodys else []
    if subject.lower().startswith(_COPIES):
        found.append(_COPY)
    if is_forwarded:
        found.append(_FORWARDED)
    if not is_announced and all(status.read_by == _UNKNOWN_LAYOUT for status in statuses):
        found.append(_UNANNOUNCED)
    if path.is_false:
        found.append(_FALSE_MAC)
    if carried and not is_envelope and key_of(carried) not in _keys_of_all(statuses, key_of):
        found.append(_HEADER)
    return found


def with_cautions(
    statuses: list[RecipientStatus],
    carried: str | None,
    reasons: Sequence[str],
    *,
    is_complaint: bool = False,
    key_of: KeyOf = address_key,
) -> list[RecipientStatus]:
    """The statuses, each with its cautions: its own, the `reasons` that hold for all, and what the others tell.

    A complaint names its author by the returned message's To alone where the provider hides the address.
    """
    crowded = len(statuses) > 1
    expanded = _expanded(statuses, key_of) if crowded else frozenset()
    known = _keys_of_all(statuses, key_of) if crowded else frozenset()
    carried_key = key_of(carried) if carried else None
    cautious = []
    for status in statuses:
        key = key_of(status.recipient or "")
        found = [*status.cautions, *reasons]
        if status.recipient_source == "returned-message" and not is_complaint:
            found.append(_RETURNED)
        if key in expanded:
            found.append(_EXPANDED)
        elif _is_passed_on(status):
            found.append(_PASSED_ON)
        if status.read_by == _UNKNOWN_LAYOUT and status.reply and _CODE.search(status.reply) is None:
            found.append(_SENTENCE)
        if carried_key is not None and carried_key != key:
            found.append(NOT_CARRIED)
        if crowded and (caution := _about_another(status, known, key_of)) is not None:
            found.append(caution)
        cautious.append(replace(status, cautions=found) if found else status)
    return cautious


def _expanded(statuses: Sequence[RecipientStatus], key_of: KeyOf) -> frozenset[str]:
    """The addresses that several statuses are about whose final recipients differ."""
    pairs = [
        (key_of(status.recipient), key_of(status.final_recipient or status.recipient)) for status in statuses if status.recipient
    ]
    first = dict(reversed(pairs))
    return frozenset(recipient for recipient, final in pairs if first[recipient] != final)


def _is_passed_on(status: RecipientStatus) -> bool:
    """Whether another mailbox failed than the one we mailed, which may be an alias of several; one of the same name is its owner's."""
    if not status.recipient or not status.final_recipient or status.recipient == status.final_recipient:
        return False
    mailed, failed = status.recipient.partition("@"), status.final_recipient.partition("@")
    return bool(mailed[1] and failed[1]) and _name(mailed[0]) != _name(failed[0])


def _name(local: str) -> str:
    return local.partition("+")[0].strip("<'\"").casefold()


def _keys_of_all(statuses: Sequence[RecipientStatus], key_of: KeyOf) -> frozenset[str]:
    return frozenset([key for status in statuses for key in _keys(status, key_of)])


def _keys(status: RecipientStatus, key_of: KeyOf) -> set[str]:
    return {key_of(each) for each in (status.recipient, status.original_recipient, status.final_recipient) if each}


def _about_another(status: RecipientStatus, known: frozenset[str], key_of: KeyOf) -> str | None:
    """The caution where the reply names other recipients of the report, but not this one."""
    text = status.reply or status.diagnostic_code or ""
    if "@" in text:
        if status.recipient and "@" in status.recipient and f"<{status.recipient}>" in text:  # as most that name anybody do
            return None
        named = {key_of(each) for each in find_addresses(text)}
        if not named.isdisjoint(_keys(status, key_of)):
            return None
        if not named.isdisjoint(known):
            return _ANOTHER
    return _SHARED if _ONE_REPLY_FOR_ALL in status.read_by else None
