"""Steps 4 to 6 joined: what is decided for a reply, and all of its answer that its words do not change.

That depends on little: the codes, the command, whose server it is, which rules match. So decisions are kept by just these, and most
replies get one that was taken before, whatever addresses and numbers stand in them.
"""

from collections.abc import Hashable, Sequence

from msgspec import Struct

from bounce_verdict.model import (
    TRANSIENT,
    Action,
    Context,
    DecidedBy,
    Evidence,
    ParsedReply,
    Reply,
    Rule,
    Rulebook,
    Scope,
    Suppress,
    Verdict,
)
from bounce_verdict.pipeline.decide.code_lookup import WAITING, CodeLookup, Told
from bounce_verdict.pipeline.decide.rules import Phase, build_rule_index, first_match
from bounce_verdict.pipeline.decide.tables import build_tables
from bounce_verdict.pipeline.decide.verdict import DELIVERED, SUCCESS, UNDETERMINED, Candidate, of_rule, weigh
from bounce_verdict.pipeline.match.matcher import Scan

MOST = 4_096  # decisions kept; replies of a day need some hundreds


class ScannedReply(Struct):
    """A reply on its way to the rules: what was read, the texts to judge (innermost first), what each matched, what is around.

    action: the report's. expired: the sender gave up after trying for long.
    """

    parsed: ParsedReply
    texts: Sequence[Reply]
    scans: Sequence[Scan]
    context: Context
    action: Action | None = None
    expired: bool = False


class Decision(Struct):
    """What is decided. rule, number: the rule that decides and its place in Rulebook.rules (-1); text: which of the texts it matched.

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
    number: int = -1
    text: int = 0


_LOOK_ON = Decision("nothing", None, "", None, "never", None, "", None, ())  # the rules of the next stage count as well


class Decider:
    """Decides by one rulebook."""

    def __init__(self, book: Rulebook) -> None:
        self.rules = build_rule_index(book)
        self.tables = build_tables(book)
        self._told = CodeLookup(self.tables)
        self._reasons = book.reasons
        self._by_rule = [of_rule(rule) for rule in book.rules]
        self._known: dict[Hashable, Decision] = {}

    def decide(self, walk: ScannedReply) -> Decision:
        """The decision, with every step's finding."""
        if len(walk.texts) > 1:
            return self._decide(walk)
        reply, scan = walk.texts[0], walk.scans[0]
        codes = (reply.code, reply.enhanced_status, reply.command)
        key: Hashable = (codes, walk.action, walk.expired, walk.context.providers, scan.stage(0))
        stage = 0
        while (known := self._known.get(key)) is _LOOK_ON:
            stage += 1
            key = (key, scan.stage(stage))
        if known is not None:
            return known
        decision = self._decide(walk)
        if len(self._known) >= MOST:
            self._known.clear()
        for further in range(stage + 1, scan.looked):
            self._known[key] = _LOOK_ON
            key = (key, scan.stage(further))
        self._known[key] = decision
        return decision

    def forget(self) -> None:
        """Drop the decisions that are kept."""
        self._known.clear()

    def by_tables(self, walk: ScannedReply) -> Decision:
        """The decision if there were no rules."""
        told = self._told.of_all(walk.texts)
        return self._settle(told[0][0] if told else UNDETERMINED, told, walk)

    def state(self, chosen: Candidate, walk: ScannedReply) -> Decision:
        """`chosen`, whatever the reply says."""
        return self._settle(chosen, (), walk)

    def first_rule(self, walk: ScannedReply, phase: Phase) -> tuple[int, int] | None:
        """The first rule of this phase that holds, by its number, and the number of its text: the innermost comes first."""
        for text, reply in enumerate(walk.texts):
            if (found := first_match(reply, walk.context, walk.scans[text], self.rules, phase)) is not None:
                return found[0], text
        return None

    def _decide(self, walk: ScannedReply) -> Decision:
        """The first that holds: a rule, a specific enhanced code, a fallback rule, the reply code. The others stay as evidence."""
        told = self._told.of_all(walk.texts)
        accepted = (walk.texts[-1].code or TRANSIENT * 100) < TRANSIENT * 100  # "250 queued as spam" refuses nothing
        won = None if accepted else self.first_rule(walk, "before-tables")
        if won is None and not accepted and (not told or told[0][0].decided_by != "enhanced-status"):
            won = self.first_rule(walk, "fallback")
        if not told and won is None and walk.action == "delayed":
            told = WAITING
        if walk.action in SUCCESS:
            chosen = DELIVERED
        elif won is not None:
            chosen = self._by_rule[won[0]]
        else:
            chosen = told[0][0] if told else UNDETERMINED
        decision = self._settle(chosen, told, walk)
        if won is not None:
            decision.number, decision.text = won
        return decision

    def _settle(self, chosen: Candidate, told: Sequence[Told], walk: ScannedReply) -> Decision:
        reason = self._reasons[chosen.reason]
        weighed = weigh(chosen, walk.texts[-1], walk.texts[0], walk.action, walk.expired, reason)
        provider = walk.context.providers[0] if walk.context.providers else None
        if chosen.rule is not None and chosen.rule.layer == "provider":
            provider = chosen.rule.owner
        evidence = [line for _, line in told]
        evidence += [Evidence("tables", surprise) for candidate, _ in told for surprise in candidate.surprises]
        return Decision(
            chosen.decided_by,
            weighed.verdict,
            chosen.reason,
            weighed.transient,
            weighed.suppress,
            None if weighed.verdict is None else chosen.scope or reason.scope,
            chosen.explain or reason.explanation,
            provider,
            evidence,
            chosen.rule,
        )
