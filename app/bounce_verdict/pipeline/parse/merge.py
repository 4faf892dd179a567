"""Part of step 2: the report part and the text, joined recipient by recipient; the most exact source of each fact wins.

Addresses and actions are the report's. The reply is the remote server's own, whole and with its command, where the text
has it: Exim's Status is always 5.0.0, Sendmail's Diagnostic-Code holds the first line only, OpenSMTPD has none at all.
Recipients that only the text names are dropped: a transcript also shows those that the report is not about.
"""

import re
from collections import deque
from collections.abc import Sequence

from msgspec.structs import replace

from bounce_verdict.model import Action, Command, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import KeyOf, address_key

_CODE = re.compile(r"([2-5]\d\d)(?:[ -]|$)")
_FAILED_ANOTHER = "X-Failed-Recipients names another address than the report"
# These write "delayed" into the last report of a message, and their layouts know better.
_KNOWS_THE_END = frozenset({"opensmtpd", "nullmailer"})


def merge_statuses(
    reported: Sequence[RecipientStatus],
    from_text: Sequence[RecipientStatus],
    failed: Sequence[str],
    key_of: KeyOf = address_key,
) -> list[RecipientStatus]:
    """One status per recipient, from the report (`reported`), the text (`from_text`) and X-Failed-Recipients (`failed`).

    Matched by any of their addresses, then by position where the counts agree and one side has no address.
    """
    if not reported:
        merged = [_settle(status) for status in from_text]
    else:
        merged = list(reported)
        if from_text:
            partners = from_text if len(reported) == len(from_text) == 1 else _pair(reported, from_text, key_of)
            merged = [_join(one, partner, key_of) for one, partner in zip(reported, partners, strict=True)]
    if not merged:
        return [
            RecipientStatus(address, "x-failed-recipients", action="failed", read_by="x-failed-recipients") for address in failed
        ]
    named = _name_failed(merged, failed, key_of) if failed else merged
    return named if len(named) == 1 else _without_halves(named)


def _pair(
    reported: Sequence[RecipientStatus], from_text: Sequence[RecipientStatus], key_of: KeyOf
) -> list[RecipientStatus | None]:
    """For each reported status the one in the text that is about the same recipient."""
    by_key: dict[str, deque[int]] = {}
    for i, status in enumerate(from_text):
        for key in _keys(status, key_of):
            by_key.setdefault(key, deque()).append(i)
    taken: set[int] = set()
    partners: list[RecipientStatus | None] = []
    for status in reported:
        found = None
        for key in _keys(status, key_of):
            if key in by_key and (found := _first_free(by_key[key], taken)) is not None:
                taken.add(found)
                break
        partners.append(from_text[found] if found is not None else None)
    if not taken and len(from_text) == len(reported) and _one_side_nameless(reported, from_text, key_of):
        return list(from_text)
    return partners


def _first_free(places: deque[int], taken: set[int]) -> int | None:
    """The first of the places that is not taken. Those ahead of it are dropped: each is passed over once."""
    while places and places[0] in taken:
        places.popleft()
    return places[0] if places else None


def _one_side_nameless(reported: Sequence[RecipientStatus], from_text: Sequence[RecipientStatus], key_of: KeyOf) -> bool:
    return not all(any(_keys(status, key_of) for status in side) for side in (reported, from_text))


def _keys(status: RecipientStatus, key_of: KeyOf) -> list[str]:
    """Every form of the recipient that the status knows, comparable."""
    known = (status.recipient, status.original_recipient, status.final_recipient)
    return list(dict.fromkeys(map(key_of, filter(None, dict.fromkeys(known)))))


def _join(reported: RecipientStatus, from_text: RecipientStatus | None, key_of: KeyOf) -> RecipientStatus:
    """The report's block with what the text knows better."""
    if from_text is None:
        return reported
    chosen = _better_reply(reported, from_text)
    recipient, source = reported.recipient, reported.recipient_source
    origin = reported.original_recipient or from_text.original_recipient
    if reported.original_recipient is None and from_text.original_recipient is not None:
        other = from_text.original_recipient
        if recipient is None or (recipient != other and key_of(recipient) != key_of(other)):
            recipient, source = from_text.original_recipient, "text"
    elif from_text.recipient and (recipient is None or ("@" not in recipient and "@" in from_text.recipient)):
        recipient, source = from_text.recipient, "text"
    return RecipientStatus(  # `replace` takes five times as long
        recipient=recipient,
        recipient_source=source,
        original_recipient=origin,
        final_recipient=reported.final_recipient,
        action=_action(reported, from_text),
        status=reported.status or from_text.status,
        remote_mta=reported.remote_mta or from_text.remote_mta,
        diagnostic_code=reported.diagnostic_code,
        diagnostic_type=reported.diagnostic_type,
        last_attempt_date=reported.last_attempt_date,
        will_retry_until=reported.will_retry_until or from_text.will_retry_until,
        reply=chosen.reply,
        said_by=chosen.said_by,
        command=_command(reported, from_text, chosen),
        complaint=reported.complaint,
        status_decides=reported.status_decides,
        read_by=f"{reported.read_by}+{from_text.read_by}",
        cautions=() if from_text.read_by == "haraka" else reported.cautions,  # Haraka 3.3 parts no recipients
    )


