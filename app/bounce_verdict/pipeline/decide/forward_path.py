"""Part of step 6: where a dead address has moved to, where the text says so in words (a 251 or 551 says it by its code).

Asked only where the decision is that the recipient is gone, and never of words that may be our own message's.
"""

import re

from bounce_verdict.pipeline.decide.decider import Decision, ScannedReply
from bounce_verdict.pipeline.decide.doubts import Doubts
from bounce_verdict.pipeline.decide.quotation import AFTER_DATA, quotation_at
from bounce_verdict.pipeline.decide.suppress import addresses_of

_GONE = frozenset({"mailbox-moved", "mailbox-unknown", "mailbox-disabled"})
# A phrase begins with one of few letters: without looking at that first, each place of a text costs thirty attempts.
_MOVED_TO = re.compile(
    r"(?:\b(?=[acdijmnprtuv])(?:(?:moved|relocated|migrated|transferred|renamed|changed) to\b|new (?:e-?mail )?address\b"
    r"|address (?:has |was )?(?:been )?changed\b|now (?:at|under|uses|using|known as|found at|reach\w* (?:at|under))\b"
    r"|replaced (?:by|with)\b|(?:please|instead|now),? use\b|use (?:the )?new\b"
    r"|neue (?:e-?mail-?|mail-?)?adresse\b|(?:um|ver)gezogen\b|jetzt (?:unter|erreichbar)\b|nouvelle adresse\b|chang[ée] d'adresse\b"
    r"|d[ée]m[ée]nag[ée]|nueva direcci[óo]n\b|nuovo indirizzo\b|novo (?:endere[çc]o|e-?mail)\b|nieuwe? (?:e-?mail ?-?)?adres\b"
    r"|nowy adres\b)|новый адрес|新しい(?:メール)?アドレス|新(?:的)?(?:邮箱|邮件地址))"
    r"[^@<>]{0,40}?[<\"'(\[]{0,2}(?P<path>[\w.+%/!#$&*^{}~=-]{1,64}+@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})",
    re.IGNORECASE,
)


def moved_to(decision: Decision, scanned: ScannedReply, doubts: Doubts) -> str | None:
    """The address that the text offers instead of the recipient's; None for none, and where the words may be our message's."""
    text = scanned.texts[-1].text
    if decision.reason not in _GONE or "@" not in text or scanned.context.command in AFTER_DATA:
        return None
    end = text.find(" ", text.rindex("@"))  # of the last address, and no match goes beyond; most refusals only begin with one
    found = _MOVED_TO.search(text, 0, end) if end >= 0 else _MOVED_TO.search(text)
    if found is None or quotation_at(text, *found.span(), doubts) is not None:
        return None
    path = found["path"]
    known = {*addresses_of(scanned), (scanned.given.sender or "").strip(" <>").lower()}
    return None if path.lower() in known or path.partition("@")[0].lower() in doubts.roles else path
