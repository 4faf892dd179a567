"""Part of step 6: when `suppress: now` may stand. It unsubscribes people, so it is earned, never the rule.

It needs a rule, or an enhanced code that may stop an address by itself, that is shown to speak of this recipient or its domain. Each
condition below is a case in which that is not shown; the first that holds makes it `if-repeated`, and says so in the evidence. Which
words raise a doubt is rules/doubts.toml's to know.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from msgspec import Struct, field

from bounce_verdict.model import DoubtKind, Evidence
from bounce_verdict.pipeline.budget import CONTACT, MASKED
from bounce_verdict.pipeline.decide.decider import Decision, ScannedReply
from bounce_verdict.pipeline.decide.doubts import BECAUSE, Doubts, why
from bounce_verdict.pipeline.decide.our_names import place_of_name
from bounce_verdict.pipeline.decide.quotation import AFTER_DATA, AFTER_MESSAGE, possible_quotation, quotation_at
from bounce_verdict.pipeline.decide.tables import NO_RECIPIENT_YET
from bounce_verdict.pipeline.match.identifiers import without_identifiers

_ADDRESS = re.compile(r"[\w.+=%/!#$&*^{}~-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+){1,8}+")
_IN_IDENTIFIER = frozenset("@/:.")
_WORD = re.compile(r"[^\W\d_]{2}")
_AHEAD = 40  # characters ahead of an address that say what it is there for

_OF_SENDER = (".1.7", ".1.8")  # the sender's mailbox, the sender's system (RFC 3463 §3.2)
_OWN_FAULT = ".3.5"  # system incorrectly configured (RFC 3463 §3.4)


class Claim(Struct):
    """What would stop an address, and all that tells whether it may.

    words: the whole answered text. start, end: where what decided stands in it, None where that is a code, or unknown.
    found: for each text of the reply the doubts that a scan found; kinds: of all of these. may_quote: whether it may quote our message.
    masked: texts without the words of their identifiers.
    """

    decision: Decision
    scanned: ScannedReply
    words: str
    start: int | None
    end: int | None
    doubts: Doubts
    found: Sequence[Sequence[int]]
    kinds: Collection[DoubtKind | None]
    may_quote: bool
    masked: dict[str, str] = field(default_factory=dict)

    def without_identifiers(self, text: str) -> str:
        """`text` without the words of its identifiers, made once."""
        known = self.masked.get(text)
        if known is None:
            self.scanned.cost += MASKED * len(text)
            known = self.masked[text] = without_identifiers(text)
        return known


def held_back(claim: Claim) -> Evidence | None:
    """Why `now` may not stand, a line of the evidence; None where it is earned."""
    for condition in _CONDITIONS:
        if (line := condition(claim)) is not None:
            return line
    return None


def raises(doubt: int, text: str, doubts: Doubts) -> bool:
    """Whether `text` raises this doubt: what a doubt's hits and misses are tried on."""
    kind = doubts.known[doubt].kind
    if kind in _OF_REPLY:
        return doubts.is_scanned(doubt, text) and doubts.first(without_identifiers(text), (doubt,)) is not None
    if kind == "contact":
        return any(_is_contact(found, text, doubts, (doubt,)) for found in _ADDRESS.finditer(text))
    return doubts.first(text, (doubt,)) is not None


def _line(why: str) -> Evidence:
    return Evidence("verdict", f"`now` is held back: {why}")


def _is_relaying(claim: Claim) -> Evidence | None:
    return _RELAYING if claim.decision.reason == "relay-denied" else None


def _is_by_code_alone(claim: Claim) -> Evidence | None:
    return None if claim.decision.decided_by in ("rule", "enhanced-status") else _CODE_ALONE


def _is_before_recipient(claim: Claim) -> Evidence | None:
    return _BEFORE_RECIPIENT if claim.scanned.context.command in NO_RECIPIENT_YET else None


def _is_of_the_message(claim: Claim) -> Evidence | None:
    """At the end of the data a reply is about the message, or quotes it, but for LMTP (RFC 2033 §4.2) and a receiver that names whom it means."""
    if claim.scanned.context.command not in AFTER_DATA or _is_lmtp(claim):
        return None
    return None if _is_receivers_own(claim.decision) and _names_whom_it_means(claim) else _OF_MESSAGE


def _is_quoted(claim: Claim) -> Evidence | None:
    if not claim.may_quote or claim.start is None or claim.end is None or claim.scanned.context.command not in AFTER_MESSAGE:
        return None
    if (quotation := quotation_at(claim.words, claim.start, claim.end, claim.doubts)) is not None:
        return _QUOTED if quotation.doubt is None else replace(_QUOTED, source=quotation.doubt.source)
    if _is_receivers_own(claim.decision) or (doubt := possible_quotation(claim.words, claim.start, claim.doubts)) is None:
        return None
    return replace(_QUOTED, source=doubt.source)


def _blames_another(claim: Claim) -> Evidence | None:
    if (claim.scanned.status.status or "").endswith(_OF_SENDER):
        return _line(BECAUSE["blame"])
    return _raised(claim, "blame")


def _may_pass(claim: Claim) -> Evidence | None:
    return _raised(claim, "passing")


def _blames_the_receiver(claim: Claim) -> Evidence | None:
    if any(reply.enhanced_status and reply.enhanced_status.endswith(_OWN_FAULT) for reply in claim.scanned.texts):
        return _line(BECAUSE["receiver"])
    return _raised(claim, "receiver")


