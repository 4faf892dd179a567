"""What programs call the SMTP command that a reply answers: one table of phrases, and one function for each question.

- `command_of_phrase`: a phrase that stands where a program names the command, as in `(in reply to end of DATA command)`.
- `command_in_client_words`: the sentence that a sending program puts around a reply, as in `192.0.2.1 does not like recipient.`
- `command_named_by_server`: what a server says of it in its own reply.
- `resolve_command`: what a caller of the API sends as `command`; here the aliases of rules/commands.toml count too.

A new phrase is one line in PHRASES and a test. A name that no program writes, but callers send, belongs in rules/commands.toml.
"""

import re
from collections.abc import Mapping, Sequence

from bounce_verdict.errors import InputError
from bounce_verdict.model import COMMANDS, Command
from bounce_verdict.pipeline.caching import cache_texts
from bounce_verdict.pipeline.parse.reply.guarded_pattern import GuardedPattern

# In lower case; "_" and "-" are written as blanks. None: a known phrase that does not tell which of several commands it was.
# The commands' own names need no entry, nor do "after", "in reply to", "while sending", "pipelined", "the", "our" before them.
PHRASES: Mapping[str, Command | None] = {
    **{command.lower(): command for command in COMMANDS},
    # The greeting; no command has been given yet (RFC 5321 §4.3.2, connection establishment)
    "banner": "CONNECT",
    "connection response": "CONNECT",  # IMail
    "could not dial": "CONNECT",  # chasquid 1.11
    "createsession": "CONNECT",  # Exchange, the "Stage:" of a bounce
    "error creating client": "CONNECT",  # chasquid 1.11
    "greeting": "CONNECT",  # 1&1
    "initial connection": "CONNECT",  # Exim 4.96
    "initial greeting": "CONNECT",  # Courier 1.0
    "initial server greeting": "CONNECT",  # Postfix 3.7
    "onconnect": "CONNECT",  # Exchange
    "smtp greeting": "CONNECT",
    "error saying hello": None,  # chasquid 1.11: EHLO or HELO
    "error in starttls": "STARTTLS",  # chasquid 1.11
    "tls handshake": "STARTTLS",
    "tls on connect": "STARTTLS",  # Exim 4.96
    "authentication": "AUTH",
    "mail from": "MAIL",
    "mail+rcpt": None,  # chasquid 1.11: either of the two
    "rcpt to": "RCPT",
    "data block": "DATA",  # Exim 4.96 "sending data block": between DATA's 354 and the final dot
    "message body": "DATA",  # Postfix 3.7, between the same two
    # The reply to the message itself
    ".": "EOD",
    "body": "EOD",  # Yahoo, SendGrid, IMail
    "data closing": "EOD",  # chasquid 1.11
    "data received": "EOD",
    "dot": "EOD",  # Haraka 3.3
    "dot lmtp": "EOD",  # Haraka 3.3
    "end of data": "EOD",  # Postfix 3.7, Exim 4.96
    "end of message": "EOD",  # Postfix 3.7, protocol_state of a policy request
    "eom": "EOD",  # milter
    "final data": "EOD",  # dma 0.13
    "final dot": "EOD",
    "received data": "EOD",
    "text": "EOD",  # 1&1
    "transfer of mail text": "EOD",  # GMX
    "final rset": "RSET",  # Postfix 3.7
    "rset probe": "RSET",  # Postfix 3.7
    "saml from": "SAML",
    "send from": "SEND",
    "soml from": "SOML",
}
_LONGEST_FIRST = sorted(PHRASES, key=len, reverse=True)
_PHRASE = re.compile(rf"(?:{'|'.join(map(re.escape, _LONGEST_FIRST))})(?!\w)")
_AHEAD = re.compile(
    r"[\s(>]*+(?:(?:in reply to|in response to|after|while|receiving|performing|sending|pipelined|additional|the|our)\s)*+"
)
_BEHIND = re.compile(r"\s*[:<=].*+", re.DOTALL)
_AS_BLANK = str.maketrans("_-", "  ")
_MAX_PHRASE = 200  # characters; the longest that a program writes has less than a hundred

