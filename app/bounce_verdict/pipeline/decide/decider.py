"""Steps 4 to 6 joined: what is decided for a reply, and all of its answer that its words do not change.

That depends on little: the codes, the command, whose server it is, which rules match. So decisions are kept by just these, and most
replies get one that was taken before, whatever addresses and numbers stand in them.
"""

from collections.abc import Hashable, Sequence

from msgspec import Struct

from bounce_verdict.model import (
    TRANSIENT,
    Context,
    DecidedBy,
    Evidence,
    ParsedReply,
    RecipientStatus,
    Reply,
    ReplyInput,
    Rule,
    Rulebook,
    Scope,
    Suppress,
    Verdict,
)
from bounce_verdict.pipeline.budget import MASKED, cost_of_scans
from bounce_verdict.pipeline.decide.code_lookup import WAITING, CodeFinding, CodeLookup
from bounce_verdict.pipeline.decide.rules import Phase, build_rule_index, first_match
from bounce_verdict.pipeline.decide.tables import build_tables
from bounce_verdict.pipeline.decide.verdict import DELIVERED, SUCCESS, UNDETERMINED, Candidate, explain, of_rule, weigh
from bounce_verdict.pipeline.match.identifiers import in_identifier
from bounce_verdict.pipeline.match.matcher import Matcher, Scan

Span = tuple[int, int]
# Decisions by the facts of a reply; where the rules of a further stage have to be asked, then by those that match there.
_Known = dict[Hashable, "Decision | _Known"]

MAX_DECISIONS = 4_096  # decisions kept; replies of a day need some hundreds


class ScannedReply(Struct):
    """A reply on its way to the rules: what was read, the texts to judge (innermost first), what each matched, what is around.

    given, status: where it came from. expired: the sender gave up after trying for long.
    span: where the deciding rule matched in its text, once that is decided.
    cost: of what deciding it took beside the scans, in the units of a message's budget.
    """

    parsed: ParsedReply
    texts: Sequence[Reply]
    scans: list[Scan]
    context: Context
    given: ReplyInput
    status: RecipientStatus
    expired: bool = False
    span: Span | None = None
    cost: int = 0


class Decision(Struct):
    """What is decided.

    rule, rule_index: the rule that decides and its place in Rulebook.rules, None and -1 for none. text_index: which text it matched.
    evidence: the tables' findings, to stand behind the rule's own.
    """

    decided_by: DecidedBy
    verdict: Verdict | None
    reason: str
    transient: bool | None
    suppress: Suppress
    scope: Scope | None
    explanation: str
    provider: str | None
    evidence: Sequence[Evidence]
    rule: Rule | None = None
    rule_index: int = -1
    text_index: int = 0


_SEE_IDENTIFIERS = ("local", "provider")  # the layers whose rules see the whole text


