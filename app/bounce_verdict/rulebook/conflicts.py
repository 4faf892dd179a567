"""What two places of a rulebook claim at once: the same conditions, the same host, domain or token."""

from collections.abc import Iterator, Sequence

from bounce_verdict.model import Rule
from bounce_verdict.rulebook.findings import Finding, finding
from bounce_verdict.rulebook.load import Loaded
from bounce_verdict.rulebook.schema import ProviderFile
from bounce_verdict.rulebook.toml_file import Document


def check_claims(loaded: Loaded) -> Iterator[Finding]:
    """A finding for the second of each two claimants; it names the first."""
    yield from _same_conditions(loaded)
    providers = [document for document in loaded.documents if isinstance(document.content, ProviderFile)]
    for key in ("hosts", "domains", "tokens"):
        yield from _same_names(providers, key)


def _same_conditions(loaded: Loaded) -> Iterator[Finding]:
    """Within one provider, or one layer: two providers may well write the same words and mean different things."""
    seen: dict[object, Rule] = {}
    for rule in loaded.book.rules:
        when = rule.when
        asked = (when.codes, when.classes, frozenset(when.enhanced), when.enhanced_absent, when.commands) if when else None
        key = (rule.layer, rule.owner if rule.layer == "provider" else "", rule.match, asked)
        if key in seen:
            document, i = loaded.places[rule.id]
            first = seen[key]
            yield finding(document, "error", f"{rule.id}: same conditions as {first.id} at {first.source}", "rule", i)
        else:
            seen[key] = rule


def _same_names(documents: Sequence[Document[ProviderFile]], key: str) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for document in documents:
        for i, name in enumerate(getattr(document.content, key)):
            if name in seen:
                yield finding(document, "error", f"`{name}` in {key} is claimed at {seen[name]}", key, i)
            else:
                seen[name] = document.source(key, i)