def _is_of_unknown_words(claim: Claim) -> Evidence | None:
    """Where a code decides beside words that no rule knows: they must refuse the recipient plainly, or there must be none."""
    if claim.decision.decided_by != "enhanced-status":
        return None
    if _of_kind("recipient", claim.found[-1], claim.doubts) or not _says_something(claim.without_identifiers(claim.words)):
        return None
    return _UNKNOWN_WORDS


def _says_something(words: str) -> bool:
    """Whether there are words beside identifiers, of which `without_identifiers` leaves signs and x."""
    bare = (word.strip(".,:;!?()<>[]\"'") for word in words.split())
    return any(word.strip("x") and _WORD.search(word) and _IN_IDENTIFIER.isdisjoint(word) for word in bare)


def _raised(claim: Claim, kind: DoubtKind) -> Evidence | None:
    """The first doubt of this kind that a text raises, with its place in the answered text; words inside identifiers do not count."""
    if kind not in claim.kinds:
        return None
    for reply, found in zip(claim.scanned.texts, claim.found, strict=True):
        scanned = _of_kind(kind, found, claim.doubts)
        if scanned and (raised := claim.doubts.first(claim.without_identifiers(reply.text), scanned)) is not None:
            start, end = raised.start, raised.end
            if len(reply.text) != len(claim.words):  # a quoted reply stands somewhere in the answered text
                start = claim.words.find(reply.text[raised.start : raised.end])
                end += start - raised.start
            place = ("reply.text", start, end) if start >= 0 else (None, None, None)
            return Evidence("verdict", why(raised.doubt), None, raised.doubt.source, *place)
    return None


def _of_kind(kind: DoubtKind, found: Sequence[int], doubts: Doubts) -> Sequence[int]:
    """Those of this kind among what a scan found."""
    return [i for i in found if doubts.kind_of(i) == kind]


def _names_another(claim: Claim) -> Evidence | None:
    """Where the recipient has moved to is nobody else (RFC 5321 §3.4)."""
    if "@" not in claim.words or claim.decision.reason == "mailbox-moved" or claim.scanned.parsed.forward_path is not None:
        return None
    claim.scanned.cost += CONTACT * (claim.words.count("@") - 1)
    return _ANOTHER if names_another(claim.words, addresses_of(claim.scanned), claim.doubts) else None


_OF_REPLY: Sequence[DoubtKind] = ("blame", "passing", "receiver", "recipient")
_RELAYING = _line("relaying is denied, and the recipient's server may only be misconfigured")
_CODE_ALONE = _line("only the reply code speaks")
_BEFORE_RECIPIENT = _line("no recipient had been named yet")
_OF_MESSAGE = _line("at the end of the data the words may be our message's")
_QUOTED = _line("the words may be our message's")
_UNKNOWN_WORDS = _line("beside the code stand words that no rule knows, and more than a plain refusal of the recipient")
_ANOTHER = _line("the text names another address")
_CONDITIONS: Sequence[Callable[[Claim], Evidence | None]] = (
    _is_relaying,
    _is_by_code_alone,
    _is_before_recipient,
    _is_of_the_message,
    _is_quoted,
    _blames_another,
    _may_pass,
    _blames_the_receiver,
    _is_of_unknown_words,
    _names_another,
)


def addresses_of(scanned: ScannedReply) -> list[str]:
    """The recipient's addresses, as far as they are known, in lower case."""
    status = scanned.status
    known = (scanned.given.recipient, status.original_recipient, status.final_recipient)
    return [address.strip(" <>").lower() for address in known if address]


def _is_receivers_own(decision: Decision) -> bool:
    return decision.rule is not None and decision.rule.layer in ("local", "provider")


def _names_whom_it_means(claim: Claim) -> bool:
    """Whether the text holds the recipient's address; where nobody told us that, the only address that it holds is his."""
    if addresses := addresses_of(claim.scanned):
        return names_recipient(claim.words, addresses)
    return len({found[0].lower() for found in _ADDRESS.finditer(claim.words)}) == 1


def _is_lmtp(claim: Claim) -> bool:
    """Whether the client's words ahead of the reply, or the report, call it LMTP's."""
    given = claim.scanned.given
    ahead = given.reply[: max(0, given.reply.find(claim.words))]
    return claim.scanned.status.diagnostic_type == "lmtp" or "lmtp" in f"{ahead} {given.remote_mta or ''}".lower()


def names_recipient(words: str, addresses: Sequence[str]) -> bool:
    """Whether the text holds one of the addresses."""
    return any(place_of_name(address, words) >= 0 for address in addresses)


def names_another(words: str, addresses: Sequence[str], doubts: Doubts) -> bool:
    """Whether the text names an address and it is another's than the recipient's; whom to ask for help does not count."""
    if not addresses or names_recipient(words, addresses):
        return False
    for found in _ADDRESS.finditer(words):
        local, _, domain = found[0].lower().rpartition("@")
        if local.strip(".") in doubts.roles or _is_contact(found, words, doubts, doubts.of_kind("contact")):
            continue
        if not any(_is_same_person(local, domain, address) for address in addresses):
            return True
    return False


def _is_contact(address: re.Match[str], words: str, doubts: Doubts, contacts: Sequence[int]) -> bool:
    """Whether the words ahead of the address say that it is there to be asked."""
    return doubts.first(words[max(0, address.start() - _AHEAD) : address.start()], contacts) is not None


def _is_same_person(local: str, domain: str, address: str) -> bool:
    """A recipient as its own server may write it: without the part behind a plus sign, and at a host of its domain."""
    own_local, _, own_domain = address.rpartition("@")
    if local.partition("+")[0] != own_local.partition("+")[0]:
        return False
    return domain == own_domain or domain.endswith("." + own_domain) or own_domain.endswith("." + domain)
