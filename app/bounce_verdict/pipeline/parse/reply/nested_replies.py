"""Replies inside other words: the client's sentence around a reply, and the reply that a server passes on from the next one.

The outermost real reply is what the answering server said; what it quotes is nearer to the cause. A reply that a server got when
it probed an address is different: about the sender's address it says nothing of the recipient, and an unfinished probe decides nothing.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct

from bounce_verdict.model import Command
from bounce_verdict.pipeline.parse.reply.client_libraries import unwrap_library_error
from bounce_verdict.pipeline.parse.reply.codes import (
    ENHANCED,
    UNITS,
    SplitReply,
    has_code_at_head,
    read_codes,
    refusal_begins_at,
    without_unbalanced,
)
from bounce_verdict.pipeline.parse.reply.guarded_pattern import GuardedPattern
from bounce_verdict.pipeline.parse.reply.reply_lines import is_reply
from bounce_verdict.pipeline.parse.smtp_commands import command_in_client_words, command_of_phrase

_MAX_DEPTH = 5
_MAX_TAIL = 60  # characters of "(in reply to … command),"; at most 46 are written
_MAX_CANDIDATES = 40

_TYPE = re.compile(
    r"\s*(?:smtp|lmtp|esmtp|x-[a-z0-9-]{1,30}|unknown|diagnostic-code: ?[a-z0-9-]{1,30})\s?;\s*", re.IGNORECASE
)  # RFC 3464 §2.3.6
_REPLY = re.compile(
    rf"(?P<code>[2-5](?<![\w.@/%-].)[0-9][0-9])(?:[ -]{{1,2}}[\"'#\[(]?(?P<enhanced>{ENHANCED})|-(?=[\"'\w<])|\s(?=[^\W\d]|[<\"'(\[*¿])(?!{UNITS})|$)"
)
_MAY_BE_CODE = re.compile(r"[45][0-9][0-9](?:[\s-]|$)")  # what _REPLY may take for the code of a refusal; few texts hold it
# For the matcher (fast_path.py): words without these hold no other reply, nothing that stands around a reply,
REPLY_SIGNALS = (r"(^|[^\w.@/%-])[45][0-9][0-9]([\s-]|$)",)
TAIL_SIGNALS = (r"\(in reply to ", "giving up on ", "no valid recipients")
# and words that are no reply themselves hold none, and name no server.
INNER_SIGNALS = (r"(^|[^\w.@/%-])[2-5][0-9][0-9]([\s-]|$)", "<<<")
HOST_SIGNALS = (r"((host|server|with|to|by)[ =]|h=)[^\s\[]+\s?\[",)

# What stands ahead of a reply that is passed on.
_SAYING = (
    r"(?:said|says|repl(?:y|ied)|respon(?:se|ded)|returned|answer(?:ed)?|talk to me|transfail|errors?|failure|failed|reason|was|is"
    r"|MTA\([^()\s]{0,80}\)|\[[\da-fA-F.:]{2,45}\])"
)
_AHEAD_OF_QUOTED = re.compile(
    rf"(?:\b{_SAYING}|(?<=\]))\s?:\s{{0,3}}[\"'(<#]{{0,2}}$|->\s?[\"'(<]?$|LED=$|[.:\s]<$", re.IGNORECASE
)
_AHEAD_OF_ENHANCED = re.compile(r"[:(<>=]\s{0,3}[\"'(<#]{0,2}$|[\"']$")
_AHEAD_OF_REPLY = re.compile(
    r"""(?:^|\n|;|<<<|\#)\s*$
      | (?: [>\])] | SIZE=\d{1,12} | [\w.+-]{1,64}@[\w.-]{1,255} | (?:[\w-]{1,63}\.){1,10}[a-z]{2,24}
          | \b(?:rcpt|smtp|esmtp|lmtp|command|host|server|connect|connection|greeting|data|from|to|starttls|auth|bdat|ehlo|helo|lhlo|quit|rset|dsn)
        ) \s?:\s*["'(<]?$
      | \b(?:replied|responded|answered|returned|rejected)(?:\ with)?\s$ | \b(?:smtp|reply|status|error)\ (?:error\ |code\ )?$
      | \[internal\]\s*$ | ^(?:MAIL\+RCPT|DATA|DATA\ closing)\ $ | \b(?:returned|error|with)\s[:]?\s?["'(<]$ | \($""",
    re.VERBOSE | re.IGNORECASE,
)
# The answer to a probe: Postfix reject_unverified_recipient ("unverified address") and reject_unverified_sender, Exim callouts.
_POSTFIX_SAYS = (" said: ", " to talk to me: ")  # Postfix 3.7; the two of _AHEAD_OF_QUOTED that come daily
_PROBE = GuardedPattern(
    r"unverified address|sender address rejected|sender verif|verif\w+ failed for|while verifying|\bcall-?(?:out|back)\b(?!@)",
    signs=("verif", "address rejected", "call"),
    flags=re.IGNORECASE,
)
_RECIPIENT_PROBE = re.compile(r"\brecipient address rejected: (?:undeliverable|unverified) address", re.IGNORECASE)
_HOST = re.compile(r"\b(?:(?:host|server|with|to|by)[ =]|H=)(?P<name>[\w.-]{1,255}?)\.?\s?\[[^\]\s]{2,100}\]", re.IGNORECASE)
# Postfix 3.7, which most replies inside a client's words come from: the same as the general functions find, and faster.
_POSTFIX = re.compile(r"host ([\w.-]{1,255}+)\[[^\]\s]{2,100}+\] (said|refused to talk to me): ")
_MAX_CLIENT_WORDS = 400
_MAX_CACHED_SERVERS = 4_096
_IN_REPLY_TO = re.compile(r"\s*\(in reply to (?P<phrase>[^()\n]{1,40})\)", re.IGNORECASE)  # Postfix 3.7, smtp_trouble.c
_GIVING_UP = re.compile(r"\s*Giving up on [\da-fA-F.:]{2,45}\.?\s*$")  # notqmail, after the reply


class OuterReply(Struct):
    """A reply without the client's words around it. `command` and `remote_mta` are what those say."""

    text: str
    command: Command | None = None
    remote_mta: str | None = None


class InnerReply(Struct):
    """A reply that another one passes on, with the command that it answers as far as the words say, and the words ahead of it."""

    reply: SplitReply
    command: Command | None
    before: str


def find_outer_reply(text: str) -> OuterReply:
    """The outermost reply in `text`; all of `text` where it holds no reply or begins with one."""
    if not is_reply(text) and (outer := read_postfix_client(text) or _of_library(text)) is not None:
        return outer
    if has_code_at_head(text):
        return _read_bare_reply(text)
    while (label := _TYPE.match(text)) is not None:
        text = text[label.end() :]
        if has_code_at_head(text):
            return _read_bare_reply(text)
    if "<<<" in text and (refused := _first_refusal(text)) is not None:
        return refused
    start = _find_reply(text, _AHEAD_OF_REPLY)
    if start is None or is_probe(text[:start]):
        return OuterReply(text, command_in_client_words(text), server_named(text))
    around = text[:start]
    reply, command = _cut_in_reply_to(_without_closing_quote(text[start:], around))
    return OuterReply(_without_giving_up(reply), command_in_client_words(around) or command, server_named(around))


def _of_library(text: str) -> OuterReply | None:
    error = unwrap_library_error(text)
    return OuterReply(error[0], error[1], server_named(text)) if error is not None else None


def has_type_label(text: str) -> bool:
    """Whether a type stands ahead of the text, as in a Diagnostic-Code."""
    return ";" in text and _TYPE.match(text) is not None


def read_postfix_client(text: str) -> OuterReply | None:
    """The reply behind the words of a Postfix client; None where there is none, or something else stands ahead of it."""
    start = text.find(": ", text.find("]")) + 2
    client = _postfix(text[:start]) if start <= _MAX_CLIENT_WORDS else None
    if client is None or "<<<" in text or not (refusal_begins_at(text, start) or _REPLY.match(text, start)):
        return None
    name, said = client
    reply, command = _cut_in_reply_to(text[start:])
    return OuterReply(_without_giving_up(without_unbalanced(reply)), command if said == "said" else "CONNECT", name)


@lru_cache(maxsize=_MAX_CACHED_SERVERS)
def _postfix(words: str) -> tuple[str, str] | None:
    """The server that these words of a client name, and what it did; None where they are another's. The same come often."""
    found = _POSTFIX.fullmatch(words)
    if found is None or is_probe(found[1]):
        return None
    return found[1].removesuffix("."), found[2]


def find_inner_replies(text: str) -> Sequence[InnerReply]:
    """The replies that `text`, the words of a reply, passes on, innermost last."""
    if _MAY_BE_CODE.search(text) is None:
        return []
    found: list[InnerReply] = []
    while len(found) < _MAX_DEPTH and (start := _find_reply(text, None)) is not None:
        if is_probe(text[:start]):
            break
        inner, command = _cut_in_reply_to(_without_closing_quote(text[start:], text[:start]))
        reply = read_codes(inner)
        found.append(InnerReply(reply, command or command_in_client_words(text[:start]), text[:start]))
        text = reply.text
    return found


def is_probe(words: str) -> bool:
    """Whether a reply behind these words is the answer to a probe."""
    return _PROBE.search(words) is not None


def _find_reply(text: str, outside: re.Pattern[str] | None) -> int | None:
    """Where a reply begins inside `text`. `outside`: what else may stand ahead of it where `text` is no reply itself."""
    for count, reply in enumerate(_REPLY.finditer(text)):
        if count == _MAX_CANDIDATES:
            break
        start, enhanced = reply.start(), reply["enhanced"]
        window = max(0, start - 120)
        if outside is None and (reply["code"] < "400" or (start == 0 and not enhanced)):
            continue  # "452 4.2.2 250 MB quota exceeded" quotes nothing
        if start == 0 or text.endswith(_POSTFIX_SAYS, window, start) or _AHEAD_OF_QUOTED.search(text, window, start):
            return start
        if enhanced and (outside is not None or _AHEAD_OF_ENHANCED.search(text, max(0, start - 6), start)):
            return start
        if outside is not None and outside.search(text, window, start):
            return start
    return None


def _without_closing_quote(inner: str, before: str) -> str:
    """The quoted reply without what closes the quotation."""
    if before.endswith("LED="):  # Exchange: "[{LED=450 4.4.316 Connection refused};{MSG=};{FQDN=…}]"
        return inner.partition("}")[0]
    quote = before[-1:]
    if quote and quote in "'\"" and quote in inner:
        return inner[: inner.rfind(quote)]
    return without_unbalanced(inner)


def _read_bare_reply(text: str) -> OuterReply:
    """A bare reply without "(in reply to … command)", which is its own unless it passes another reply on.

    Then the tail is the other's; but who asks the next server at its RCPT (Postfix, "undeliverable address") does so when it is
    itself asked for a recipient.
    """
    cut, command = _cut_in_reply_to(text)
    if command is None:
        return OuterReply(_without_giving_up(text))
    words = read_codes(text).text
    if _find_reply(words, None) is None:
        return OuterReply(cut, command)
    asked: Command | None = "RCPT" if command == "RCPT" and _RECIPIENT_PROBE.search(words) else None
    return OuterReply(text if find_inner_replies(words) else cut, asked)


def _without_giving_up(text: str) -> str:
    return _GIVING_UP.sub("", text) if "Giving up on " in text else text


def _cut_in_reply_to(text: str) -> tuple[str, Command | None]:
    """`text` without a last "(in reply to … command)", and that command. Each server on the way adds its own, the outermost last."""
    if "(in reply to " not in text:
        return text, None
    start = text.rindex("(in reply to ")
    found = _command_in_reply_to(text[start : start + _MAX_TAIL])
    return (text, None) if found is None else (text[:start].rstrip(), found[0])


@lru_cache(maxsize=256)
def _command_in_reply_to(words: str) -> tuple[Command | None] | None:
    """The command of "(in reply to … command)", alone in a tuple; None where `words` are more or something else."""
    found = _IN_REPLY_TO.match(words)
    if found is None or len(words) - found.end() > len("),"):
        return None
    return (command_of_phrase(found["phrase"]),)


def server_named(words: str) -> str | None:
    """The server that the client's words name last: "host mx.example.net[192.0.2.1] said"."""
    name = None
    if "[" in words:
        for found in _HOST.finditer(words):
            name = found["name"]
    return name or None


def _first_refusal(text: str) -> OuterReply | None:
    """The first reply of a transcript (">>> RCPT TO:<…>", "<<< 550 …") that refuses, with its command.

    What stands ahead of the first ">>>" answers the connection (Sendmail 8.17). With PIPELINING a refused RCPT stands under DATA,
    as does the end of the data: then the command stays open.
    """
    for number, turn in enumerate(text.split(">>>")):
        sent, _, said = turn.partition("<<<")
        said = said.replace("<<<", " ").strip()
        code = read_codes(said).code if said else None
        if code is not None and code // 100 in (4, 5):
            name = sent.strip()
            if number == 0:
                return OuterReply(said, "CONNECT", server_named(sent))
            return OuterReply(said, None if name[:4].upper() == "DATA" else command_of_phrase(name))
    return None
