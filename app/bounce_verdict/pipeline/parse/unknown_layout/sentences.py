"""Part of step 2: the sentences of a notice that may say why a mail came back, for recipients of whom no reader found a reply.

Nobody knows which of them says it: the pipeline judges them as replies, and believes them only where all that name a cause agree. So a
list of possible causes decides nothing.
"""

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from bounce_verdict.model import Notice, RecipientStatus
from bounce_verdict.pipeline.budget import SENTENCES, Budget
from bounce_verdict.pipeline.parse.addresses import address_key, find_addresses
from bounce_verdict.pipeline.parse.reply.reply_lines import is_reply

_MAX_SENTENCES = 24  # judged for a recipient
_MAX_RECIPIENTS = 10  # of a notice, beyond which its text is not judged again for each
_MAX_LINES = 12  # of a paragraph that is read as one sentence; a longer one explains mail in general
_MAX_LENGTH = 600  # characters of one
_MIN_LENGTH = 6
_MARKED = re.compile(r"\s{0,20}(?:[-*•·‣◦▪>#–—]|\(?\d{1,2}[.)])\s")
_LABEL = re.compile(r"\s{0,20}[\w ./-]{1,30}?\s?[:：]\s{0,10}(?=\S)")
# Fields of our message that a notice repeats, and lines that only say where to ask.
_NOT_SAID = re.compile(
    r"\s{0,20}an undisclosed address|\s{0,20}(?:subject|from|to|date|sent|message[- ]id|betreff|von|an|datum|objet|de|[àa]|sujet|asunto|para|fecha|oggetto|da|data"
    r"|主\s?[题題旨]|主旨|件名|发件人|寄件者|差出人|日期|日時|时间|received|x-[\w-]{1,40})\s?[:：]|.{0,200}\b(?:https?|mailto):",
    re.IGNORECASE,
)
# Says what may be wrong, not what is.
_GUESS = re.compile(
    r"\b(?:may|might|maybe|possibl[ey]|perhaps|m[öo]glich(?:erweise)?|vielleicht|eventuell|peut[- ][êe]tre|posible(?:mente)?|quiz[áa]s?|tal vez"
    r"|forse|potrebbe|talvez|poss[íi]ve(?:l|is|lmente)|misschien|mogelijk|возможно|może|możliw\w*)\b|\bbecause [^.]{1,80}\bor\b|可能|かもしれ|아마",
    re.IGNORECASE,
)
# A footer: of a signature, a list, or a scanner that praises itself.
_FOOTER = re.compile(r"(?:-- ?|_{20,})$")
_SCANNER = re.compile(r"\b(?:virus(?:es|-?free)?|anti-?virus|malware|viren|virenfrei)\b", re.IGNORECASE)
_QUOTED = ("> ", "| ", ">>>", "<<<")
SILENT = frozenset({"failed", "delayed", None})


def with_sentences(statuses: Sequence[RecipientStatus], notice: Notice, budget: Budget) -> list[RecipientStatus]:
    """The statuses, each that has no server's reply with the sentences of the notice that name no other recipient."""
    if len(statuses) > _MAX_RECIPIENTS or all(is_reply(status.reply) or status.action not in SILENT for status in statuses):
        return list(statuses)
    if not budget.spend(len(notice.text) * SENTENCES):
        return list(statuses)
    said = (text for text in _sentences(notice.lines) if not (_GUESS.search(text) or _SCANNER.search(text)))
    sentences = [(text, set(map(address_key, find_addresses(text)))) for text in said]
    everybody = set().union(*map(_keys, statuses))
    found = []
    for status in statuses:
        others = everybody - _keys(status)
        own = [text for text, named in sentences if not named & others]
        found.append(status if is_reply(status.reply) else replace(status, sentences=own[:_MAX_SENTENCES]))
    return found


def _keys(status: RecipientStatus) -> set[str]:
    known = (status.recipient, status.original_recipient, status.final_recipient)
    return {address_key(address) for address in known if address}


def _sentences(lines: Sequence[str]) -> Iterator[str]:
    """The paragraphs, each on one line, and the items of lists; a line that goes by a label without it, too."""
    for paragraph in _paragraphs(lines):
        if len(paragraph) > 1 and not any(map(_MARKED.match, paragraph)) and not any(map(_LABEL.match, paragraph)):
            yield " ".join(paragraph)[:_MAX_LENGTH]
            continue
        for line in paragraph:
            bare = line[mark.end() :] if (mark := _MARKED.match(line)) is not None else line
            label = _LABEL.match(bare)
            yield (bare[label.end() :] if label is not None else bare)[:_MAX_LENGTH]


def _paragraphs(lines: Sequence[str]) -> Iterator[list[str]]:
    paragraph: list[str] = []
    for line in [*lines, ""]:
        text = line.strip()
        if _FOOTER.match(text):
            break
        if text:
            if len(text) >= _MIN_LENGTH and not _NOT_SAID.match(text) and not line.startswith(_QUOTED):
                paragraph.append(text)
            continue
        if 0 < len(paragraph) <= _MAX_LINES:
            yield paragraph
        paragraph = []
    if 0 < len(paragraph) <= _MAX_LINES:
        yield paragraph
