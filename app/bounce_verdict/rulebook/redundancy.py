"""Rules that only repeat what the code tables say: they cost a reader's time and hide the tables."""

from collections.abc import Iterator, Sequence

from bounce_verdict.model import Classification, ReplyInput, Rule, Rulebook
from bounce_verdict.pipeline.decide.decider import ScannedReply
from bounce_verdict.pipeline.decide.verdict import of_rule, weigh
from bounce_verdict.rulebook.examples import walk_example
from bounce_verdict.rulebook.findings import Finding, finding
from bounce_verdict.rulebook.load import Loaded
from bounce_verdict.rulebook.rule_runner import Trial


def check_repeats(loaded: Loaded, rules: Sequence[Rule], trial: Trial) -> Iterator[Finding]:
    """A warning for each rule whose hits get the same answer without any rule."""
    for rule in rules:
        if (
            not rule.explain
            and rule.retry_after is None
            and all(_repeats(rule, hit_number, trial) for hit_number in range(len(rule.hits)))
        ):
            document, place = loaded.places[rule.id]
            yield finding(
                document, "warning", f"{rule.id}: its hits get the same answer from the code tables alone", "rule", place
            )


def _repeats(rule: Rule, number: int, trial: Trial) -> bool:
    """Whether this hit needs the rule neither for its answer nor against a rule behind it."""
    hit = rule.hits[number]
    told = trial.classifier.reply_by_tables(ReplyInput(hit.reply, hit.command, hit.remote_mta, hit.recipient))
    if told.verdict is None:
        return False
    walk = walk_example(hit, rule, trial)
    if not _same(rule, walk, told, trial.book):
        return False
    others = [tried for i in range(len(walk.texts)) for tried in trial.tried(walk, i) if tried.held and tried.rule.id != rule.id]
    return not others


def _same(rule: Rule, walk: ScannedReply, told: Classification, book: Rulebook) -> bool:
    parsed = walk.parsed
    reason = book.reasons[rule.reason]
    ours = weigh(of_rule(rule), parsed.reply, walk.texts[0], None, parsed.expired, reason)
    return (ours.verdict, rule.reason, ours.transient, ours.suppress, rule.scope or reason.scope) == (
        told.verdict,
        told.reason,
        told.transient,
        told.suppress,
        told.scope,
    )
