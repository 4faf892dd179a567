"""Step 6: weigh what the steps found: the verdict at this class of reply, how final it is, what to do with the address.

A rule decides before the tables, a specific enhanced status code before the reply code; that order is the caller's. What this
step adds is the class of the reply (4yz or 5yz, RFC 5321 §4.2.1) and the care for the address: `suppress` unsubscribes people.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from bounce_verdict.model import PERMANENT, TRANSIENT, Action, DecidedBy, Reason, Reply, Rule, Scope, Suppress, Verdict, value

SUCCESS: frozenset[str | None] = frozenset({"delivered", "relayed", "expanded"})


@value
class Candidate:
    """What one step would answer. None in `scope`, `suppress` and `explain` means the reason's own.

    transient: set only where a rule documents it. surprises: what the step noticed beside, one sentence each.
    """

    decided_by: DecidedBy
    verdict: Verdict | None
    reason: str
    scope: Scope | None = None
    suppress: Suppress | None = None
    transient: bool | None = None
    explain: str | None = None
    rule: Rule | None = None
    surprises: Sequence[str] = ()


class Outcome(Struct):
    """A candidate at this reply."""

    verdict: Verdict | None
    transient: bool | None
    suppress: Suppress


DELIVERED = Candidate("nothing", None, "delivered")
UNDETERMINED = Candidate("nothing", None, "undetermined")


def of_rule(rule: Rule) -> Candidate:
    """What `rule` would answer."""
    return Candidate(
        decided_by="rule",
        verdict=rule.verdict,
        reason=rule.reason,
        scope=rule.scope,
        suppress=rule.suppress,
        transient=rule.transient,
        explain=rule.explain,
        rule=rule,
    )


def weigh(
    chosen: Candidate,
    answered: Reply,
    innermost: Reply,
    action: Action | None,
    expired: bool,  # noqa: FBT001
    reason: Reason,
) -> Outcome:
    """What `chosen` means here.

    answered: the server's own reply, whose code says how final it is. innermost: the reply that it quotes, perhaps of another class.
    expired: the sender gave up. A final report of something transient counts against the address, once.
    """
    final = _class(answered)
    verdict = chosen.verdict
    if (reason.at_4yz or reason.at_5yz) and _follows_reason(chosen, reason):
        classes = (final, final if innermost is answered else _class(innermost))
        if reason.at_4yz and TRANSIENT in classes:  # either is enough: in doubt the address lives
            verdict = reason.at_4yz
        elif reason.at_5yz and PERMANENT in classes:
            verdict = reason.at_5yz
    if verdict is None:
        return Outcome(None, None, chosen.suppress or "never")
    transient = chosen.transient if chosen.transient is not None else _IS_TRANSIENT.get(final)
    suppress = chosen.suppress or reason.suppress
    if action == "delayed":
        suppress = "never"
    elif (suppress == "now" and verdict != "permanent") or (
        suppress == "never"
        and verdict == "retry"
        and reason.scope != "sender"
        and (expired or (action == "failed" and transient))
    ):
        suppress = "if-repeated"
    return Outcome(verdict, transient, suppress)


def explain(chosen: Candidate, reason: Reason, outcome: Outcome, action: Action | None) -> str:
    """One sentence that says what is so: of a message that is still tried nothing final, of a 4yz what it says for now."""
    if action == "delayed" and reason.explanation_delayed:
        return reason.explanation_delayed
    if reason.explanation_4yz and outcome.transient and (chosen.explain is None or outcome.verdict != chosen.verdict):
        return reason.explanation_4yz
    return chosen.explain or reason.explanation


# By the class of the reply code, and of the enhanced code only where there is no reply code (RFC 5321 §4.2).
_IS_TRANSIENT: Mapping[int | None, bool] = {TRANSIENT: True, PERMANENT: False}


def _class(reply: Reply) -> int | None:
    if reply.code is not None:
        return reply.code // 100
    return int(reply.enhanced_status[0]) if reply.enhanced_status else None


def _follows_reason(chosen: Candidate, reason: Reason) -> bool:
    """Whether the reason speaks for the rule: one that names `transient`, or a verdict of its own, stands."""
    return chosen.rule is not None and chosen.transient is None and chosen.verdict == reason.verdict
