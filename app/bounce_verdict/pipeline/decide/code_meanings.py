"""What the tables say of one code, digit by digit, for people who look a code up. Answers nothing that a classification would not.

Part of step 4 (tables.py), for people: meaning, verdict, reference, and what each digit stands for.
"""

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from bounce_verdict import __version__
from bounce_verdict.model import Command, DecidedBy, Reply, ReplyCode, Scope, Suppress, Verdict, value
from bounce_verdict.pipeline.decide.tables import Tables, look_up_code, look_up_enhanced

Series = Literal["success", "intermediate", "transient-failure", "permanent-failure", "none"]

_DOCS = {"use_attribute_docstrings": True}
_SERIES: Mapping[int, Series] = {2: "success", 3: "intermediate", 4: "transient-failure", 5: "permanent-failure"}
# RFC 5321 §4.2.1
_FIRST: Mapping[int, str] = {
    1: "accepted, but nothing is done before a confirmation; not used by SMTP",
    2: "done",
    3: "understood so far, more input is needed",
    4: "failed for now: the same command, sent again unchanged, may succeed",
    5: "failed: the same command must not be sent again unchanged",
}
_SECOND: Mapping[int, str] = {
    0: "syntax",
    1: "information, such as status or help",
    2: "the connection",
    3: "not specified",
    4: "not specified",
    5: "the mail system: the receiving server and what it does with this transfer",
}
_THIRD = "a finer grade of what the second digit names"
_NOT_SMTP = "no reply code of SMTP: a client treats it as a fatal error"
# RFC 3463 §3
_CLASSES: Mapping[str, str] = {"2": "success", "4": "persistent transient failure", "5": "permanent failure"}
_SUBJECTS: Mapping[int, str] = {
    0: "other or undefined",
    1: "addressing",
    2: "the mailbox",
    3: "the mail system",
    4: "network and routing",
    5: "the mail delivery protocol",
    6: "message content or media",
    7: "security or policy",
}
_ENHANCED = re.compile(r"[245xX]\.[0-9]{1,3}\.[0-9]{1,3}")


@value
class Digits:
    """What the digits of a reply code stand for (RFC 5321 §4.2.1)."""

    __pydantic_config__: ClassVar = _DOCS

    first: str
    """Whether the command succeeded."""
    second: str
    """What the reply is about."""
    third: str
    """The finer grade."""


@value
class ReplyCodeAnswer:
    """A reply code, at one command or at any."""

    __pydantic_config__: ClassVar = _DOCS

    code: int
    """The reply code."""
    command: Command | None
    """The command asked about; null for the code whatever it answers."""
    series: Series
    """What the first digit says."""
    digits: Digits
    """Each digit in words."""
    meaning: str | None
    """The RFC's words in short; null for a code of no table."""
    verdict: Verdict | None
    """What the code alone would decide, where no text and no enhanced status code does."""
    reason: str
    """The reason beside it."""
    scope: Scope | None
    """What the verdict is about."""
    suppress: Suppress
    """What to do with the address."""
    transient: bool | None
    """True for 4yz, false for 5yz."""
    decided_by: DecidedBy
    """Whether the pair, the code or only its first digit is known."""
    reference: str | None
    """RFC section."""
    status: str | None
    """Whether the RFC that lists it is current; null for a code of no table."""
    listed: Sequence[ReplyCode]
    """Every command at which the tables list the code."""
    notes: Sequence[str]
    """What surprises, one sentence each."""
    rules_digest: str
    """sha256 of the rules as loaded."""
    version: str
    """The program's version."""


