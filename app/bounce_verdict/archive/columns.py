"""The columns of an archive: which of its own hold what is judged, and those that the answers add."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from bounce_verdict.errors import InputError
from bounce_verdict.model import Classification
from bounce_verdict.records.columns import names_beside
from bounce_verdict.records.csv_head import COMMAND_NAMES, RECIPIENT_NAMES, REMOTE_MTA_NAMES, REPLY_NAMES, find_column

JUDGED = ("reply", "message", "message_base64", "log")  # one of these is what a row is about
FIELDS = (
    *JUDGED, "format", "status", "category", "source", "occurred_at", "command", "recipient", "remote_mta", "action",
    "sender", "sending_ip", "sending_host", "envelope_to", "envelope_from",
)  # fmt: skip
_NEEDS = {  # what says nothing, and often means something else, where none of these is there
    "format": ("log",),
    "category": ("source",),
    "source": ("category",),
    "envelope_to": ("message", "message_base64"),
    "envelope_from": ("message", "message_base64"),
}
_OTHER_NAMES = {"recipient": RECIPIENT_NAMES, "command": COMMAND_NAMES, "remote_mta": REMOTE_MTA_NAMES}
_OF_CSV = ("reply", "recipient", "command", "remote_mta")


class Answer(NamedTuple):
    """What an answer adds to a row, column by column.

    number: of the record in its shard, from 1; a message with three recipients has three rows of one number. kind: what a mail or a
    log's line is. error: why there is no answer.
    """

    number: int
    recipient: str | None = None
    kind: str | None = None
    verdict: str | None = None
    reason: str | None = None
    suppress: str | None = None
    transient: bool | None = None
    scope: str | None = None
    decided_by: str | None = None
    reply_code: int | None = None
    enhanced_code: str | None = None
    command: str | None = None
    rule: str | None = None
    explanation: str | None = None
    error: str | None = None

    def facts(self) -> "Facts":
        """What a caller acts on."""
        return Facts(self.verdict, self.reason, self.suppress)


class Facts(NamedTuple):
    """What a caller acts on: an answer has changed where one of these has."""

    verdict: str | None
    reason: str | None
    suppress: str | None


ColumnType = Literal["text", "integer", "truth"]
ADDED: dict[str, ColumnType] = {
    **dict.fromkeys(Answer._fields, "text"),
    "number": "integer",
    "reply_code": "integer",
    "transient": "truth",
}
OLD: dict[str, ColumnType] = dict.fromkeys(("old_verdict", "old_reason", "old_suppress"), "text")


def answer_of(number: int, kind: str | None, one: Classification) -> Answer:
    """What the answer for one recipient adds."""
    reply, rule = one.reply, one.rule
    code, enhanced, command = (
        (reply.code, reply.enhanced_status, reply.command) if reply is not None else (None, one.status, None)
    )
    return Answer(
        number,
        one.recipient or one.final_recipient,
        kind,
        one.verdict,
        one.reason,
        one.suppress,
        one.transient,
        one.scope,
        one.decided_by,
        code,
        enhanced,
        command,
        rule.id if rule is not None else None,
        one.explanation,
    )


def added_names(columns: Sequence[str], *, with_old: bool) -> dict[str, str]:
    """Our columns beside those of the input, by what they hold. with_old: with what was answered before."""
    ours = [*ADDED, *(OLD if with_old else ())]
    names = dict(zip(ours, names_beside(columns, ours), strict=True))
    twice = next((name for name in names.values() if name.startswith("bounces_") and name in columns), None)
    if twice is not None:
        raise InputError("SRC", f"has columns {twice} and {twice.removeprefix('bounces_')}: ours have no name left")
    return names


def find_fields(columns: Sequence[str], given: Mapping[str, str], *, is_csv: bool = False) -> dict[str, str]:
    """Which of the columns holds which field. given: what the caller said, "" for none. is_csv: only fields that `bounces classify` finds.

    Raises InputError where a named column is not there, or nothing is there to judge.
    """
    found = dict[str, str]()
    for name in _OF_CSV if is_csv else FIELDS:
        names = {**_OTHER_NAMES, "reply": REPLY_NAMES}.get(name, (name,)) if is_csv else (name,)
        if (at := find_column(columns, names)) is not None and columns[at] not in found.values():
            found[name] = columns[at]
    for name, column in given.items():
        at = find_column(columns, (column,)) if column else None
        if column and at is None:
            raise InputError("--column", f"{name}={column}: there is no such column; there are {', '.join(columns[:20])}")
        found = {field: held for field, held in found.items() if field != name and (at is None or held != columns[at])}
        if at is not None:
            found[name] = columns[at]
    if not is_csv:
        found = _with_other_names(columns, found, given)
    if not found.keys() & {*JUDGED, "status", "category"}:
        raise InputError("--column", f"say which column holds the reply: reply=NAME of {', '.join(columns[:20])}")
    return found


def _with_other_names(columns: Sequence[str], found: dict[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Also what goes by another name, and nothing that lacks what it goes with."""
    other = dict(_OTHER_NAMES)
    if not found.keys() & {*JUDGED, "status"}:
        other["reply"] = REPLY_NAMES
    for field, names in other.items():
        if field not in found and field not in given:
            free = [name for name in columns if name not in found.values()]
            at = find_column(free, names)
            if at is not None:
                found[field] = free[at]
    return {
        name: column
        for name, column in found.items()
        if name in given or not _NEEDS.get(name) or found.keys() & set(_NEEDS[name])
    }


def given_of(cells: Mapping[str, object]) -> dict[str, object]:
    """The fields of a row of a table: an empty cell gives none, but for a reply where nothing else is there to judge."""
    given = {name: cell for name, cell in cells.items() if cell is not None and cell != "" and cell != b""}  # noqa: PLR1714  # what is compared may have no hash
    if cells.get("reply") is not None and not given.keys() & {*JUDGED, "status", "category"}:
        given["reply"] = ""
    return given
