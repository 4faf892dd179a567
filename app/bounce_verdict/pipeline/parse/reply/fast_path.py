"""Part of step 2: a reply in its plain form, "550 5.1.1 words", alone or as a Postfix client wraps it, or words alone. Most are that.

What else a reply may hold (one that it quotes, a time to wait, a code further on) shows in its words. SIGNALS are the patterns
that tell: the matcher looks for them in the scan that it makes for the rules. What a signal speaks of is read then, and nothing
besides; the rare ones leave the reply to parse_reply. So most replies are spared a dozen searches.
"""

from functools import lru_cache
from unicodedata import is_normalized

from bounce_verdict.model import DEFAULT_LIMITS, PERMANENT, TRANSIENT, Command, Limits, ParsedReply, Reply
from bounce_verdict.pipeline.parse import smtp_commands
from bounce_verdict.pipeline.parse.reply import codes, hints, nested_replies

SIGNALS: tuple[tuple[str, ...], ...] = (
    (*nested_replies.TAIL_SIGNALS, *smtp_commands.SERVER_SIGNALS),
    codes.ENHANCED_SIGNALS,
    nested_replies.REPLY_SIGNALS,
    hints.WAIT_SIGNALS,
    hints.EXPIRED_SIGNALS,
    (*codes.FURTHER_SIGNALS, *nested_replies.INNER_SIGNALS),
    (*nested_replies.HOST_SIGNALS, *smtp_commands.CLIENT_SIGNALS),
)
_RARE, _ENHANCED, _REPLY, _WAIT, _EXPIRED, _INNER, _CLIENT = (1 << group for group in range(len(SIGNALS)))
_OF_REPLIES = _RARE | _ENHANCED | _REPLY | _WAIT | _EXPIRED
_OF_WORDS = _OF_REPLIES | _INNER | _CLIENT

_REFUSALS = frozenset(str(code) for code in range(TRANSIENT * 100, PERMANENT * 100 + 100)) - {"551"}  # 551 offers another address
_FEW_HOSTS = 4_096


def read_plain(raw: str, limits: Limits = DEFAULT_LIMITS) -> ParsedReply | None:
    """The reply that `raw` plainly is, for `complete`; None where parse_reply has to read it."""
    if len(raw) > limits.max_reply_text or not raw.isprintable() or "  " in raw or "\\" in raw:
        return None
    if not raw.isascii() and not is_normalized("NFC", raw):
        return None
    if raw[:3] in _REFUSALS:
        return _read_code(raw)
    if raw.startswith("host ") and (wrapped := nested_replies.by_postfix(raw)) is not None:
        host = wrapped.remote_mta or ""
        return _read_code(wrapped.text, wrapped.command, host) if _is_only_a_name(host) else None
    if raw[:1].isalpha() and raw[-1] != " " and not nested_replies.is_labelled(raw):
        return ParsedReply(Reply(None, None, None, raw))
    return None


def complete(plain: ParsedReply, raw: str, signals: int) -> ParsedReply | None:
    """What parse_reply gives for `raw`: `plain` with what the signals found in its words (bit n for group n) speak of.

    None where parse_reply has to read it.
    """
    reply = plain.reply
    if not signals & (_OF_WORDS if reply.code is None else _OF_REPLIES):
        return plain
    if reply.code is None:
        return _complete_words(plain, signals)
    if signals & _RARE or (signals & _REPLY and nested_replies.find_quoted(reply.text)):
        return None
    if signals & _ENHANCED and reply.enhanced_status is None:
        enhanced = codes.enhanced_further_on(reply.text, str(reply.code)[0])
        if enhanced is not None and enhanced.endswith(hints.EXPIRED):
            return None
        reply = Reply(reply.code, enhanced, reply.command, reply.text)
    wait, expired = None, False
    if signals & (_WAIT | _EXPIRED):
        lower = raw.lower()
        wait, expired = hints.retry_after(raw, lower), hints.is_expired(lower, reply.enhanced_status)
    return ParsedReply(reply, (), plain.command, plain.remote_mta, wait, None, expired)


def _complete_words(plain: ParsedReply, signals: int) -> ParsedReply | None:
    """The same of words without a code, which may be a client's."""
    if signals & (_RARE | _ENHANCED | _REPLY | _INNER):
        return None
    text = plain.reply.text
    lower = text.lower()
    command = smtp_commands.command_in_client_words(text) if signals & _CLIENT else None
    host = nested_replies.host_named(text) if signals & _CLIENT else None
    wait, expired = hints.retry_after(text, lower), hints.is_expired(lower, None)
    return ParsedReply(Reply(None, None, command, text), (), command, host, wait, None, expired)


def _read_code(text: str, command: Command | None = None, remote_mta: str | None = None) -> ParsedReply | None:
    coded = codes.read_plain_codes(text) or codes.read_folded_codes(text)
    if coded is None or text[-1] == " " or text[:3] not in _REFUSALS:
        return None
    if coded.enhanced is not None and (coded.enhanced[0] != text[0] or coded.enhanced.endswith(hints.EXPIRED)):
        return None
    return ParsedReply(Reply(coded.code, coded.enhanced, command, coded.text), (), command, remote_mta)


@lru_cache(maxsize=_FEW_HOSTS)
def _is_only_a_name(host: str) -> bool:
    """Whether a host's name holds no word that parse_reply takes for a hint."""
    lower = host.lower()
    return not (hints.is_expired(lower, None) or hints.speaks_of_waiting(lower) or nested_replies.is_probe(host))
