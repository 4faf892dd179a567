"""What the code tables say, for people who look a code up: each code as the classifier uses it, with the digest of the rules."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from bounce_verdict import __version__
from bounce_verdict.model import COMMANDS, Command, EnhancedCode, Rulebook, Verdict, value
from bounce_verdict.pipeline.decide.code_meanings import (
    EnhancedCodePage,
    ReplyCodePage,
    Series,
    describe_enhanced,
    describe_reply_code,
)
from bounce_verdict.pipeline.decide.tables import Tables


@value
class CodeLine:
    """A reply code in the list, at one command or at any."""

    code: int
    """The reply code."""
    command: Command | None
    """The command it answers; null where the row holds for any."""
    series: Series
    """What the first digit says."""
    meaning: str | None
    """The RFC's words in short."""
    verdict: Verdict | None
    """What the code alone would decide there."""
    reason: str
    """The reason beside it."""
    status: str | None
    """Whether the RFC that lists it is current."""
    reference: str | None
    """RFC section."""


@value
class CodeList:
    """The reply codes."""

    reply_codes: Sequence[CodeLine]
    """The codes in order, each with the commands it may answer."""
    rules_digest: str
    """sha256 of the rules as loaded."""
    version: str
    """The program's version."""


@value
class EnhancedCodeList:
    """The enhanced status codes."""

    enhanced_status_codes: Sequence[EnhancedCode]
    """The codes of the registry and those that servers use beside it, with X for the class."""
    rules_digest: str
    """sha256 of the rules as loaded."""
    version: str
    """The program's version."""


@value
class ReplyCodeAnswer(ReplyCodePage):
    """A reply code, at one command or at any."""

    rules_digest: str
    """sha256 of the rules as loaded."""
    version: str
    """The program's version."""


@value
class EnhancedCodeAnswer(EnhancedCodePage):
    """An enhanced status code."""

    rules_digest: str
    """sha256 of the rules as loaded."""
    version: str
    """The program's version."""


def code_list(book: Rulebook, tables: Tables, command: Command | None) -> CodeList:
    """Every code of the tables at every command it may answer, or at `command` alone."""
    pairs = {(row.code, row.command) for row in book.reply_codes}
    if command is not None:
        pairs = {(code, command) for code, at in pairs if at in {command, None}}
    order = [None, *COMMANDS]
    pages = [describe_reply_code(*pair, tables) for pair in sorted(pairs, key=lambda pair: (pair[0], order.index(pair[1])))]
    return CodeList([_line(page) for page in pages], book.digest, __version__)


def reply_code(code: int, command: Command | None, tables: Tables, digest: str) -> ReplyCodeAnswer:
    """What is known of a reply code, one of three digits, at the command."""
    page = describe_reply_code(code, command, tables)
    return ReplyCodeAnswer(**_fields(page), rules_digest=digest, version=__version__)


def enhanced_code_list(book: Rulebook) -> EnhancedCodeList:
    """Every enhanced status code of the tables."""
    return EnhancedCodeList(list(book.enhanced_codes.values()), book.digest, __version__)


def enhanced_code(code: str, tables: Tables, digest: str) -> EnhancedCodeAnswer | None:
    """What the registry says of an enhanced status code, and what it decides; None where `code` is not written as one."""
    page = describe_enhanced(code, tables)
    return None if page is None else EnhancedCodeAnswer(**_fields(page), rules_digest=digest, version=__version__)


def _line(page: ReplyCodePage) -> CodeLine:
    return CodeLine(page.code, page.command, page.series, page.meaning, page.verdict, page.reason, page.status, page.reference)


def _fields(page: ReplyCodePage | EnhancedCodePage) -> dict[str, Any]:
    return {field.name: getattr(page, field.name) for field in fields(page)}
