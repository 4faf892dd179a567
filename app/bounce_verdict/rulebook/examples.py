"""Hits and misses: each rule must win the replies that it says are its, and leave those that it says are not."""

from collections.abc import Iterator, Sequence

from bounce_verdict.model import Example, ReplyInput, Rule
from bounce_verdict.pipeline.decide.decider import ScannedReply
from bounce_verdict.pipeline.decide.rules import Tried
from bounce_verdict.rulebook.findings import Finding, finding
from bounce_verdict.rulebook.load import Loaded
from bounce_verdict.rulebook.rule_runner import Trial

SHOWN = 80  # characters of a text that a message quotes


def check_examples(loaded: Loaded, rules: Sequence[Rule], trial: Trial) -> Iterator[Finding]:
    """Tries every hit and miss of `rules` in `trial`; `loaded` knows where they stand."""
    for rule in rules:
        document, place = loaded.places[rule.id]
        for i, hit in enumerate(rule.hits):
            if (told := _why_lost(rule, walk_example(hit, rule, trial), trial)) is not None:
                yield finding(document, "error", f"{rule.id}: hit {i + 1} {told}", "rule", place, "hits", i)
        for i, miss in enumerate(rule.misses):
            winner = trial.winner(walk_example(miss, rule, trial))
            if isinstance(winner, Rule) and winner.id == rule.id:
                yield finding(document, "error", f"{rule.id}: decides its own miss {i + 1}", "rule", place, "misses", i)


def check_taken(loaded: Loaded, trial: Trial) -> Iterator[Finding]:
    """A note for each local rule that takes a hit of a shipped one; that may be what the operator wants."""
    seen = set()
    for rule in trial.book.rules:
        if rule.layer == "local":
            continue
        for hit in rule.hits:
            winner = trial.winner(walk_example(hit, rule, trial))
            if isinstance(winner, Rule) and winner.layer == "local" and (winner.id, rule.id) not in seen:
                seen.add((winner.id, rule.id))
                document, place = loaded.places[winner.id]
                yield finding(document, "note", f"{winner.id}: overrides {rule.id} at {rule.source}", "rule", place)


def walk_example(example: Example, rule: Rule, trial: Trial) -> ScannedReply:
    """The reply on its way, in a provider's file with that provider known."""
    given = ReplyInput(example.reply, example.command, example.remote_mta, example.recipient)
    return trial.walk(given, rule.owner if rule.layer == "provider" else None)


def _why_lost(rule: Rule, walk: ScannedReply, trial: Trial) -> str | None:
    """Who decides instead and where, or what does not hold; None where the rule wins."""
    winner = trial.winner(walk)
    if isinstance(winner, Rule):
        return None if winner.id == rule.id else f"goes to {winner.id} at {winner.source}"
    tried = [found for i in range(len(walk.texts)) for found in trial.tried(walk, i) if found.rule.id == rule.id]
    if winner is not None and any(found.held for found in tried):
        return f"is decided ahead of it by {winner.found} ({winner.source})"
    return _what_failed(tried[0], walk) if tried else "is not tried for this reply"


def _what_failed(tried: Tried, walk: ScannedReply) -> str:
    reply = walk.texts[0]
    if tried.pattern is False:
        return f"does not match in `{reply.text[:SHOWN]}`"
    failed = [
        f"{name} is {said or 'absent'}"
        for name, held, said in (
            ("the reply code", tried.code, reply.code),
            ("the enhanced status code", tried.enhanced, reply.enhanced_status),
            ("the command", tried.command, reply.command),
        )
        if held is False
    ]
    return f"does not meet `when`: {', '.join(failed)}"
