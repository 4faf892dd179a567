"""Everything that `bounces rules check` finds in a rulebook, each with file and line.

Shipped rules are tried without the operator's own, the operator's among themselves; so a local rule can never make the
shipped rules look wrong.
"""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path
from typing import Any

from bounce_verdict.errors import RulebookError
from bounce_verdict.model import value
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.match.engine import PatternDatabase
from bounce_verdict.rulebook.checks.conflicts import check_conflicts
from bounce_verdict.rulebook.checks.doubts import check_doubts
from bounce_verdict.rulebook.checks.examples import check_examples, check_overridden
from bounce_verdict.rulebook.checks.patterns import check_patterns
from bounce_verdict.rulebook.checks.redundancy import check_redundancy
from bounce_verdict.rulebook.checks.vagueness import check_vagueness
from bounce_verdict.rulebook.files import BLOCKLISTS, TABLES, SourceFile, read_files, without_local
from bounce_verdict.rulebook.findings import Finding, Level, finding, from_error
from bounce_verdict.rulebook.load import Loaded, build_rulebook
from bounce_verdict.rulebook.positions import Location
from bounce_verdict.rulebook.rule_runner import RuleRunner
from bounce_verdict.rulebook.schema import BlocklistsFile, ProviderFile
from bounce_verdict.rulebook.toml_file import TomlFile, parse_toml_file

__all__ = ["Finding", "Known", "check", "check_files", "check_one", "known_patterns"]


@value
class Known:
    """Patterns that need not be checked again. databases: those of them that are compiled."""

    patterns: AbstractSet[str] = frozenset()
    databases: Sequence[PatternDatabase] = ()


NOTHING_KNOWN = Known()


def check(folder: Path, local: Path | None = None, known: Known = NOTHING_KNOWN) -> list[Finding]:
    """Every finding in the rules under `folder` and `local` (default `folder`/local), by file and line. Raises nothing."""
    try:
        return check_files(read_files(folder, local), known)
    except RulebookError as error:
        return [from_error(error)]


def check_files(files: Sequence[SourceFile], known: Known = NOTHING_KNOWN) -> list[Finding]:
    """The same for files already read. What cannot be read or compiled is left out when hits and misses are tried."""
    loaded = build_rulebook(files)
    found, bad, databases = _check_form(loaded, files, known)
    if not _tables_broken(loaded):
        found += _run(_check_shipped, _usable(_without_local(loaded, files), bad), databases)
        if any(file.layer == "local" for file in files):
            found += _run(_check_local, _usable(loaded, bad), databases)
    return _in_order(found)


def check_one(files: Sequence[SourceFile], path: str) -> tuple[list[Finding], Pipeline | None]:
    """What is wrong with the file at `path`, what it breaks in others, and a classifier by these files where they are sound.

    The patterns of the other files count as checked.
    """
    loaded = build_rulebook(files)
    found, bad, databases = _check_form(loaded, files, _known_but_for(path, loaded, files))
    if not _tables_broken(loaded):
        if path.startswith("rules/local/"):
            found += _run(_check_local, _usable(loaded, bad), databases)
        else:
            found += _run(_check_shipped, _usable(_without_local(loaded, files), bad), databases)
    relevant = [one for one in found if one.path == path or one.level == "error"]
    sound = not loaded.errors and not bad
    return _in_order(relevant), Pipeline(loaded.book, databases=databases) if sound else None


def known_patterns(loaded: Loaded, files: Sequence[SourceFile], paths: AbstractSet[str]) -> AbstractSet[str]:
    """The patterns that stand in the files at `paths`."""
    return {pattern for toml_file, _, pattern, _ in _patterns(loaded, files) if toml_file.file.path in paths}


def _known_but_for(path: str, loaded: Loaded, files: Sequence[SourceFile]) -> Known:
    """The patterns of the other files, compiled together; nothing where that cannot be."""
    patterns = sorted(known_patterns(loaded, files, {file.path for file in files} - {path}))
    try:
        return Known(frozenset(patterns), [PatternDatabase(patterns)]) if patterns else NOTHING_KNOWN
    except ValueError:
        return NOTHING_KNOWN


def _in_order(found: Sequence[Finding]) -> list[Finding]:
    return sorted(found, key=lambda one: (one.path, one.line))


def _tables_broken(loaded: Loaded) -> bool:
    return any(error.path in TABLES for error in loaded.errors)


def _without_local(loaded: Loaded, files: Sequence[SourceFile]) -> Loaded:
    others = without_local(files)
    return build_rulebook(others) if len(others) < len(files) else loaded


