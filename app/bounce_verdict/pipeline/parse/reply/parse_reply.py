"""Step 2, one reply: text and codes are separated, because rules judge the words and tables the codes.

Whatever is or wraps an SMTP reply (RFC 5321 §4.2, enhanced codes RFC 2034) is read: bare, labelled (`smtp;`), quoted, folded
over several lines, passed on by another server, or words alone.
"""

import re
import unicodedata

from bounce_verdict.model import DEFAULT_LIMITS, Limits, ParsedReply, Reply
from bounce_verdict.pipeline.parse.reply.codes import Coded, read_codes
from bounce_verdict.pipeline.parse.reply.hints import forward_path, is_expired, retry_after
from bounce_verdict.pipeline.parse.reply.nested_replies import find_quoted, unwrap
from bounce_verdict.pipeline.parse.smtp_commands import command_named_by_server

_READ = 2  # times max_reply_text: what is read of an input, so that folds and wrappers do not eat into the text

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
    wrapped = unwrap(text)
    coded = _read(wrapped.text)
    quoted = find_quoted(coded.text) if coded.code is not None or coded.enhanced else ()
    own = quoted[0].before if quoted else coded.text
    command = wrapped.command or command_named_by_server(own)
    expired, surprises = is_expired(lower, coded.enhanced), _surprises(coded)
    if quoted and is_expired(own.lower(), coded.enhanced):
        # Amazon SES "554 4.4.7 Message expired: …<421 4.4.2 …>", Exchange "550 4.4.7 QUEUE.Expired … LED=450 4.4.316 …"
        surprises = [
            f"{coded.code} {coded.enhanced or ''} is the sender's own, which gave up; the reply is the last one that it got"
        ]
        coded, command, quoted = quoted[0].coded, quoted[0].command, quoted[1:]
    spoken = coded.text.lstrip(":;,- ") if coded.code is not None or coded.enhanced else coded.text
    if len(raw) > _READ * limits.max_reply_text or len(spoken) > limits.max_reply_text:
        surprises = [*surprises, f"only the first {limits.max_reply_text} characters of the reply's text were read"]
    if "\n" in spoken or len(spoken) > limits.max_reply_text or not text.endswith(spoken) or not spoken.isascii():
        spoken = _words(spoken, limits)  # else it is clean as the end of a clean text
    # By place: with its fields named a value takes three times as long to make.
    return ParsedReply(
        Reply(coded.code, coded.enhanced, command, spoken),
        [Reply(one.coded.code, one.coded.enhanced, one.command, _words(one.coded.text, limits)) for one in quoted]
        if quoted
        else [],
        command,
        wrapped.remote_mta,
        retry_after(text, lower),
        forward_path(coded.code, spoken),
        expired,
        surprises,
    )


def _clean(raw: str, limits: Limits) -> str:
    """Valid Unicode, one space between words, lines kept, without control and format characters."""
    text = raw[: _READ * limits.max_reply_text]
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


def _read(text: str) -> Coded:
    """The codes and words; a greeting joined ahead of the refusal ("220-mx.example 421 4.2.1 …") is passed over."""
    coded = read_codes(text)
    if "no valid recipients" in coded.text:
        coded = Coded(coded.code, coded.enhanced, _NOISE.sub("", coded.text))
    if coded.code is not None and coded.code // 100 in (2, 3) and (found := _BANNER.search(coded.text)) is not None:
        return read_codes(coded.text[found.end() :])
    return coded


def _words(text: str, limits: Limits) -> str:
    """One space between words, NFC, at most `max_reply_text` characters."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())[: limits.max_reply_text].rstrip()


def _surprises(coded: Coded) -> list[str]:
    if coded.code is None:
        return []
    if coded.code // 100 not in (2, 3, 4, 5):
        return [f"{coded.code} is no SMTP reply code: the first digit is 2 to 5 (RFC 5321 §4.2.1)"]
    if coded.enhanced and coded.enhanced[0] != str(coded.code)[0]:
        return [
            f"reply code {coded.code} and enhanced status code {coded.enhanced} are of different classes; the reply code tells how final it is"
        ]
    return []