@value
class EnhancedCodeAnswer:
    """An enhanced status code."""

    __pydantic_config__: ClassVar = _DOCS

    code: str
    """The code asked about; its class may be X."""
    registered: bool
    """Whether IANA's registry has it."""
    class_meaning: str | None
    """What its class says; null for X."""
    subject_meaning: str
    """What its subject says."""
    meaning: str | None
    """The registry's words; null where it is not registered."""
    classes: Sequence[int]
    """The classes that it is used with."""
    basic_codes: str
    """The reply codes that the registry gives beside it."""
    specific: bool
    """Whether it decides ahead of the reply code."""
    verdict_4: Verdict | None
    """What it decides at 4yz; null where it says too little."""
    verdict_5: Verdict | None
    """What it decides at 5yz; null where it says too little."""
    reason: str | None
    """The reason beside it."""
    suppress_now: bool
    """Whether it alone may stop an address, at class 5."""
    reference: str | None
    """RFC section."""
    notes: Sequence[str]
    """What surprises, one sentence each."""
    rules_digest: str
    """sha256 of the rules as loaded."""
    version: str
    """The program's version."""


def describe_reply_code(code: int, command: Command | None, tables: Tables) -> ReplyCodeAnswer:
    """What is known of `code` at `command`. Any three-digit number gets a page: a code of no table is judged by its first digit."""
    found = look_up_code(Reply(code, None, command, ""), tables)
    at_command = tables.by_command.get((code, command)) if command is not None else None
    row = at_command or tables.by_code.get(code)
    rows = [listed for (listed_code, _), listed in tables.by_command.items() if listed_code == code]
    first = code // 100
    return ReplyCodeAnswer(
        code=code,
        command=command,
        series=_SERIES.get(first, "none"),
        digits=Digits(_FIRST.get(first, _NOT_SMTP), _SECOND.get(code // 10 % 10, "not used"), _THIRD),
        meaning=row.meaning if row else None,
        verdict=found.verdict,
        reason=found.reason,
        scope=(found.scope or tables.reasons[found.reason].scope)
        if found.verdict and found.reason in tables.reasons
        else found.scope,
        suppress=_suppress(found.suppress, found.reason, found.verdict, tables),
        transient={4: True, 5: False}.get(first),
        decided_by=found.decided_by,
        reference=found.source,
        status=row.status if row else None,
        listed=rows,
        notes=found.surprises,
        rules_digest=tables.digest,
        version=__version__,
    )


def describe_enhanced(code: str, tables: Tables) -> EnhancedCodeAnswer | None:
    """What is known of an enhanced status code, "5.1.1" or "X.1.1"; None where `code` is not written as one (RFC 3463 §2)."""
    if _ENHANCED.fullmatch(code) is None:
        return None
    class_digit, subject, detail = code.upper().split(".")
    name = f"X.{int(subject)}.{int(detail)}"
    entry = tables.enhanced.get(name)
    at_4 = look_up_enhanced(Reply(None, f"4{name[1:]}", None, ""), tables)
    at_5 = look_up_enhanced(Reply(None, f"5{name[1:]}", None, ""), tables)
    shown = at_4 if class_digit == "4" else at_5
    return EnhancedCodeAnswer(
        code=f"{class_digit}{name[1:]}",
        registered=entry is not None,
        class_meaning=_CLASSES.get(class_digit),
        subject_meaning=_SUBJECTS.get(int(subject), "not specified"),
        meaning=entry.meaning if entry else None,
        classes=entry.classes if entry else (),
        basic_codes=entry.basic_codes if entry else "",
        specific=at_4 is not None or at_5 is not None,
        verdict_4=at_4.verdict if at_4 else None,
        verdict_5=at_5.verdict if at_5 else None,
        reason=shown.reason if shown else entry.reason if entry else None,
        suppress_now=entry is not None and entry.suppress_now,
        reference=entry.reference if entry else shown.source if shown else None,
        notes=shown.surprises if shown else (),
        rules_digest=tables.digest,
        version=__version__,
    )


def _suppress(given: Suppress | None, reason: str, verdict: Verdict | None, tables: Tables) -> Suppress:
    """As a classification would say: a code alone never stops an address at once."""
    known = tables.reasons.get(reason)
    suppress = given or (known.suppress if known else "never")
    if verdict is None:
        return "never"
    return "if-repeated" if suppress == "now" else suppress
