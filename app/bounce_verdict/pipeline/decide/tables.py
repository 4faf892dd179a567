"""Step 4: what the codes alone say. The floor under the rules, and careful: codes mislead.

Two tables: the enhanced status codes, which decide where they are specific, and the reply codes by the command they answer, which
decide where nothing else did. Neither ever charges a recipient for a reply given before one was named (RFC 5321 §3.3).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bounce_verdict.model import (
    PERMANENT,
    POSITIVE,
    TRANSIENT,
    Command,
    DecidedBy,
    EnhancedCode,
    Reason,
    Reply,
    ReplyCode,
    Rulebook,
    Scope,
    Suppress,
    Verdict,
    value,
)

ENHANCED = "reply.enhanced_status"  # the field that a finding about an enhanced code is about

# Given before RCPT: no recipient has been named. SEND, SOML, SAML begin a transaction as MAIL does (RFC 821 §3.4).
NO_RECIPIENT_YET: frozenset[Command | None] = frozenset(
    {"CONNECT", "HELO", "EHLO", "LHLO", "STARTTLS", "AUTH", "MAIL", "SEND", "SOML", "SAML"}
)
# After DATA a bare reply code refuses the message, whoever it is for (RFC 5321 §4.2.5); an enhanced code may still name the recipient.
# The last seven name nobody at all (RFC 5321 §4.1.1, RFC 1985, RFC 2645).
_NO_SINGLE_RECIPIENT: frozenset[Command | None] = NO_RECIPIENT_YET | {
    "DATA", "EOD", "BDAT", "BURL", "RSET", "HELP", "NOOP", "QUIT", "TURN", "ETRN", "ATRN",
}  # fmt: skip
_REFUSED_AT: Mapping[Command | None, str] = {
    "MAIL": "sender-rejected",
    "SEND": "sender-rejected",
    "SOML": "sender-rejected",
    "SAML": "sender-rejected",
    "HELO": "helo-rejected",
    "EHLO": "helo-rejected",
    "LHLO": "helo-rejected",
    "AUTH": "submission-auth",
}

# Reasons where class 4 means something else than class 5: unexplained 4.7.x paces, a lookup failed only for now.
_REASON_AT_4YZ = {
    "X.7.0": "unspecified",
    "X.7.1": "unspecified",
    "X.1.2": "dns-failure",
    "X.4.4": "dns-failure",
    "X.3.3": "unspecified",
}
# Where the reply code tells more than the enhanced code beside it: authentication and TLS (RFC 4954 §6, RFC 3207), RFC 7504.
_ABOUT_SECURITY = frozenset({432, 454, 523, 530, 534, 535, 538})
_TELLS_MORE: Mapping[str, frozenset[int]] = {
    "X.7.0": _ABOUT_SECURITY,
    "X.7.1": _ABOUT_SECURITY,
    "X.3.2": frozenset({521, 556}),
}
# Microsoft writes 5.1.10 for a recipient that it does not find; without its words only the reply code tells that from a null MX.
_NULL_MX, _MAILBOX_UNAVAILABLE = "X.1.10", 550
_OF_MICROSOFT = "550 5.1.10 is Microsoft's for an unknown recipient; a null MX is refused with 556 (RFC 7505 §4.2)"
_ACCEPTED = frozenset({None, 250, 251})  # a 2.x.x beside 220 or 354 delivers nothing
# Neither dead nor well: a mailing list that its own server cannot expand.
_COUNTED = frozenset({"X.2.4"})
# An unregistered code by its subject, at 4yz and at 5yz (RFC 3463 §2: the class and subject of a code can be known without its detail).
_SUBJECTS: Mapping[str, tuple[tuple[Verdict, str], tuple[Verdict, str], str]] = {
    "4": (("retry", "network-failure"), ("retry", "network-failure"), "network and routing"),
    "6": (("policy", "malformed-content"), ("policy", "malformed-content"), "message content or media"),
    "7": (("retry", "unspecified"), ("policy", "policy-other"), "security or policy"),
}
_FIRST_DIGITS: Mapping[int | None, tuple[Verdict | None, str]] = {
    2: (None, "undetermined"),
    3: (None, "undetermined"),
    4: ("retry", "unspecified"),
    5: ("policy", "unspecified"),
}


@value
class Meaning:
    """What a code says. `suppress` and `scope` are None where the reason's own hold.

    found: one line for the evidence, "5.1.1 bad destination mailbox address". source: the RFC section.
    field: where the code stands in the answer. surprises: one sentence each.
    """

    verdict: Verdict | None
    reason: str
    scope: Scope | None
    suppress: Suppress | None
    found: str
    source: str | None
    field: str
    decided_by: DecidedBy
    surprises: Sequence[str] = ()


@value
class Tables:
    """The rulebook's codes, by what they are looked up with, and its reasons. digest: the rulebook's."""

    by_command: Mapping[tuple[int, Command], ReplyCode]
    by_code: Mapping[int, ReplyCode]
    enhanced: Mapping[str, EnhancedCode]
    reasons: Mapping[str, Reason]
    digest: str


def build_tables(book: Rulebook) -> Tables:
    """The tables of a rulebook."""
    return Tables(
        by_command={(row.code, row.command): row for row in book.reply_codes if row.command is not None},
        by_code={row.code: row for row in book.reply_codes if row.command is None},
        enhanced=book.enhanced_codes,
        reasons=book.reasons,
        digest=book.digest,
    )


def look_up_enhanced(reply: Reply, tables: Tables) -> Meaning | None:
    """What the enhanced status code says where it is specific; None where the reply code has to decide.

    The reply code's class picks the verdict, the enhanced code's own only where there is no reply code (RFC 5321 §4.2).
    """
    code = reply.enhanced_status
    if code is None:
        return None
    series = _series(reply)
    name = "X." + ".".join(str(int(number)) for number in code.split(".")[1:])
    entry = tables.enhanced.get(name)
    if series == POSITIVE:
        return _success(code, entry) if code.startswith("2.") and reply.code in _ACCEPTED else None
    if series not in (TRANSIENT, PERMANENT) or reply.code in _TELLS_MORE.get(name, ()):
        return None
    meaning = _by_subject(code, name, series) if entry is None else _registered(code, name, entry, series)
    if meaning is not None and name == _NULL_MX and reply.code == _MAILBOX_UNAVAILABLE:
        meaning = replace(meaning, reason="mailbox-unknown", surprises=(_OF_MICROSOFT,))
    return meaning and _guarded(meaning, reply.command, NO_RECIPIENT_YET, tables)


def look_up_code(reply: Reply, tables: Tables) -> Meaning:
    """What the reply code says at this command, else at any, else by its first digit (RFC 5321 §4.3.2).

    Without a reply code the enhanced code's class stands in for the first digit. `suppress` is never "now".
    """
    if reply.code is None:
        return _first_digit(reply, ())
    row = tables.by_command.get((reply.code, reply.command)) if reply.command is not None else None
    if row is not None:
        return _guarded(_listed(row, "command-and-code", ()), reply.command, _NO_SINGLE_RECIPIENT, tables)
    row = tables.by_code.get(reply.code)
    if row is None:
        return _first_digit(reply, (f"{reply.code} stands in no table; its first digit decides (RFC 5321 §4.3.2)",))
    surprises = (f"the RFCs do not list {reply.code} as a reply to {reply.command}",) if reply.command is not None else ()
    return _guarded(_listed(row, "code", surprises), reply.command, _NO_SINGLE_RECIPIENT, tables)


def _registered(code: str, name: str, entry: EnhancedCode, series: int) -> Meaning | None:
    """A code of the registry, None where it says too little."""
    verdict = entry.verdict_4 if series == TRANSIENT else entry.verdict_5
    if not entry.specific or verdict is None:
        return None
    reason = _REASON_AT_4YZ.get(name, entry.reason) if series == TRANSIENT else entry.reason
    may_stop = entry.suppress_now and series == PERMANENT and code.startswith("5.")
    suppress: Suppress | None = "if-repeated" if (verdict == "permanent" and not may_stop) or name in _COUNTED else None
    found = f"{code} {_lower_first(entry.meaning)}"
    return Meaning(verdict, reason, None, suppress, found, entry.reference, ENHANCED, "enhanced-status")


def _by_subject(code: str, name: str, series: int) -> Meaning | None:
    """A code that nobody registered, by its subject where that alone tells enough."""
    subject = name.split(".")[1]
    if subject not in _SUBJECTS:
        return None
    at_4yz, at_5yz, words = _SUBJECTS[subject]
    verdict, reason = at_4yz if series == TRANSIENT else at_5yz
    surprises = (f"{code} is not registered; its subject decides, {words}",)
    found = f"{code} by its subject, {words}"
    return Meaning(verdict, reason, None, None, found, "RFC 3463 §2", ENHANCED, "enhanced-status", surprises)


def _success(code: str, entry: EnhancedCode | None) -> Meaning:
    found = f"{code} {_lower_first(entry.meaning)}" if entry else f"{code} success"
    source = entry.reference if entry else "RFC 3463 §3"
    return Meaning(None, "delivered", None, "never", found, source, ENHANCED, "enhanced-status")


def _listed(row: ReplyCode, decided_by: DecidedBy, surprises: Sequence[str]) -> Meaning:
    """A row of the tables."""
    suppress: Suppress | None = "if-repeated" if row.verdict == "permanent" else None
    found = f"{row.code}{f' at {row.command}' if row.command else ''}: {_lower_first(row.meaning)}"
    return Meaning(row.verdict, row.reason, row.scope, suppress, found, row.reference, "reply.code", decided_by, surprises)


def _first_digit(reply: Reply, surprises: Sequence[str]) -> Meaning:
    """4 retry, 5 policy, 2 and 3 no failure; anything else tells nothing."""
    verdict, reason = _FIRST_DIGITS.get(_series(reply), (None, "undetermined"))
    if reply.code is not None:
        found, field = f"{reply.code} by its first digit", "reply.code"
    else:
        found, field = f"{reply.enhanced_status or 'no code'} by its class", ENHANCED
    return Meaning(verdict, reason, None, None, found, "RFC 5321 §4.2.1", field, "first-digit", surprises)


def _guarded(meaning: Meaning, command: Command | None, names_nobody: frozenset[Command | None], tables: Tables) -> Meaning:
    """The meaning, never charged to a recipient where the command names none."""
    if meaning.verdict == "permanent" and command in names_nobody:
        surprise = f"{meaning.found} would be about a recipient; at {command} it refuses the sender or the message"
        reason = _REFUSED_AT.get(command, "policy-other")
        return replace(
            meaning, verdict="policy", reason=reason, scope=None, suppress=None, surprises=(*meaning.surprises, surprise)
        )
    known = tables.reasons.get(meaning.reason)
    scope = meaning.scope or (known.scope if known else None)
    if scope in ("recipient", "domain") and command in NO_RECIPIENT_YET:
        return replace(meaning, scope="sender" if command == "MAIL" else "host", suppress="never")
    return meaning


def _series(reply: Reply) -> int | None:
    """The class that counts: the reply code's first digit, else the enhanced code's."""
    if reply.code is not None:
        return reply.code // 100
    return int(reply.enhanced_status[0]) if reply.enhanced_status else None


def _lower_first(words: str) -> str:
    """For use inside a line; "TLS …" and "<domain> …" stay."""
    return words[:1].lower() + words[1:] if words[1:2].islower() else words
