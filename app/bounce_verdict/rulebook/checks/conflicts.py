"""Conflicts: two rules with the same conditions, or a host, domain or token of two providers."""

from collections.abc import Iterator, Sequence

from bounce_verdict.model import Rule
from bounce_verdict.rulebook.findings import Finding, finding
from bounce_verdict.rulebook.load import Loaded
from bounce_verdict.rulebook.schema import ProviderFile
from bounce_verdict.rulebook.toml_file import TomlFile


def check_conflicts(loaded: Loaded) -> Iterator[Finding]:
    """A finding for the second of each two places; it names the first."""
    yield from _same_conditions(loaded)
    provider_files = [toml_file for toml_file in loaded.files if isinstance(toml_file.content, ProviderFile)]
    for key in ("hosts", "domains", "tokens"):
        yield from _same_names(provider_files, key)


def _same_conditions(loaded: Loaded) -> Iterator[Finding]:
    """Within one provider, or one layer: two providers may well write the same words and mean different things."""
    seen: dict[object, Rule] = {}
    for rule in loaded.book.rules:
        when = rule.when
        asked = (when.codes, when.classes, frozenset(when.enhanced), when.enhanced_absent, when.commands) if when else None
        key = (rule.layer, rule.owner if rule.layer == "provider" else "", rule.match, asked)
        if key in seen:
            toml_file, i = loaded.places[rule.id]
            first = seen[key]
            yield finding(toml_file, "error", f"{rule.id}: same conditions as {first.id} at {first.source}", "rule", i)
        else:
            seen[key] = rule


def _same_names(files: Sequence[TomlFile[ProviderFile]], key: str) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for toml_file in files:
        for i, name in enumerate(getattr(toml_file.content, key)):
            if name in seen:
                yield finding(toml_file, "error", f"`{name}` in {key} is already listed at {seen[name]}", key, i)
            else:
                seen[name] = toml_file.source(key, i)
