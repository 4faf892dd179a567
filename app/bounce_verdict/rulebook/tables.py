"""The files that are tables rather than rules → values: reasons, reply codes, enhanced codes, commands, blocklists, doubts.

What is wrong goes to `errors` and is left out; a table that is not there is empty.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from bounce_verdict.errors import RulebookError
from bounce_verdict.model import Command, Doubt, EnhancedCode, KnownBlocklist, Reason, ReplyCode, Verdict
from bounce_verdict.rulebook.files import BLOCKLISTS, CODES, COMMANDS, DOUBTS, ENHANCED, REASONS, SourceFile
from bounce_verdict.rulebook.schema import (
    BlocklistsFile,
    CodesFile,
    CommandsFile,
    DoubtsFile,
    EnhancedFile,
    LocalFile,
    ReasonsFile,
)
from bounce_verdict.rulebook.toml_file import M, TomlFile, parse_toml_file

# Reasons that the program gives of itself; without one of them an answer could not be explained.
OWN_REASONS = (
    "auto-reply", "complaint", "unsubscribed", "delivered", "dns-failure", "helo-rejected", "mailbox-unknown", "malformed-content", "network-failure",
    "policy-other", "sender-rejected", "submission-auth", "undetermined", "unspecified",
)  # fmt: skip

Files = Mapping[str, SourceFile]
Errors = list[RulebookError]
Reasons = Mapping[str, Reason]
DoubtPlace = tuple[TomlFile[Any], int]  # a doubt's file, its number there


def read_reasons(files: Files, errors: Errors) -> dict[str, Reason]:
    """The closed list of reasons."""
    toml_file = _open(files, REASONS, ReasonsFile, errors)
    if toml_file is None:
        return {}
    entries = toml_file.content.root
    errors += [
        toml_file.error(f"reason `{name}` is missing; the program itself gives it") for name in OWN_REASONS if name not in entries
    ]
    return {
        name: Reason(
            name,
            to_verdict(entry.verdict),
            entry.scope,
            entry.suppress,
            entry.explanation,
            entry.at_4yz,
            entry.at_5yz,
            entry.explanation_4yz,
            entry.explanation_delayed,
        )
        for name, entry in entries.items()
    }


def read_reply_codes(files: Files, reasons: Reasons, errors: Errors) -> list[ReplyCode]:
    """One value for each code at each command; command None for any."""
    toml_file = _open(files, CODES, CodesFile, errors)
    if toml_file is None:
        return []
    found: dict[tuple[int, Command | None], ReplyCode] = {}
    for i, entry in enumerate(toml_file.content.code):
        check_reason(toml_file, ("code", i), str(entry.code), entry.reason, reasons, errors)
        for name in entry.commands:
            command: Command | None = None if name == "*" else name
            if (entry.code, command) in found:
                errors.append(toml_file.error(f"{entry.code} at {name} is listed twice", "code", i))
            found[entry.code, command] = ReplyCode(
                code=entry.code,
                command=command,
                meaning=entry.meaning,
                verdict=to_verdict(entry.verdict),
                reason=entry.reason,
                reference=entry.reference,
                status=entry.status,
                scope=entry.scope,
            )
    return list(found.values())


def read_enhanced_codes(files: Files, reasons: Reasons, errors: Errors) -> dict[str, EnhancedCode]:
    """By code, as in "X.1.1"."""
    toml_file = _open(files, ENHANCED, EnhancedFile, errors)
    if toml_file is None:
        return {}
    found: dict[str, EnhancedCode] = {}
    for i, entry in enumerate(toml_file.content.enhanced):
        check_reason(toml_file, ("enhanced", i), entry.code, entry.reason, reasons, errors)
        if entry.code in found:
            errors.append(toml_file.error(f"{entry.code} is listed twice", "enhanced", i))
        found[entry.code] = EnhancedCode(
            code=entry.code,
            meaning=entry.meaning,
            classes=entry.classes,
            basic_codes=entry.basic_codes,
            verdict_4=to_verdict(entry.verdict_4),
            verdict_5=to_verdict(entry.verdict_5),
            reason=entry.reason,
            specific=entry.specific,
            suppress_now=entry.suppress_now,
            reference=entry.reference,
        )
    return found


def read_commands(files: Files, errors: Errors) -> dict[str, Command]:
    """Names in use elsewhere, lower case, → command."""
    toml_file = _open(files, COMMANDS, CommandsFile, errors)
    if toml_file is None:
        return {}
    for name in toml_file.content.commands:
        if name != name.lower():
            errors.append(toml_file.error(f"`{name}` is not lower case", "commands", name))
    return toml_file.content.commands


def read_blocklists(files: Files, errors: Errors) -> list[KnownBlocklist]:
    """The known blocklists, in the order in which a text is asked for them."""
    toml_file = _open(files, BLOCKLISTS, BlocklistsFile, errors)
    entries = toml_file.content.blocklist if toml_file else ()
    return [KnownBlocklist(entry.name, entry.zone, entry.pattern, entry.url) for entry in entries]


def read_doubts(
    files: Files, local: Iterable[TomlFile[LocalFile]], errors: Errors
) -> tuple[list[Doubt], dict[str, DoubtPlace], list[str]]:
    """The doubts, the operator's own behind the shipped ones; where each stands, by id; and the roles.

    Without the file every word that holds `now` back would be gone, which would stop living subscribers: that is an error.
    """
    if DOUBTS not in files:
        errors.append(RulebookError(DOUBTS, 0, "no such file: nothing would hold `suppress: now` back; copy the shipped one"))
    shipped = _open(files, DOUBTS, DoubtsFile, errors)
    found: dict[str, Doubt] = {}
    places: dict[str, DoubtPlace] = {}
    for toml_file in ([shipped] if shipped else []) + list(local):
        for i, entry in enumerate(toml_file.content.doubt):
            if entry.id in found:
                errors.append(toml_file.error(f"{entry.id}: this id is taken at {found[entry.id].source}", "doubt", i, "id"))
                continue
            source = toml_file.source("doubt", i)
            found[entry.id] = Doubt(entry.id, entry.kind, entry.match, source, entry.because, entry.hits, entry.misses)
            places[entry.id] = toml_file, i
    return list(found.values()), places, shipped.content.roles if shipped else []


def to_verdict(word: str) -> Verdict | None:
    """The files write "none" where the answer has null."""
    return None if word == "none" else cast("Verdict", word)


def check_reason(
    toml_file: TomlFile[Any], place: Sequence[str | int], name: str, reason: str, reasons: Reasons, errors: Errors
) -> None:
    """Note a reason outside the closed list."""
    if reasons and reason not in reasons:
        errors.append(toml_file.error(f"{name}: reason `{reason}` is not in {REASONS}", *place, "reason"))


def _open(files: Files, path: str, model: type[M], errors: Errors) -> TomlFile[M] | None:
    if path not in files:
        return None
    toml_file = parse_toml_file(files[path], model)
    if isinstance(toml_file, TomlFile):
        return toml_file
    errors += toml_file
    return None
