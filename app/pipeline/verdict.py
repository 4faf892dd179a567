"""Step 6: weigh what the steps found: the verdict at this class of reply, how final it is, what to do with the address.

A rule decides before the tables, a specific enhanced status code before the reply code; that order is the caller's. What this
step adds is the class of the reply (4yz or 5yz, RFC 5321 §4.2.1) and the care for the address: `suppress` unsubscribes people.
"""

from collections.abc import Sequence

from app.model import PERMANENT, TRANSIENT, Action, DecidedBy, Reason, Reply, Rule, Scope, Suppress, Verdict, value

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


@value
class Weighed:
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
    said: Reply,
    deciding: Reply,
    action: Action | None,
    expired: bool,  # noqa: FBT001
    reason: Reason,
) -> Weighed:
    """What `chosen` means here.

    said: the server's own reply, whose code says how final it is. deciding: the innermost reply, which may be of another class.
    expired: the sender gave up. A final report of something transient counts against the address, once.
    """
    verdict = _at_class(chosen, reason, said, deciding)
    if verdict is None:
        return Weighed(None, None, "never")
    transient = chosen.transient if chosen.transient is not None else is_transient(said)
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
    return Weighed(verdict, transient, suppress)


def is_transient(reply: Reply) -> bool | None:
    """True for 4yz, false for 5yz; the reply code decides, the enhanced code only where there is none (RFC 5321 §4.2)."""
    first = _class(reply)
    return True if first == TRANSIENT else False if first == PERMANENT else None


def _class(reply: Reply) -> int | None:
    if reply.code is not None:
        return reply.code // 100
    return int(reply.enhanced_status[0]) if reply.enhanced_status else None


def _at_class(chosen: Candidate, reason: Reason, said: Reply, deciding: Reply) -> Verdict | None:
    """A reason may mean less at 4yz ("user unknown" is then a retry). A rule that names `transient`, or a verdict of its own, stands."""
    if chosen.rule is None or chosen.transient is not None or chosen.verdict != reason.verdict:
        return chosen.verdict
    if reason.at_4yz and TRANSIENT in (_class(said), _class(deciding)):  # either is enough: in doubt the address lives
        return reason.at_4yz
    if reason.at_5yz and PERMANENT in (_class(said), _class(deciding)):
        return reason.at_5yz
    return chosen.verdict