class Decider:
    """Decides by one rulebook. matcher: of the same."""

    def __init__(self, book: Rulebook, matcher: Matcher) -> None:
        self._matcher = matcher
        self.rules = build_rule_index(book)
        self.tables = build_tables(book)
        self._codes = CodeLookup(self.tables)
        self._reasons = book.reasons
        self._by_rule = [of_rule(rule) for rule in book.rules]
        self._sees_identifiers = [rule.layer in _SEE_IDENTIFIERS for rule in book.rules]
        self._known: _Known = {}
        self._kept = 0

    def decide(self, scanned: ScannedReply) -> Decision:
        """The decision, with every step's finding. Sets `scanned.span`."""
        while True:
            decision = self._decide_or_recall(scanned)
            index, place = decision.rule_index, decision.text_index
            if index < 0:
                scanned.span = None
                return decision
            scanned.span = self._matcher.span(index, scanned.texts[place].text)
            if self._sees_identifiers[index] or not self._rescans(scanned, index, place, scanned.span):
                return decision

    def _decide_or_recall(self, scanned: ScannedReply) -> Decision:
        if len(scanned.texts) > 1:
            return self._decide(scanned)
        reply, scan = scanned.texts[0], scanned.scans[0]
        key: Hashable = (
            (reply.code, reply.enhanced_status, reply.command),
            scanned.given.action,
            scanned.expired,
            scanned.context.providers,
            scan.stage(0),
        )
        stage = 0
        known = self._known.get(key)
        while type(known) is dict:
            stage += 1
            known = known.get(scan.stage(stage))
        if isinstance(known, Decision):
            return known
        decision = self._decide(scanned)
        if self._kept >= MAX_DECISIONS:
            self.forget()
        self._kept += 1
        further = self._known
        for stage in range(1, scan.stages_scanned):
            deeper = further.get(key)
            if not isinstance(deeper, dict):
                deeper = further[key] = {}
            further, key = deeper, scan.stage(stage)
        further[key] = decision
        return decision

    def forget(self) -> None:
        """Drop the decisions that are kept."""
        self._known, self._kept = {}, 0

    def by_tables(self, scanned: ScannedReply) -> Decision:
        """The decision if there were no rules."""
        found = self._codes.find_nested(scanned.texts)
        return self._settle(found[0].candidate if found else UNDETERMINED, found, scanned)

    def decide_as(self, chosen: Candidate, scanned: ScannedReply) -> Decision:
        """`chosen`, whatever the reply says."""
        return self._settle(chosen, (), scanned)

    def first_rule(self, scanned: ScannedReply, phase: Phase) -> tuple[int, int] | None:
        """The first rule of this phase that holds, by its number, and the number of its text: the innermost comes first."""
        while (found := self._first_rule(scanned, phase)) is not None:
            index, text = found
            if self._sees_identifiers[index]:
                break
            if not self._rescans(scanned, index, text, self._matcher.span(index, scanned.texts[text].text)):
                break
        return found

    def _rescans(self, scanned: ScannedReply, rule_index: int, text_index: int, span: Span | None) -> bool:
        """Whether the words that a rule for everybody matched stand inside an identifier; then the text is scanned without those."""
        scan, text = scanned.scans[text_index], scanned.texts[text_index].text
        if span is None or scan.is_neutral or not in_identifier(text, *span):
            return False
        if _spells_identifier_out(self.rules.rules[rule_index], text[slice(*span)]):
            return False
        scanned.scans[text_index] = self._matcher.without_identifiers(text, scan)
        scanned.cost += MASKED * len(text) + cost_of_scans(text, scan.stages_scanned - 1)
        return True

    def _first_rule(self, scanned: ScannedReply, phase: Phase) -> tuple[int, int] | None:
        for text, reply in enumerate(scanned.texts):
            if (found := first_match(reply, scanned.context, scanned.scans[text], self.rules, phase)) is not None:
                return found[0], text
        return None

    def _decide(self, scanned: ScannedReply) -> Decision:
        """The first that holds: a rule, a specific enhanced code, a fallback rule, the reply code. The others stay as evidence."""
        codes = self._codes.find_nested(scanned.texts)
        accepted = (scanned.texts[-1].code or TRANSIENT * 100) < TRANSIENT * 100  # "250 queued as spam" refuses nothing
        won = None if accepted else self._first_rule(scanned, "before-tables")
        if won is not None and self._codes.says_dead(scanned.texts[0]) and self._yields_to_code(*won):
            won = None
        if won is None and not accepted and (not codes or codes[0].candidate.decided_by != "enhanced-status"):
            won = self._first_rule(scanned, "fallback")
        if not codes and won is None and scanned.given.action == "delayed":
            codes = WAITING
        if scanned.given.action in SUCCESS:
            chosen = DELIVERED
        elif won is not None:
            chosen = self._by_rule[won[0]]
        else:
            chosen = codes[0].candidate if codes else UNDETERMINED
        decision = self._settle(chosen, codes, scanned)
        if won is not None:
            decision.rule_index, decision.text_index = won
        return decision

    def _yields_to_code(self, rule_index: int, text_index: int) -> bool:
        """Whether a specific enhanced code that calls the address dead says more: one ahead of the rule's text, or beside loose words.

        "550 5.1.1 … 421 4.7.0 too many errors": the first that names a cause decides. "550 5.1.1 user ana unknown": the words only agree.
        """
        rule = self.rules.rules[rule_index]
        return text_index > 0 or (rule.layer == "structure" and rule.verdict == "permanent")

    def _settle(self, chosen: Candidate, codes: Sequence[CodeFinding], scanned: ScannedReply) -> Decision:
        reason = self._reasons[chosen.reason]
        outcome = weigh(chosen, scanned.texts[-1], scanned.texts[0], scanned.given.action, scanned.expired, reason)
        provider = scanned.context.providers[0] if scanned.context.providers else None
        if chosen.rule is not None and chosen.rule.layer == "provider":
            provider = chosen.rule.owner
        evidence = [finding.evidence for finding in codes]
        evidence += [Evidence("tables", surprise) for finding in codes for surprise in finding.candidate.surprises]
        return Decision(
            chosen.decided_by,
            outcome.verdict,
            chosen.reason,
            outcome.transient,
            outcome.suppress,
            None if outcome.verdict is None else chosen.scope or reason.scope,
            explain(chosen, reason, outcome, scanned.given.action),
            provider,
            evidence,
            chosen.rule,
        )


def _spells_identifier_out(rule: Rule, words: str) -> bool:
    """Whether the rule means the identifier: `openspf\\.org`, not `postmaster`."""
    return "." in words and rule.match is not None and "\\." in rule.match
