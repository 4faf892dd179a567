"""Step 6, its end: what was decided is looked at once more before it may cost a subscriber.

Whoever is called dead has to be shown to be the one that the reply speaks of. Words that a filter quotes from our own message decide
nothing where another cause is named; a reply that names us is about us; and `now` may be held back (suppress.py).
"""

from collections.abc import Sequence

from msgspec.structs import replace

from bounce_verdict.model import Evidence, Reply, Rulebook
from bounce_verdict.pipeline.budget import cost_of_claim, cost_of_scans
from bounce_verdict.pipeline.decide.decider import Decider, Decision, ScannedReply
from bounce_verdict.pipeline.decide.doubts import Doubts
from bounce_verdict.pipeline.decide.our_names import our_names, place_of_name
from bounce_verdict.pipeline.decide.quotation import AFTER_MESSAGE, may_quote, quotation_at, without_quotation
from bounce_verdict.pipeline.decide.suppress import Claim, addresses_of, held_back, names_recipient
from bounce_verdict.pipeline.match.matcher import Matcher

_OURS = "sender-rejected"


class Judge:
    """Judges by one rulebook. matcher: one that knows quotation.MARKS as its later signals. own_domains: in lower case."""

    def __init__(self, book: Rulebook, decider: Decider, matcher: Matcher, own_domains: Sequence[str]) -> None:
        self._decider = decider
        self._matcher = matcher
        self._own_domains = own_domains
        self.doubts = Doubts(book, matcher)
        self._reasons = book.reasons

    def decide(self, scanned: ScannedReply) -> Decision:
        """The decision, with every step's finding. Where the text has to be read otherwise, `scanned` is changed accordingly."""
        decision = self._decider.decide(scanned)
        if decision.verdict != "permanent":
            return decision
        claim = self._claim(decision, scanned)
        if claim.may_quote and (other := self._without_quotation(claim, scanned)) is not None:
            return other
        if self._names_us(claim):
            return self._about_us(decision)
        if decision.suppress == "now" and (line := held_back(claim)) is not None:
            return replace(decision, suppress="if-repeated", evidence=[*decision.evidence, line])
        return decision

    def _claim(self, decision: Decision, scanned: ScannedReply) -> Claim:
        found = [self._matcher.doubts(reply.text) for reply in scanned.texts]
        kinds = {self.doubts.kind_of(i) for each in found for i in each}
        for reply, doubts in zip(scanned.texts, found, strict=True):
            scanned.cost += cost_of_claim(reply.text, len(doubts))
        words, start, end = scanned.texts[-1].text, None, None
        if decision.rule_index >= 0 and scanned.span is not None:
            start, end = scanned.span
            text = scanned.texts[decision.text_index].text
            if text is not words and text != words:  # a quoted reply stands somewhere in the answered text
                at = words.find(text[start:end])
                start, end = (None, None) if at < 0 else (at, at + end - start)
        return Claim(decision, scanned, words, start, end, self.doubts, found, kinds, may_quote(kinds))

    def _without_quotation(self, claim: Claim, scanned: ScannedReply) -> Decision | None:
        """What the server's own words say where those that decided are quoted from our message; None where that is no other cause."""
        if claim.start is None or claim.end is None or claim.scanned.context.command not in AFTER_MESSAGE:
            return None
        quotation = quotation_at(claim.words, claim.start, claim.end, self.doubts)
        if quotation is None:
            return None
        outer = scanned.texts[-1]
        own = Reply(outer.code, outer.enhanced_status, outer.command, without_quotation(outer.text, quotation))
        again = replace(scanned, texts=[own], scans=[self._matcher.scan(own.text)])
        decision = self._decider.decide(again)
        scanned.cost = again.cost + cost_of_scans(own.text, again.scans[0].stages_scanned - 1)
        if decision.verdict in ("permanent", None) or (claim.scanned.context.command is None and not _names_a_cause(decision)):
            return None
        scanned.texts, scanned.scans, scanned.span = again.texts, again.scans, again.span
        source = quotation.doubt.source if quotation.doubt is not None else None
        place = (quotation.start, quotation.end)
        line = Evidence("verdict", "words quoted from the message do not count", None, source, "reply.text", *place)
        return replace(decision, evidence=[*decision.evidence, line])

    def _names_us(self, claim: Claim) -> bool:
        """Whether the reply names us as what it refuses: ahead of the deciding words, or anywhere where a code decides."""
        names = our_names(claim.scanned.given, self._own_domains)
        if not names or names_recipient(claim.words, addresses_of(claim.scanned)):
            return False
        places = [place_of_name(name, claim.words) for name in names]
        return any(at >= 0 and (claim.end is None or at < claim.end) for at in places)

    def _about_us(self, decision: Decision) -> Decision:
        """The decision as a refusal of ours."""
        reason = self._reasons[_OURS]
        line = Evidence("verdict", "the reply is about us: it names us, and not the recipient", reason.verdict)
        return replace(
            decision,
            verdict=reason.verdict,
            reason=reason.name,
            suppress=reason.suppress,
            scope=reason.scope,
            explanation=reason.explanation,
            evidence=[*decision.evidence, line],
        )


def _names_a_cause(decision: Decision) -> bool:
    return decision.rule is not None and decision.rule.layer != "fallback"
