"""Patterns that say less than their author thinks: one word that every refusal may hold, or words found in a link or a host name alone."""

import re
from collections.abc import Iterator, Sequence

from bounce_verdict.model import Rule
from bounce_verdict.pipeline.match.identifiers import in_identifier
from bounce_verdict.rulebook.checks.examples import scan_example
from bounce_verdict.rulebook.findings import Finding, finding
from bounce_verdict.rulebook.load import Loaded
from bounce_verdict.rulebook.rule_runner import RuleRunner

# Words that a refusal of any cause may hold.
COMMON = [
    "account",
    "address",
    "administrator",
    "client",
    "command",
    "connection",
    "contact",
    "content",
    "delivered",
    "delivery",
    "domain",
    "email",
    "error",
    "failed",
    "failure",
    "final",
    "from",
    "header",
    "help",
    "host",
    "http",
    "information",
    "invalid",
    "list",
    "local",
    "mail",
    "mailbox",
    "message",
    "network",
    "not",
    "page",
    "permanent",
    "please",
    "postmaster",
    "rcpt",
    "reason",
    "recipient",
    "refused",
    "rejected",
    "remote",
    "report",
    "reply",
    "return",
    "returned",
    "sender",
    "sent",
    "server",
    "service",
    "smtp",
    "sorry",
    "status",
    "support",
    "system",
    "transaction",
    "undelivered",
    "unable",
    "user",
    "your",
]
# What shows that a rule means the identifier itself: `help\.example\.org`, `p=NoSuchUser`, `TSS04`.
_SPELT_OUT = re.compile(r"\\[./?]|[/=@:_\d]")
_WEAK = ("not-now", "fallback")


def check_vagueness(loaded: Loaded, rules: Sequence[Rule], runner: RuleRunner) -> Iterator[Finding]:
    """A warning for each pattern of `rules` that one common word satisfies, or that matches only inside identifiers in all its hits."""
    index = {rule.id: i for i, rule in enumerate(runner.book.rules)}
    for rule in rules:
        if rule.match is None:
            continue
        toml_file, place = loaded.places[rule.id]
        if not _leans_on_more(rule) and (word := _common_word(index[rule.id], runner)) is not None:
            text = f"{rule.id}: the word `{word}` alone satisfies its pattern; a refusal of any cause may hold it"
            yield finding(toml_file, "warning", text, "rule", place)
        if _SPELT_OUT.search(rule.match) is None and _only_in_identifiers(rule, index[rule.id], runner):
            text = f"{rule.id}: in its hits the pattern matches only inside a URL, a host name or an address, which are no text"
            yield finding(toml_file, "warning", text, "rule", place)


def _leans_on_more(rule: Rule) -> bool:
    """Whether a code or the command says what the words leave open, or the rule comes where nothing better decided."""
    when = rule.when
    if when is None:
        return rule.layer in _WEAK
    return bool(rule.layer in _WEAK or when.enhanced or when.codes or (when.commands and None not in when.commands))


def _common_word(index: int, runner: RuleRunner) -> str | None:
    return next((word for word in COMMON if runner.pipeline.matcher.span(index, f"x {word} x") is not None), None)


def _only_in_identifiers(rule: Rule, index: int, runner: RuleRunner) -> bool:
    """Whether every hit holds the words, and each only as a part of an identifier."""
    for hit in rule.hits:
        scanned = scan_example(hit, rule, runner)
        places = [(reply.text, runner.pipeline.matcher.span(index, reply.text)) for reply in scanned.texts]
        found = [in_identifier(text, *span) for text, span in places if span is not None]
        if not found or not all(found):
            return False
    return True
