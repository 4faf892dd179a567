"""One reply tried against a rulebook as the classifier would, open to see: for lint and for `bounces explain`."""

from collections.abc import Sequence

from bounce_verdict.model import ReplyInput, Rule, Rulebook
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.decide.decider import ScannedReply
from bounce_verdict.pipeline.decide.rules import Phase, Tried, trace
from bounce_verdict.pipeline.decide.tables import Meaning, look_up_enhanced
from bounce_verdict.pipeline.match.engine import Part


class Trial:
    """A rulebook set up to be tried. Raises RulebookError where a pattern does not compile.

    parts: its patterns as a check compiled them, so that they need not be compiled once more, all together.
    """

    def __init__(self, book: Rulebook, parts: Sequence[Part] = ()) -> None:
        self.book = book
        self.classifier = Pipeline(book, parts=parts)

    def walk(self, given: ReplyInput, provider: str | None = None) -> ScannedReply:
        """Up to the rules. `provider`, where given, counts as known: it is the first candidate."""
        return self.classifier.walk(given, provider=provider)

    def winner(self, walk: ScannedReply) -> Rule | Meaning | None:
        """The rule that decides, or the specific enhanced code that does so ahead of the fallback rules, or None."""
        if (rule := self._first(walk, "before-tables")) is not None:
            return rule
        for reply in walk.texts:
            if (meaning := look_up_enhanced(reply, self.classifier.decider.tables)) is not None:
                return meaning
        return self._first(walk, "fallback")

    def tried(self, walk: ScannedReply, text: int = 0) -> list[Tried]:
        """Every rule that was asked of the text with this number, in order."""
        return list(trace(walk.texts[text], walk.context, walk.scans[text], self.classifier.decider.rules))

    def words(self, walk: ScannedReply, tried: Tried, text: int = 0) -> str | None:
        """What the rule matched in the text with this number."""
        span = self.classifier.matcher.span(tried.index, walk.texts[text].text)
        return walk.texts[text].text[slice(*span)] if span else None

    def _first(self, walk: ScannedReply, phase: Phase) -> Rule | None:
        found = self.classifier.decider.first_rule(walk, phase)
        return self.book.rules[found[0]] if found is not None else None
