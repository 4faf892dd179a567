"""What the rulebook shows of itself: its rules in a list, one of them whole, and the reasons."""

from collections.abc import Sequence

from bounce_verdict import __version__
from bounce_verdict.model import Example, Layer, Reason, Rule, Rulebook, Scope, Suppress, Verdict, When, value


@value
class RuleLine:
    """A rule in the list."""

    id: str
    """The rule's id."""
    verdict: Verdict | None
    """Its verdict, before the reason's own adjustment by the class of the reply code."""
    reason: str
    """Its reason."""
    layer: Layer
    """The layer it belongs to; layers are tried local, provider, generic, language, structure, not-now, fallback."""
    owner: str
    """Its provider or language; empty for the rest."""
    source: str
    """File and line."""
    match: str | None
    """The pattern that is searched in the text; null for a rule on codes alone."""
    explanation: str
    """What it means: the rule's own sentence, else the reason's."""


@value
class RuleList:
    """Every rule, in the order of precedence."""

    rules: Sequence[RuleLine]
    """The rules as loaded."""
    rules_digest: str
    """sha256 of the rules as loaded."""
    version: str
    """The program's version."""


@value
class Conditions:
    """A rule's conditions on the codes; an empty list means any."""

    code: Sequence[str]
    """Reply codes, "4yz" for a class of them, "none" for absent."""
    enhanced: Sequence[str]
    """Enhanced status codes, X for any number, "none" for absent."""
    command: Sequence[str]
    """Commands, "none" for unknown."""


@value
class RulePage:
    """A rule, whole."""

    id: str
    """The rule's id."""
    layer: Layer
    """The layer it belongs to."""
    owner: str
    """Its provider or language; empty for the rest."""
    source: str
    """File and line."""
    when: Conditions
    """What the codes must be."""
    match: str | None
    """The pattern that is searched in the text; null for a rule on codes alone."""
    verdict: Verdict | None
    """Its verdict, before the reason's own adjustment by the class of the reply code."""
    reason: str
    """Its reason."""
    explanation: str
    """What it means: the rule's own sentence, else the reason's."""
    transient: bool | None
    """Set where the rule documents that the reply code misleads; null where the reply code decides."""
    suppress: Suppress
    """What to do with the address: the rule's own, else the reason's."""
    scope: Scope | None
    """What the verdict is about: the rule's own, else the reason's."""
    retry_after: int | None
    """Seconds, where the rule knows them."""
    reference: str
    """What the rule rests on."""
    overrides: str | None
    """The shipped rule that this local one removes."""
    because: str | None
    """Why it does."""
    hits: Sequence[Example]
    """Replies that it decides."""
    misses: Sequence[Example]
    """Replies that look alike and that it leaves alone."""
    rules_digest: str
    """sha256 of the rules as loaded."""
    version: str
    """The program's version."""


@value
class ReasonList:
    """The closed list of reasons."""

    reasons: Sequence[Reason]
    """The reasons, with the verdict, scope and suppress that follow where neither rule nor table says otherwise."""
    rules_digest: str
    """sha256 of the rules as loaded."""
    version: str
    """The program's version."""


def rule_list(book: Rulebook) -> RuleList:
    """The rules in the order in which they are tried, within their layer and provider."""
    lines = [
        RuleLine(
            rule.id,
            rule.verdict,
            rule.reason,
            rule.layer,
            rule.owner,
            rule.source,
            rule.match,
            rule.explain or book.reasons[rule.reason].explanation,
        )
        for rule in book.rules
    ]
    return RuleList(lines, book.digest, __version__)


def reason_list(book: Rulebook) -> ReasonList:
    """The reasons in the order of rules/reasons.toml."""
    return ReasonList(list(book.reasons.values()), book.digest, __version__)


def rule_page(rule: Rule, book: Rulebook) -> RulePage:
    """The page of one rule, its reason's defaults filled in."""
    reason = book.reasons[rule.reason]
    return RulePage(
        id=rule.id,
        layer=rule.layer,
        owner=rule.owner,
        source=rule.source,
        when=_conditions(rule.when or When()),
        match=rule.match,
        verdict=rule.verdict,
        reason=rule.reason,
        explanation=rule.explain or reason.explanation,
        transient=rule.transient,
        suppress=rule.suppress or reason.suppress,
        scope=rule.scope or reason.scope,
        retry_after=rule.retry_after,
        reference=rule.reference,
        overrides=rule.overrides,
        because=rule.because,
        hits=rule.hits,
        misses=rule.misses,
        rules_digest=book.digest,
        version=__version__,
    )


def _conditions(when: When) -> Conditions:
    """The conditions as the rules file writes them."""
    codes = sorted(f"{code:03}" for code in when.codes if code is not None)
    enhanced = [".".join("X" if number is None else str(number) for number in code) for code in when.enhanced]
    commands = sorted(command for command in when.commands if command is not None)
    return Conditions(
        codes + sorted(f"{digit}yz" for digit in when.classes) + ["none"] * (None in when.codes),
        enhanced + ["none"] * when.enhanced_absent,
        commands + ["none"] * (None in when.commands),
    )
