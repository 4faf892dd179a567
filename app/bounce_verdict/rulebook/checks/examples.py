"""Hits and misses: each rule must win the replies that it says are its, and leave those that it says are not."""

from collections.abc import Iterator, Sequence

from bounce_verdict.model import Example, ReplyInput, Rule
from bounce_verdict.pipeline.decide import ScannedReply
from bounce_verdict.pipeline.decide.rules import RuleResult
from bounce_verdict.rulebook.findings import Finding, finding
from bounce_verdict.rulebook.load import Loaded
from bounce_verdict.rulebook.rule_runner import RuleRunner

SHOWN = 80  # characters of a text that a message quotes


def check_examples(loaded: Loaded, rules: Sequence[Rule], runner: RuleRunner) -> Iterator[Finding]:
    """Tries every hit and miss of `rules`; `loaded` knows where they stand."""
    for rule in rules:
        toml_file, place = loaded.places[rule.id]
        for i, hit in enumerate(rule.hits):
            if (problem := _why_lost(rule, scan_example(hit, rule, runner), runner)) is not None:
                yield finding(toml_file, "error", f"{rule.id}: hit {i + 1} {problem}", "rule", place, "hits", i)
        for i, miss in enumerate(rule.misses):
            winner = runner.winner(scan_example(miss, rule, runner))
            if isinstance(winner, Rule) and winner.id == rule.id:
                yield finding(toml_file, "error", f"{rule.id}: decides its own miss {i + 1}", "rule", place, "misses", i)


def check_overridden(loaded: Loaded, runner: RuleRunner) -> Iterator[Finding]:
    """A note for each local rule that takes a hit of a shipped one; that may be what the operator wants."""
    seen = set()
    for rule in runner.book.rules:
        if rule.layer == "local":
            continue
        for hit in rule.hits:
            winner = runner.winner(scan_example(hit, rule, runner))
            if isinstance(winner, Rule) and winner.layer == "local" and (winner.id, rule.id) not in seen:
                seen.add((winner.id, rule.id))
                toml_file, place = loaded.places[winner.id]
                yield finding(toml_file, "note", f"{winner.id}: overrides {rule.id} at {rule.source}", "rule", place)


def scan_example(example: Example, rule: Rule, runner: RuleRunner) -> ScannedReply:
    """The example read and scanned; in a provider's file with that provider known."""
    given = ReplyInput(example.reply, example.command, example.remote_mta, example.recipient)
    return runner.scan_reply(given, rule.owner if rule.layer == "provider" else None)


def _why_lost(rule: Rule, scanned: ScannedReply, runner: RuleRunner) -> str | None:
    """Who decides instead and where, or what does not hold; None where the rule wins."""
    winner = runner.winner(scanned)
    if isinstance(winner, Rule):
        return None if winner.id == rule.id else f"goes to {winner.id} at {winner.source}"
    results = [found for i in range(len(scanned.texts)) for found in runner.results(scanned, i) if found.rule.id == rule.id]
    if winner is not None and any(found.held for found in results):
        return f"is decided ahead of it by {winner.found} ({winner.source})"
    return _what_failed(results[0], scanned) if results else "is not tried for this reply"


def _what_failed(result: RuleResult, scanned: ScannedReply) -> str:
    reply = scanned.texts[0]
    if result.pattern is False:
        return f"does not match in `{reply.text[:SHOWN]}`"
    failed = [
        f"{name} is {found or 'absent'}"
        for name, held, found in (
            ("the reply code", result.code, reply.code),
            ("the enhanced status code", result.enhanced, reply.enhanced_status),
            ("the command", result.command, reply.command),
        )
        if held is False
    ]
    return f"does not meet `when`: {', '.join(failed)}"
