"""Runs a rulebook on one reply as the pipeline does, with every rule's result to see: for lint and for `bounces explain`."""

from collections.abc import Sequence

from bounce_verdict.model import ReplyInput, Rule, Rulebook
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.decide import ScannedReply
from bounce_verdict.pipeline.decide.rules import Phase, RuleResult, evaluate_all
from bounce_verdict.pipeline.decide.tables import Meaning, look_up_enhanced
from bounce_verdict.pipeline.match.engine import PatternDatabase


class RuleRunner:
    """Runs one rulebook. Raises RulebookError where a pattern does not compile.

    databases: its patterns as a check compiled them, pipeline: one of the book, so that they need not be compiled again.
    """

    def __init__(self, book: Rulebook, databases: Sequence[PatternDatabase] = (), pipeline: Pipeline | None = None) -> None:
        self.book = book
        self.pipeline = pipeline or Pipeline(book, databases=databases)

    def scan_reply(self, given: ReplyInput, provider: str | None = None) -> ScannedReply:
        """Up to the rules. `provider`, where given, counts as known: it is the first candidate."""
        return self.pipeline.scan_reply(given, provider=provider)

    def winner(self, scanned: ScannedReply) -> Rule | Meaning | None:
        """The rule that decides, or the specific enhanced code that does so ahead of the fallback rules, or None."""
        if (rule := self._first(scanned, "before-tables")) is not None:
            return rule
        for reply in scanned.texts:
            if (meaning := look_up_enhanced(reply, self.pipeline.decider.tables)) is not None:
                return meaning
        return self._first(scanned, "fallback")

    def results(self, scanned: ScannedReply, text: int = 0) -> list[RuleResult]:
        """The result of every rule for the text with this number, in order."""
        return list(evaluate_all(scanned.texts[text], scanned.context, scanned.scans[text], self.pipeline.decider.rules))

    def words(self, scanned: ScannedReply, result: RuleResult, text: int = 0) -> str | None:
        """What the rule matched in the text with this number."""
        span = self.pipeline.matcher.span(result.index, scanned.texts[text].text)
        return scanned.texts[text].text[slice(*span)] if span else None

    def _first(self, scanned: ScannedReply, phase: Phase) -> Rule | None:
        found = self.pipeline.decider.first_rule(scanned, phase)
        return self.book.rules[found[0]] if found is not None else None
