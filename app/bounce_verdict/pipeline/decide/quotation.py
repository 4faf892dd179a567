"""Words of a reply that may be our own message's: a filter quotes what it objects to, and says of nobody that he does not exist.

Only replies to the message itself can do so; at RCPT the server has not seen it yet.
"""

import re
from collections.abc import Sequence

from bounce_verdict.model import Command
from bounce_verdict.pipeline.match.identifiers import mask

AFTER_DATA: frozenset[Command | None] = frozenset({"EOD", "BDAT"})
AFTER_MESSAGE: frozenset[Command | None] = frozenset({"DATA", "EOD", "BDAT", None})  # None: nobody knows whether it came before

# For the matcher: words without these quote nothing.
QUOTATION_SIGNALS = (
    "[\"“«„「『‘]|\\B'\\w",
    r"\b(your|this) (message|e?-?mail|letter)",
    r"\b(contain(s|ed|ing)?|phrases?|subject|body|offending|content|text|words?|inhalt|betreff|contenido|asunto|contenu|objet)\b|\bx-[\w-]+:",
    r"\b(message|e?-?mail|letter)s?( \w+)? (says?|said|reads?|includ\w*|mentions?|had|has)\b| in (the |your |its )?(message|mail|e-mail|headers?)",
)

_QUOTED = re.compile(  # not behind a reply code: `550-'5.1.1 …'` (Cisco ESA) is another server's reply
    r"(?<!\d\d\d[ -])(?:\"[^\"]{1,1000}\"?|“[^”]{1,1000}”?|«[^»]{1,1000}»?|„[^“”]{1,1000}[“”]?|「[^」]{1,1000}」?|『[^』]{1,1000}』?|‘[^‘’]{1,1000}’?|(?<![^\W_])'[^']{1,1000}'(?!\w))"
)
# What stands ahead of a quotation: the words say that the message holds what follows, or name the part of it that does.
_INTRODUCING = re.compile(
    r"\b(?:(?:(?:your|this|the) )?(?:message|e?-?mail|letter|text)s?(?: \w+)? (?:says?|said|reads?|contain\w*|includ\w*|mentions?|had|has)\b"
    r"|contain(?:s|ed|ing)?\b|phrases?\b|subject\b|x-[\w-]{1,40}:|body\b|offending\b|content\b"
    r"|(?:bad|banned|forbidden|offending|suspicious|spam(?:my)?) (?:words?|lines?|strings?|text|urls?)"
    r"|inhalt\b|betreff\b|contenido\b|asunto\b|contenu\b|objet\b)",
    re.IGNORECASE,
)
_FOLLOWING = re.compile(
    r"[\"'”»>)\]]{0,2} (?:found |seen )?in (?:the |your |its )?(?:message|mail|e-mail|body|text|content|subject|headers?)\b",
    re.IGNORECASE,
)
_ABOUT_DELIVERY = re.compile(
    r"\b(?:could|can|was|is|has|did|does|will)(?: ?n.t| ?not)\b[^.]{0,40}\bdeliver|\bundeliver|\bdelivery\b", re.IGNORECASE
)
_YOUR_MESSAGE = re.compile(r"\b(?:your|this) (?:message|e?-?mail|letter)\b", re.IGNORECASE)


def quoted_at(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Where the words from `start` to `end` are plainly quoted from the message, with all that is; None where they are the server's."""
    for found in _QUOTED.finditer(text):
        if found.start() > start:
            break
        if end <= found.end() and not _is_whole(text, found.span()):
            return found.span()
    if (introduced := _INTRODUCING.search(text[:start])) is not None:
        return introduced.end(), len(text)
    if _FOLLOWING.match(text, end) is not None:
        return start, end
    return None


def may_be_quoted(text: str, start: int) -> bool:
    """Whether what stands at `start` may be quoted too: behind "your message", where that does not speak of its delivery."""
    ahead = text[:start]
    return _YOUR_MESSAGE.search(ahead) is not None and _ABOUT_DELIVERY.search(ahead) is None


def without_quotation(text: str, place: tuple[int, int]) -> str:
    """`text`, as long as it was, with the letters of what is quoted gone."""
    start, end = place
    return text[:start] + mask(text[start:end]) + text[end:]


def _is_whole(text: str, span: Sequence[int]) -> bool:
    """Whether nothing but the quotation says anything; what stands in brackets behind it is a program's (Cisco ESA)."""
    rest = text[span[1] :].strip()
    return not any(sign.isalpha() for sign in text[: span[0]]) and (rest[:1] == "(" or not any(sign.isalpha() for sign in rest))