def _run(
    checks: Callable[[Loaded, RuleRunner], Iterator[Finding]], loaded: Loaded, databases: Sequence[PatternDatabase]
) -> list[Finding]:
    """The findings of `checks`; the reason where the patterns do not compile together."""
    try:
        runner = RuleRunner(loaded.book, databases)
    except RulebookError as error:
        return [from_error(error)]
    return list(checks(loaded, runner))


def _check_shipped(loaded: Loaded, runner: RuleRunner) -> Iterator[Finding]:
    yield from check_doubts(loaded, runner, local=False)
    rules = [rule for rule in loaded.book.rules if rule.layer != "local"]
    yield from check_examples(loaded, rules, runner)
    yield from check_redundancy(loaded, rules, runner)
    yield from check_vagueness(loaded, rules, runner)


def _check_local(loaded: Loaded, runner: RuleRunner) -> Iterator[Finding]:
    yield from check_doubts(loaded, runner, local=True)
    rules = [rule for rule in loaded.book.rules if rule.layer == "local"]
    yield from check_examples(loaded, rules, runner)
    yield from check_redundancy(loaded, rules, runner)
    yield from check_vagueness(loaded, rules, runner)
    yield from check_overridden(loaded, runner)
    for rule, toml_file, place in loaded.disabled:
        yield finding(toml_file, "note", f"switches off {rule.id} at {rule.source}", "rule", place)


def _usable(loaded: Loaded, bad_patterns: AbstractSet[str]) -> Loaded:
    """Without the rules, tokens and doubts that would keep the rest from being tried."""
    book = loaded.book
    rules = [rule for rule in book.rules if rule.match not in bad_patterns and rule.reason in book.reasons]
    providers = {
        name: replace(provider, tokens=[token for token in provider.tokens if token not in bad_patterns])
        for name, provider in book.providers.items()
    }
    blocklists = [known for known in book.blocklists if known.pattern not in bad_patterns]
    doubts = [doubt for doubt in book.doubts if doubt.match not in bad_patterns]
    return replace(loaded, book=replace(book, rules=rules, providers=providers, blocklists=blocklists, doubts=doubts))


def _check_form(
    loaded: Loaded, files: Sequence[SourceFile], known: Known
) -> tuple[list[Finding], AbstractSet[str], list[PatternDatabase]]:
    """All that shows without trying a reply, the patterns that cannot be used, the others compiled.

    Whether a pattern is too slow to compile depends on the machine, so for an operator's own rule that is no error: it would keep rules
    from being loaded that another machine, or another day, has loaded.
    """
    found = [from_error(error) for error in loaded.errors]
    patterns = list(_patterns(loaded, files))
    checked = check_patterns(list(dict.fromkeys(pattern for _, _, pattern, _ in patterns if pattern not in known.patterns)))
    for toml_file, what, pattern, location in patterns:
        found += [finding(toml_file, "error", f"{what}: {fault}", *location) for fault in checked.bad.get(pattern, ())]
        if (problem := checked.slow.get(pattern)) is not None:
            level: Level = "warning" if toml_file.file.layer == "local" else "error"
            found.append(finding(toml_file, level, f"{what}: {problem}", *location))
    found += check_conflicts(loaded)
    found += _check_names(loaded)
    return found, checked.bad.keys(), [*known.databases, *checked.databases]


def _patterns(loaded: Loaded, files: Sequence[SourceFile]) -> Iterator[tuple[TomlFile[Any], str, str, Location]]:
    """(toml_file, what it belongs to, pattern, where it stands) of rules, tokens, blocklists and doubts."""
    for rule in loaded.book.rules:
        toml_file, place = loaded.places[rule.id]
        if rule.match is not None:
            yield toml_file, rule.id, rule.match, ("rule", place, "match")
    for toml_file in loaded.files:
        if isinstance(toml_file.content, ProviderFile):
            for i, token in enumerate(toml_file.content.tokens):
                yield toml_file, f"token {i + 1}", token, ("tokens", i)
    for doubt in loaded.book.doubts:
        doubts_file, i = loaded.doubt_places[doubt.id]
        yield doubts_file, doubt.id, doubt.match, ("doubt", i, "match")
    for file in files:
        if file.path == BLOCKLISTS and isinstance(lists := parse_toml_file(file, BlocklistsFile), TomlFile):
            for i, known in enumerate(lists.content.blocklist):
                yield lists, known.name, known.pattern, ("blocklist", i, "pattern")


def _check_names(loaded: Loaded) -> Iterator[Finding]:
    """An id tells whose rule it is: google.over-quota."""
    for rule in loaded.book.rules:
        if rule.layer == "provider" and not rule.id.startswith(f"{rule.owner}."):
            toml_file, place = loaded.places[rule.id]
            yield finding(toml_file, "warning", f"{rule.id}: should be called `{rule.owner}.…`", "rule", place, "id")
