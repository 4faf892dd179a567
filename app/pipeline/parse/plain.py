"""Part of step 2: a reply in its plain form, "550 5.1.1 words", alone or as a Postfix client wraps it, or words alone. Most are that.

What else a reply may hold (one that it quotes, a time to wait, a code further on) shows in its words. SIGNALS are the patterns
that tell: the matcher looks for them in the scan that it makes for the rules, and where it finds none there is nothing that
parse_reply would read besides. So most replies are spared a dozen searches.
"""

from functools import lru_cache
from unicodedata import is_normalized

from app.model import DEFAULT_LIMITS, PERMANENT, TRANSIENT, Command, Limits, ParsedReply, Reply
from app.pipeline.parse import codes, hints, peel

# For any text, and those besides for words without a code.
SIGNALS: tuple[tuple[str, ...], ...] = (
    (*codes.SIGNALS, *peel.SIGNALS, *hints.SIGNALS),
    (*codes.WORD_SIGNALS, *peel.WORD_SIGNALS, *hints.WORD_SIGNALS),
)

_REFUSALS = frozenset(str(code) for code in range(TRANSIENT * 100, PERMANENT * 100 + 100)) - {"551"}  # 551 offers another address
_FEW_HOSTS = 4_096
_OF_REPLIES, _OF_WORDS = 1, 3


def read_plain(raw: str, limits: Limits = DEFAULT_LIMITS) -> ParsedReply | None:
    """The reply that `raw` plainly is; None where parse_reply has to read it.

    Provided that nothing `has_more`, this is what parse_reply gives.
    """
    if len(raw) > limits.max_reply_text or not raw.isprintable() or "  " in raw or "\\" in raw:
        return None
    if not raw.isascii() and not is_normalized("NFC", raw):
        return None
    if raw[:3] in _REFUSALS:
        return _read_code(raw)
    if raw.startswith("host ") and (wrapped := peel.by_postfix(raw)) is not None:
        host = wrapped.remote_mta or ""
        return _read_code(wrapped.text, wrapped.command, host) if _is_only_a_name(host) else None
    if raw[:1].isalpha() and raw[-1] != " " and not peel.is_labelled(raw):
        return ParsedReply(Reply(None, None, None, raw))
    return None


def _read_code(text: str, command: Command | None = None, remote_mta: str | None = None) -> ParsedReply | None:
    coded = codes.read_plain_codes(text)
    if coded is None or text[-1] == " " or text[:3] not in _REFUSALS:
        return None
    if coded.enhanced is not None and (coded.enhanced[0] != text[0] or coded.enhanced.endswith(hints.EXPIRED)):
        return None
    return ParsedReply(Reply(coded.code, coded.enhanced, command, coded.text), (), command, remote_mta)


def has_more(plain: ParsedReply, signals: int) -> bool:
    """Whether the signals found in the words of `plain` (bit n for group n) say that parse_reply has to read them."""
    return bool(signals & (_OF_REPLIES if plain.reply.code is not None else _OF_WORDS))


@lru_cache(maxsize=_FEW_HOSTS)
def _is_only_a_name(host: str) -> bool:
    """Whether a host's name holds no word that parse_reply takes for a hint."""
    lower = host.lower()
    return not (hints.is_expired(lower, None) or hints.speaks_of_waiting(lower) or peel.is_probe(host))