# What qmail-remote and Postfix say around a reply. Two of them do not tell the greeting, EHLO and HELO apart: they count as CONNECT,
# which holds nothing against a recipient.
_SENTENCES: Mapping[str, Command] = {
    "refused to talk to me": "CONNECT",  # Postfix 3.7: at any of the three
    "refused to start tls": "STARTTLS",
    "sasl authentication failed; server": "AUTH",
    "but greeting failed": "CONNECT",  # from here on: notqmail 1.09, qmail-remote.c
    "but my name was rejected": "CONNECT",  # qmail 1.03 sends HELO, its kin try EHLO first
    "but sender was rejected": "MAIL",
    "does not like recipient": "RCPT",
    "failed on data command": "DATA",
    "failed after i sent the message": "EOD",
    "establish an smtp connection": "CONNECT",
}
# Sentences with a phrase in them. Postfix 3.7: "lost connection with … while sending RCPT TO"; any mail client says "while sending mail".
_DOING = GuardedPattern(
    r"while (?:receiving the|performing the|sending) (initial server greeting|(?:eh|he|lh)lo handshake|mail from|rcpt to|data command"
    r"|message body|end of data)|did not like our (.{4,20})",  # dma 0.13
    signs=("while ", "did not like our "),
)
_EXIM = GuardedPattern(
    r"(?:smtp error from remote mail(?:er| server)|smtp timeout with|smtp timeout|remote host closed connection)"  # Exim 4.96
    r"[^\n:]{0,80}? (?:after|in response to) (?P<phrase>[a-z -]{4,30})",
    signs=("remote", "timeout"),
)
_COREMAIL = GuardedPattern(
    r"\bsmtp error, ?(?P<phrase>rcpt to|mail from|data|dot|helo|ehlo|connect)\b", signs=("smtp error,",)
)  # NetEase
_CONNECTING = GuardedPattern(r"\bconnect to \S{1,255}\[[\da-f.:]{2,45}\]:\d{1,5}: ", signs=("connect to ",))  # Postfix 3.7
_STEPS = frozenset({"data closing", "data"})  # chasquid 1.11 "smtp; DATA closing 554 no"
_CLOSING = re.compile(r"closing connection\. \((?P<phrase>[A-Z]{4,8})\b[^)]{0,80}\)")  # Google: "… closing connection. (EHLO)"
_ANONYMOUS = "anonymous mail during MAIL FROM"  # Exchange Online, 530 5.7.57

# For the matcher (fast_path.py): in words without these neither a client nor a server names a command.
CLIENT_SIGNALS = (
    "|".join(_SENTENCES),
    "while (receiving|performing|sending) |did not like our ",
    "smtp error from remote|smtp timeout|remote host closed connection",
    r"connect to \S+\[",
    r"smtp error,",
    f"^({'|'.join(sorted(_STEPS))})$",
)
SERVER_SIGNALS = (r"closing connection\. \(", _ANONYMOUS.lower())

_MAX_SHOWN = 40  # characters of a refused name in the error message
_WITH_ARGUMENT = frozenset({"ehlo", "helo", "lhlo", "auth", "bdat", "vrfy", "expn", "help", "etrn", "atrn", "burl"})


def command_of_phrase(phrase: str) -> Command | None:
    """The command that `phrase` begins with ("RCPT TO:<…>", "RCPT_TO", "end of data", "pipelined MAIL FROM:<…>"), None for any other."""
    return _begins_with(phrase.partition(":")[0])  # no phrase goes on behind a colon


@cache_texts(40)  # programs write a few
def _begins_with(phrase: str) -> Command | None:
    text = _with_blanks(phrase[:_MAX_PHRASE].lower())
    ahead = _AHEAD.match(text)
    found = _PHRASE.match(text, ahead.end() if ahead is not None else 0)
    return PHRASES[found[0]] if found is not None else None


def command_in_client_words(words: str) -> Command | None:
    """The command that a client's words around a reply name, None where they do not tell."""
    lower = words.lower()
    for sentence, command in _SENTENCES.items():
        if sentence in lower:
            return command
    if (found := _DOING.search(lower, lower)) is not None:
        return command_of_phrase(found[1] or found[2])
    if (found := _EXIM.search(lower, lower)) is not None:
        return command_of_phrase(found["phrase"])
    if (found := _COREMAIL.search(lower, lower)) is not None:
        return command_of_phrase(found["phrase"])
    if _CONNECTING.search(lower, lower) is not None:
        return "CONNECT"
    return command_of_phrase(lower) if lower.strip() in _STEPS else None


def command_named_by_server(text: str) -> Command | None:
    """The command that the server itself names in its reply: Google in brackets, Exchange Online at 530 5.7.57."""
    if (found := _CLOSING.search(text)) is not None:
        return command_of_phrase(found["phrase"])
    return "MAIL" if _ANONYMOUS in text else None


def resolve_command(name: str, aliases: Mapping[str, Command]) -> Command:
    """The command that a caller means by `name`: a whole phrase, or an alias of rules/commands.toml, in any case.

    Raises InputError, which shows at most 40 characters of `name`.
    """
    lower = " ".join(name[:_MAX_PHRASE].lower().split())
    for form in _forms(lower):
        if (command := aliases.get(form) or PHRASES.get(_with_blanks(form))) is not None:
            return command
    shown = "".join(sign if sign.isprintable() else "?" for sign in name[:_MAX_SHOWN])
    raise InputError(
        "command",
        f"{shown!r} is no SMTP command; accepted are CONNECT, EHLO, MAIL, RCPT, DATA, EOD, “RCPT TO”, “end of DATA” and others",
    )


def _forms(name: str) -> Sequence[str]:
    """`name` itself, without what programs put around it ("after pipelined RCPT TO:<…>"), and its first word ("EHLO host")."""
    bare = _BEHIND.sub("", _AHEAD.sub("", name, count=1)).removesuffix(" command").strip(" \t()[]\"'")
    first = _with_blanks(bare).partition(" ")[0]
    return name, bare, first if first in _WITH_ARGUMENT else bare


def _with_blanks(phrase: str) -> str:
    return phrase.translate(_AS_BLANK)