def _better_reply(reported: RecipientStatus, from_text: RecipientStatus) -> RecipientStatus:
    """Whose reply is more exact: a server's own before the reporting MTA's words, the whole text before its first line.

    Between two sets of words without a code the report's stand; where both are the same the layout knows who spoke.
    """
    if reported.reply is None or from_text.reply is None:
        return from_text if reported.reply is None else reported
    if reported.diagnostic_code is None:
        return from_text  # the report has a comment beside its Status at most
    if reported.reply == from_text.reply or reported.reply.split() == from_text.reply.split():
        return from_text
    weights = (_weight(reported), _weight(from_text))
    return from_text if weights[1] > weights[0] or (weights[1] == weights[0] and weights[1] > 1) else reported


def _weight(status: RecipientStatus) -> int:
    """3: a server's reply with its code; 2: a code that the reporting MTA wrote; 1: words."""
    if not status.reply or _CODE.match(status.reply) is None:
        return 1
    return 3 if status.said_by == "remote" else 2


def _command(reported: RecipientStatus, from_text: RecipientStatus, chosen: RecipientStatus) -> Command | None:
    """The text's command, unless the chosen reply is another one than the text's."""
    if from_text.command is None or chosen is from_text:
        return from_text.command or reported.command
    codes = [
        found.group(1) for found in (_CODE.match(from_text.reply or ""), _CODE.match(reported.reply or "")) if found is not None
    ]
    return reported.command if len(set(codes)) > 1 else from_text.command


def _action(reported: RecipientStatus, from_text: RecipientStatus) -> Action | None:
    if reported.action == "delayed" and from_text.action == "failed" and from_text.read_by in _KNOWS_THE_END:
        return "failed"
    if reported.action == "delivered" and from_text.action == "relayed":
        return "relayed"  # Exim 4.96 reports "delivered" what it handed to a server without DSN, and says so in words
    return reported.action or from_text.action


def _settle(status: RecipientStatus) -> RecipientStatus:
    """A status from the text alone: the address that was expanded is the one the sender used."""
    if status.original_recipient is None or status.original_recipient == status.recipient:
        return status
    return replace(status, recipient=status.original_recipient, final_recipient=status.final_recipient or status.recipient)


def _name_failed(statuses: list[RecipientStatus], failed: Sequence[str], key_of: KeyOf) -> list[RecipientStatus]:
    """X-Failed-Recipients (Exim, Gmail) names what the sender wrote, before aliases; it ranks below Original-Recipient."""
    by_key = {key_of(address): address for address in failed}
    matches = [next((by_key[key] for key in _keys(status, key_of) if key in by_key), None) for status in statuses]
    if not any(matches) and len(failed) == len(statuses):
        matches = list(failed)
        statuses = [replace(status, cautions=[*status.cautions, _FAILED_ANOTHER]) for status in statuses]
    return [_with_failed(status, address) for status, address in zip(statuses, matches, strict=True)]


def _with_failed(status: RecipientStatus, address: str | None) -> RecipientStatus:
    if address is None or status.recipient_source == "original-recipient" or (status.original_recipient and status.recipient):
        return status
    final = status.final_recipient or (status.recipient if status.recipient != address else None)
    return replace(status, recipient=address, recipient_source="x-failed-recipients", final_recipient=final)


def _without_halves(kept: list[RecipientStatus]) -> list[RecipientStatus]:
    """Without recipients that are the bare local part of another one (mail.ru's Exim names both, in two languages)."""
    if all(status.recipient is None or "@" in status.recipient for status in kept):
        return kept
    locals_ = {status.recipient.partition("@")[0].casefold() for status in kept if status.recipient and "@" in status.recipient}
    return [
        status for status in kept if not status.recipient or "@" in status.recipient or status.recipient.casefold() not in locals_
    ]
