"""Part of step 2, the fast path: a reply in one of the forms that nearly all have.

These are "550 5.1.1 words", alone or behind the words of a Postfix client, and words alone. What else a reply may hold (another reply
that it quotes, a time to wait, a code further on) shows in its words: the matcher looks for SIGNALS in the same scan as for the rules.
Only what a signal was found for is read then; the rare ones send the reply to parse_reply. That saves most replies a dozen searches.
"""

from functools import lru_cache
from unicodedata import is_normalized

from bounce_verdict.model import DEFAULT_LIMITS, PERMANENT, TRANSIENT, Command, Limits, ParsedReply, Reply
from bounce_verdict.pipeline.parse import smtp_commands
from bounce_verdict.pipeline.parse.reply import client_libraries, codes, hints, nested_replies
from bounce_verdict.pipeline.parse.reply.run_together import split_run_together, without_program_tail

SIGNALS: tuple[tuple[str, ...], ...] = (
    (*nested_replies.TAIL_SIGNALS, *smtp_commands.SERVER_SIGNALS),
    codes.ENHANCED_SIGNALS,
    nested_replies.REPLY_SIGNALS,
    hints.WAIT_SIGNALS,
    hints.EXPIRED_SIGNALS,
    (*codes.FURTHER_SIGNALS, *nested_replies.INNER_SIGNALS, *client_libraries.SIGNALS),
    (*nested_replies.HOST_SIGNALS, *smtp_commands.CLIENT_SIGNALS),
)
_RARE, _ENHANCED, _REPLY, _WAIT, _EXPIRED, _INNER, _CLIENT = (1 << group for group in range(len(SIGNALS)))
_OF_REPLIES = _RARE | _ENHANCED | _REPLY | _WAIT | _EXPIRED
_OF_WORDS = _OF_REPLIES | _INNER | _CLIENT

_REFUSALS = frozenset(str(code) for code in range(TRANSIENT * 100, PERMANENT * 100 + 100)) - {"551"}  # 551 offers another address
_MAX_CACHED_HOSTS = 4_096


def read_common_form(raw: str, limits: Limits = DEFAULT_LIMITS) -> ParsedReply | None:
    """The reply that `raw` is, still to be handed to `complete`; None where only parse_reply can read it."""
    if len(raw) > limits.max_reply_text or not raw.isprintable() or "  " in raw or "\\" in raw:
        return None
    if not raw.isascii() and not is_normalized("NFC", raw):
        return None
    if raw[:3] in _REFUSALS:
        return _read_code(raw)
    if raw.startswith("host ") and (outer := nested_replies.read_postfix_client(raw)) is not None:
        host = outer.remote_mta or ""
        return _read_code(outer.text, outer.command, host) if _is_only_a_name(host) else None
    if not raw or (raw[0].isalpha() and raw[-1] != " " and not nested_replies.has_type_label(raw)):
        return ParsedReply(Reply(None, None, None, raw))
    return None


def complete(common: ParsedReply, raw: str, signals: int) -> ParsedReply | None:
    """What parse_reply gives for `raw`: what read_common_form found, and what the signals in its words (bit n for group n) point at.

    None where only parse_reply can read it.
    """
    reply = common.reply
    if not signals & (_OF_WORDS if reply.code is None else _OF_REPLIES):
        return common
    if reply.code is None:
        return _complete_words(common, signals)
    if (
        signals & _RARE
        or (signals & _REPLY and _holds_another(reply))
        or (signals & _EXPIRED and without_program_tail(reply.text) != reply.text)
    ):
        return None
    if signals & _ENHANCED and reply.enhanced_status is None:
        enhanced = codes.enhanced_further_on(reply.text, str(reply.code)[0])
        if enhanced is not None and enhanced.endswith(hints.EXPIRED):
            return None
        reply = Reply(reply.code, enhanced, reply.command, reply.text)
    wait, expired = _wait_and_expired(raw, reply.enhanced_status) if signals & (_WAIT | _EXPIRED) else (None, False)
    return ParsedReply(reply, (), common.command, common.remote_mta, wait, None, expired)


def _complete_words(common: ParsedReply, signals: int) -> ParsedReply | None:
    """The same for words without a code, which may be a client's."""
    if signals & (_RARE | _ENHANCED | _REPLY | _INNER) or (
        signals & _EXPIRED and without_program_tail(common.reply.text) != common.reply.text
    ):
        return None
    text = common.reply.text
    command = smtp_commands.command_in_client_words(text) if signals & _CLIENT else None
    host = nested_replies.server_named(text) if signals & _CLIENT else None
    wait, expired = _wait_and_expired(text, None) if signals & (_WAIT | _EXPIRED) else (None, False)
    return ParsedReply(Reply(None, None, command, text), (), command, host, wait, None, expired)


def _holds_another(reply: Reply) -> bool:
    first = codes.SplitReply(reply.code, reply.enhanced_status, reply.text)
    return bool(nested_replies.find_inner_replies(reply.text) or split_run_together(reply.text, first))


def _wait_and_expired(text: str, enhanced: str | None) -> tuple[int | None, bool]:
    lower = text.lower()
    return hints.retry_after(text, lower), hints.is_expired(lower, enhanced)


def _read_code(text: str, command: Command | None = None, remote_mta: str | None = None) -> ParsedReply | None:
    split = codes.read_common_codes(text) or codes.read_folded_codes(text)
    if split is None or text[-1] == " " or text[:3] not in _REFUSALS:
        return None
    if split.enhanced is not None and (split.enhanced[0] != text[0] or split.enhanced.endswith(hints.EXPIRED)):
        return None
    return ParsedReply(Reply(split.code, split.enhanced, command, split.text), (), command, remote_mta)


@lru_cache(maxsize=_MAX_CACHED_HOSTS)
def _is_only_a_name(host: str) -> bool:
    """Whether a host's name holds no word that parse_reply takes for a hint."""
    lower = host.lower()
    return not (hints.is_expired(lower, None) or hints.speaks_of_waiting(lower) or nested_replies.is_probe(host))
