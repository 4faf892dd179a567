"""The lists of the codes that the tables hold, each as the classifier uses it, with the digest of the rules."""

from collections.abc import Sequence

from bounce_verdict import __version__
from bounce_verdict.model import COMMANDS, Command, EnhancedCode, Rulebook, Verdict, value
from bounce_verdict.pipeline.decide.code_meanings import (
    ReplyCodeAnswer,
    Series,
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


def code_list(book: Rulebook, tables: Tables, command: Command | None) -> CodeList:
    """Every code of the tables at every command it may answer, or at `command` alone."""
    pairs = {(row.code, row.command) for row in book.reply_codes}
    if command is not None:
        pairs = {(code, command) for code, at in pairs if at in {command, None}}
    order = [None, *COMMANDS]
    pages = [describe_reply_code(*pair, tables) for pair in sorted(pairs, key=lambda pair: (pair[0], order.index(pair[1])))]
    return CodeList([_line(page) for page in pages], book.digest, __version__)


def enhanced_code_list(book: Rulebook) -> EnhancedCodeList:
    """Every enhanced status code of the tables."""
    return EnhancedCodeList(list(book.enhanced_codes.values()), book.digest, __version__)


def _line(page: ReplyCodeAnswer) -> CodeLine:
    return CodeLine(page.code, page.command, page.series, page.meaning, page.verdict, page.reason, page.status, page.reference)
