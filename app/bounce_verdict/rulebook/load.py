"""rules/ on disk → Rulebook. Reads every file before it complains, so that a check can tell all that is wrong at once."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from bounce_verdict.errors import RulebookError
from bounce_verdict.model import Command, Example, Provider, Rule, Rulebook, When, value
from bounce_verdict.rulebook.files import SourceFile, digest, read_files, rules_folder
from bounce_verdict.rulebook.schema import (
    DisableEntry,
    ExampleEntry,
    LocalFile,
    LocalRuleEntry,
    ProviderFile,
    RuleEntry,
    RulesFile,
    WhenEntry,
)
from bounce_verdict.rulebook.tables import (
    DoubtPlace,
    Errors,
    Reasons,
    check_reason,
    read_blocklists,
    read_commands,
    read_doubts,
    read_enhanced_codes,
    read_reasons,
    read_reply_codes,
    to_verdict,
)
from bounce_verdict.rulebook.toml_file import TomlFile, parse_toml_file

__all__ = ["Loaded", "build_rulebook", "load_files", "load_rulebook", "rules_folder"]

AnyRulesFile = TomlFile[ProviderFile] | TomlFile[RulesFile] | TomlFile[LocalFile]
Entry = tuple[Rule, AnyRulesFile, int]  # a rule, its file, its number there


@value
class Loaded:
    """What a set of files makes, and all that is wrong with them; what is wrong is missing from `book`.

    places: where each rule of `book` stands, by id: its file and its number there. files: all files of rules.
    disabled: the shipped rules that a local file switches off, with where it does. doubt_places: where each doubt stands, by id.
    """

    book: Rulebook
    errors: Errors
    places: Mapping[str, tuple[AnyRulesFile, int]]
    files: Sequence[AnyRulesFile]
    disabled: Sequence[Entry]
    doubt_places: Mapping[str, DoubtPlace]


def load_rulebook(folder: Path, local: Path | None = None) -> Rulebook:
    """Everything under `folder`, with the operator's own rules from `local` (default `folder`/local).

    Raises RulebookError with path and line for the first thing that cannot be used, a `local` that is missing among them.
    """
    return load_files(read_files(folder, local))


def load_files(files: Sequence[SourceFile]) -> Rulebook:
    """The same from files already read."""
    loaded = build_rulebook(files)
    if loaded.errors:
        raise loaded.errors[0]
    return loaded.book


def build_rulebook(files: Sequence[SourceFile]) -> Loaded:
    """The rulebook that `files` make; its digest is of exactly these files."""
    errors: Errors = []
    by_path = {file.path: file for file in files}
    reasons = read_reasons(by_path, errors)
    rules_files = list(_rules_files(files, errors))
    places: dict[str, tuple[AnyRulesFile, int]] = {}
    entries = _entries(rules_files, reasons, errors)
    disabled = _disabled(rules_files, entries, errors)
    local = [toml_file for toml_file in rules_files if isinstance(toml_file.content, LocalFile)]
    doubts, doubt_places, roles = read_doubts(by_path, local, errors)
    book = Rulebook(
        digest=digest(files),
        rules=_rules(entries, {rule.id for rule, _, _ in disabled}, places, errors),
        providers=dict(_provider(d.file, d.content) for d in rules_files if isinstance(d.content, ProviderFile)),
        reasons=reasons,
        blocklists=read_blocklists(by_path, errors),
        reply_codes=read_reply_codes(by_path, reasons, errors),
        enhanced_codes=read_enhanced_codes(by_path, reasons, errors),
        commands=read_commands(by_path, errors),
        doubts=doubts,
        roles=roles,
    )
    return Loaded(book, errors, places, rules_files, disabled, doubt_places)


def _rules_files(files: Iterable[SourceFile], errors: Errors) -> Iterable[AnyRulesFile]:
    for file in files:
        if file.layer is None:
            continue
        toml_file: AnyRulesFile | list[RulebookError]
        if file.layer == "provider":
            toml_file = parse_toml_file(file, ProviderFile)
        elif file.layer == "local":
            toml_file = parse_toml_file(file, LocalFile)
        else:
            toml_file = parse_toml_file(file, RulesFile)
        if isinstance(toml_file, list):
            errors += toml_file
        else:
            yield toml_file


def _entries(rules_files: Sequence[AnyRulesFile], reasons: Reasons, errors: Errors) -> list[Entry]:
    """Every rule in order, with where it stands."""
    return [
        (_rule(rules_file, i, entry, reasons, errors), rules_file, i)
        for rules_file in rules_files
        for i, entry in enumerate(rules_file.content.rule)
        if isinstance(entry, RuleEntry)
    ]


def _disabled(rules_files: Sequence[AnyRulesFile], entries: Sequence[Entry], errors: Errors) -> list[Entry]:
    """The shipped rules that local files switch off, each with where that is written."""
    shipped = {rule.id: rule for rule, _, _ in entries if rule.layer != "local"}
    found: list[Entry] = []
    for rules_file in rules_files:
        for i, entry in enumerate(rules_file.content.rule):
            if not isinstance(entry, DisableEntry):
                continue
            if entry.disable in shipped:
                found.append((shipped[entry.disable], rules_file, i))
            else:
                errors.append(rules_file.error(f"no shipped rule is called `{entry.disable}`", "rule", i, "disable"))
    return found


def _rules(
    entries: Sequence[Entry], disabled: AbstractSet[str], places: dict[str, tuple[AnyRulesFile, int]], errors: Errors
) -> list[Rule]:
    """The rules that count: without those that a local file switches off or overrides, and none twice."""
    shipped = {rule.id for rule, _, _ in entries if rule.layer != "local"}
    removed = {rule.overrides for rule, _, _ in entries if rule.overrides} | disabled
    kept: dict[str, Rule] = {}
    for rule, rules_file, i in entries:
        if rule.overrides and rule.overrides not in shipped:
            errors.append(rules_file.error(f"{rule.id}: no shipped rule is called `{rule.overrides}`", "rule", i, "overrides"))
        if rule.layer != "local" and rule.id in removed:
            continue
        if rule.id in kept:
            errors.append(rules_file.error(f"{rule.id}: this id is taken at {kept[rule.id].source}", "rule", i, "id"))
            continue
        kept[rule.id] = rule
        places[rule.id] = (rules_file, i)
    return list(kept.values())


def _rule(toml_file: AnyRulesFile, i: int, entry: RuleEntry, reasons: Reasons, errors: Errors) -> Rule:
    check_reason(toml_file, ("rule", i), entry.id, entry.reason, reasons, errors)
    verdict = to_verdict(entry.verdict)
    if entry.reason in reasons and (verdict is None) != (reasons[entry.reason].verdict is None):
        expected = "only verdict `none`" if verdict else "a verdict"
        errors.append(toml_file.error(f"{entry.id}: reason `{entry.reason}` goes with {expected}", "rule", i, "verdict"))
    local = entry if isinstance(entry, LocalRuleEntry) else None
    return Rule(
        id=entry.id,
        verdict=verdict,
        reason=entry.reason,
        reference=entry.reference,
        source=toml_file.source("rule", i),
        layer=toml_file.file.layer or "generic",
        owner=toml_file.file.owner,
        match=entry.match,
        when=_when(entry.when) if entry.when else None,
        explain=entry.explain,
        transient=entry.transient,
        suppress=entry.suppress,
        scope=entry.scope,
        retry_after=entry.retry_after,
        hits=[_example(hit) for hit in entry.hits],
        misses=[_example(miss) for miss in entry.misses],
        overrides=local.overrides if local else None,
        because=local.because if local else None,
    )


def _when(entry: WhenEntry) -> When:
    codes: set[int | None] = set()
    classes = set()
    for code in entry.code or ():
        if isinstance(code, int):
            codes.add(code)
        elif code == "none":
            codes.add(None)
        else:
            classes.add(int(code[0]))
    enhanced = [_enhanced(text) for text in entry.enhanced or () if text != "none"]
    commands: set[Command | None] = {None if name == "none" else name for name in entry.command or ()}
    return When(
        codes=frozenset(codes),
        classes=frozenset(classes),
        enhanced=tuple(enhanced),
        enhanced_absent="none" in (entry.enhanced or ()),
        commands=frozenset(commands),
    )


def _enhanced(text: str) -> tuple[int | None, int | None, int | None]:
    """The condition X.2.2 as (None, 2, 2)."""
    first, subject, detail = (None if part == "X" else int(part) for part in text.split("."))
    return first, subject, detail


def _example(entry: str | ExampleEntry) -> Example:
    if isinstance(entry, str):
        return Example(entry)
    return Example(entry.reply, entry.command, entry.remote_mta, entry.recipient)


def _provider(file: SourceFile, content: ProviderFile) -> tuple[str, Provider]:
    provider = Provider(file.owner, f"{file.path}:1", content.hosts, content.domains, content.tokens, content.reference)
    return file.owner, provider
