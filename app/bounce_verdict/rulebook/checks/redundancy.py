"""Rules that only repeat what the code tables say: they cost a reader's time and hide the tables."""

from collections.abc import Iterator, Sequence

from bounce_verdict.model import Classification, ReplyInput, Rule, Rulebook
from bounce_verdict.pipeline.decide import ScannedReply
from bounce_verdict.pipeline.decide.verdict import of_rule, weigh
from bounce_verdict.rulebook.checks.examples import scan_example
from bounce_verdict.rulebook.findings import Finding, finding
from bounce_verdict.rulebook.load import Loaded
from bounce_verdict.rulebook.rule_runner import RuleRunner


def check_redundancy(loaded: Loaded, rules: Sequence[Rule], runner: RuleRunner) -> Iterator[Finding]:
    """A warning for each rule whose hits get the same answer without any rule."""
    for rule in rules:
        if (
            not rule.explain
            and rule.retry_after is None
            and all(_is_redundant(rule, hit_number, runner) for hit_number in range(len(rule.hits)))
        ):
            toml_file, place = loaded.places[rule.id]
            yield finding(
                toml_file, "warning", f"{rule.id}: its hits get the same answer from the code tables alone", "rule", place
            )


def _is_redundant(rule: Rule, number: int, runner: RuleRunner) -> bool:
    """Whether this hit needs the rule neither for its answer nor against a rule behind it."""
    hit = rule.hits[number]
    by_tables = runner.pipeline.reply_by_tables(ReplyInput(hit.reply, hit.command, hit.remote_mta, hit.recipient))
    if by_tables.verdict is None:
        return False
    scanned = scan_example(hit, rule, runner)
    if not _same(rule, scanned, by_tables, runner.book):
        return False
    results = [result for i in range(len(scanned.texts)) for result in runner.results(scanned, i)]
    return not any(result.held and result.rule.id != rule.id for result in results)


def _same(rule: Rule, scanned: ScannedReply, by_tables: Classification, book: Rulebook) -> bool:
    parsed = scanned.parsed
    reason = book.reasons[rule.reason]
    ours = weigh(of_rule(rule), parsed.reply, scanned.texts[0], None, parsed.expired, reason)
    return (ours.verdict, rule.reason, ours.transient, ours.suppress, rule.scope or reason.scope) == (
        by_tables.verdict,
        by_tables.reason,
        by_tables.transient,
        by_tables.suppress,
        by_tables.scope,
    )
