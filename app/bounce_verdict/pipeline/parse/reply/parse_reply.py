"""Step 2, one reply: text and codes are separated, because rules judge the words and tables the codes.

Whatever is or wraps an SMTP reply (RFC 5321 §4.2, enhanced codes RFC 2034) is read: bare, labelled (`smtp;`), quoted, folded
over several lines, passed on by another server, or words alone.
"""

import re
import unicodedata
from collections.abc import Sequence

from bounce_verdict.model import DEFAULT_LIMITS, Limits, ParsedReply, Reply
from bounce_verdict.pipeline.parse.reply.codes import SplitReply, read_codes
from bounce_verdict.pipeline.parse.reply.hints import forward_path, is_expired, retry_after
from bounce_verdict.pipeline.parse.reply.nested_replies import InnerReply, find_inner_replies, find_outer_reply
from bounce_verdict.pipeline.parse.reply.run_together import split_run_together, without_program_tail
from bounce_verdict.pipeline.parse.smtp_commands import command_named_by_server

_MAX_READ = 2  # times max_reply_text: what is read of an input, so that folds and wrappers do not eat into the text

_OCTAL = re.compile(r"(?:\\[23][0-7]{2})++")  # Exim 4.96 prints "Empf\303\244nger"
_BREAK = re.compile(r"(?:\\r)?\\n(?=\s{0,3}[2-5]\d\d[ -])")  # Exim's log keeps "\n" between the lines of a reply
# Format characters that break words for a rule and show nothing; control characters part words.
_STRIP: dict[int, str | None] = dict.fromkeys(
    (0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
)
_STRIP |= dict.fromkeys((*range(9), *range(14, 28), *range(0x7F, 0x85), *range(0x86, 0xA0)), " ")
# Postfix joins a stray next reply to the one that decided (PIPELINING): that one only says that no recipient was left.
_NOISE = re.compile(r"(?<=\S)\s5(?:03|54)[ -](?:5\.5\.1 )?(?:Error: )?no valid recipients\W{0,3}$")
_BANNER = re.compile(r"\s(?=[45]\d\d [45]\.\d{1,3}\.\d{1,3} )")


def parse_reply(raw: str, limits: Limits = DEFAULT_LIMITS) -> ParsedReply:
    """The reply that `raw` is or wraps, and the replies that it quotes.

    Any text gives an answer: without a code `reply.code` is None and the text is the whole. Linear; of `raw` at most twice
    `limits.max_reply_text` characters are read. Sources: RFC 5321 §4.2, RFC 2034 §4, the programs named beside each pattern.
    """
    text = _clean(raw, limits)
    lower = text.lower()
    outer = find_outer_reply(text)
    split = _split(outer.text)
    inner = find_inner_replies(split.text) if split.code is not None or split.enhanced else ()
    own = inner[0].before if inner else split.text
    command = outer.command or command_named_by_server(own)
    expired, surprises = is_expired(lower, split.enhanced), _surprises(split)
    if inner and is_expired(own.lower(), split.enhanced):
        # Amazon SES "554 4.4.7 Message expired: …<421 4.4.2 …>", Exchange "550 4.4.7 QUEUE.Expired … LED=450 4.4.316 …"
        surprises = [
            f"{split.code} {split.enhanced or ''} is the sender's own, which gave up; the reply is the last one that it got"
        ]
        split, command, inner = inner[0].reply, inner[0].command, inner[1:]
    spoken = split.text.lstrip(":;,- ") if split.code is not None or split.enhanced else split.text
    spoken = without_program_tail(spoken)
    if len(raw) > _MAX_READ * limits.max_reply_text or len(spoken) > limits.max_reply_text:
        surprises = [*surprises, f"only the first {limits.max_reply_text} characters of the reply's text were read"]
    following = split_run_together(spoken, split) if split.code is not None and not inner else []
    if "\n" in spoken or len(spoken) > limits.max_reply_text or not text.endswith(spoken) or not spoken.isascii():
        spoken = _words(spoken, limits)  # else it is clean as the end of a clean text
    # By place: with its fields named a value takes three times as long to make.
    return ParsedReply(
        Reply(split.code, split.enhanced, command, spoken),
        _inner(inner, following, limits),
        command,
        outer.remote_mta,
        retry_after(text, lower),
        forward_path(split.code, spoken),
        expired,
        surprises,
    )


def _inner(inner: Sequence[InnerReply], following: Sequence[SplitReply], limits: Limits) -> Sequence[Reply]:
    """The replies that are judged ahead of the whole, the first to be judged last: quoted ones, or those that it holds one after the other."""
    if following:
        return [Reply(one.code, one.enhanced, None, _words(one.text, limits)) for one in reversed(following)]
    return (
        [Reply(one.reply.code, one.reply.enhanced, one.command, _words(one.reply.text, limits)) for one in inner] if inner else []
    )


def _clean(raw: str, limits: Limits) -> str:
    """Valid Unicode, one space between words, lines kept, without control and format characters."""
    text = raw[: _MAX_READ * limits.max_reply_text]
    if text.isascii() and text.isprintable() and "\\" not in text:  # one line, as nearly all
        return " ".join(text.split()) if "  " in text else text.strip()
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    if not text.isprintable():
        text = text.translate(_STRIP)
    if "\\" in text:
        text = _BREAK.sub("\n", _OCTAL.sub(_undo_octal, text))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return "\n".join(filter(None, lines))


def _undo_octal(found: re.Match[str]) -> str:
    octets = bytes(int(digits, 8) for digits in found[0].split("\\")[1:])
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1").translate(_STRIP)


def _split(text: str) -> SplitReply:
    """The codes and words; a greeting joined ahead of the refusal ("220-mx.example 421 4.2.1 …") is passed over."""
    split = read_codes(text)
    if "no valid recipients" in split.text:
        split = SplitReply(split.code, split.enhanced, _NOISE.sub("", split.text))
    if split.code is not None and split.code // 100 in (2, 3) and (found := _BANNER.search(split.text)) is not None:
        return read_codes(split.text[found.end() :])
    return split


def _words(text: str, limits: Limits) -> str:
    """One space between words, NFC, at most `max_reply_text` characters."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())[: limits.max_reply_text].rstrip()


def _surprises(split: SplitReply) -> list[str]:
    if split.code is None:
        return []
    if split.code // 100 not in (2, 3, 4, 5):
        return [f"{split.code} is no SMTP reply code: the first digit is 2 to 5 (RFC 5321 §4.2.1)"]
    if split.enhanced and split.enhanced[0] != str(split.code)[0]:
        return [
            f"reply code {split.code} and enhanced status code {split.enhanced} are of different classes; the reply code tells how final it is"
        ]
    return []
