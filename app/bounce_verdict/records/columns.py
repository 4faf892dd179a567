"""The columns that an answer adds to those of a record, and what stands in them."""

from collections.abc import Iterable, Sequence

from bounce_verdict.model import Classification, Report
from bounce_verdict.response import Problem

ADDED = ("verdict", "reason", "suppress", "reply_code", "enhanced_code", "command", "rule", "explanation")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes a cell that begins so for a formula


def names_beside(columns: Iterable[str], ours: Sequence[str]) -> list[str]:
    """The names of our columns beside those of the input: one that is taken there, in whatever case, begins with `bounces_`, once or as often as answers were added to answers."""
    taken = {name.strip().lower() for name in columns}
    return [_free(name, taken) for name in ours]


def _free(name: str, taken: set[str]) -> str:
    return _free(f"bounces_{name}", taken) if name in taken else name


def added_cells(result: Classification | Report | Problem) -> Sequence[str]:
    """The texts of ADDED."""
    if isinstance(result, Problem):
        return ("", "", "", "", "", "", "", result.detail)
    if isinstance(result, Report):
        return ("", result.kind, "", "", "", "", "", "")
    reply, rule = result.reply, result.rule
    code, enhanced, command = (
        (reply.code, reply.enhanced_status, reply.command) if reply is not None else (None, result.status, None)
    )
    ours = (result.verdict or "", result.reason, result.suppress)
    return (*ours, str(code or ""), enhanced or "", command or "", rule.id if rule is not None else "", result.explanation)


def guarded(cell: str) -> str:
    """The cell, with an apostrophe ahead where a spreadsheet would compute it."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
