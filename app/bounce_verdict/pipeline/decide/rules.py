"""Step 5: the first rule that holds. A conclusive text beats every code, so this step asks the texts first.

The order is the operator's own rules, those of the provider that refused (the context's candidates, in its order), the
generic ones, those of other languages, those that read a sentence by its structure, what says only "not now"; the fallback rules
make a phase of their own, after the enhanced status codes.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Literal

from bounce_verdict.model import Context, Layer, Reply, Rule, Rulebook, When, value
from bounce_verdict.pipeline.match.matcher import STAGES, Scan, stages_of

Phase = Literal["before-tables", "fallback"]
Group = tuple[Layer, str]
Wildcards = tuple[int | None, int | None, int | None]

_STAGES_OF: Mapping[Phase, Sequence[int]] = {"before-tables": (0, 1, 2, 3), "fallback": (4,)}
LOCAL: Group = ("local", "")
GENERIC: Group = ("generic", "")
LANGUAGE: Group = ("language", "")  # all languages together: their order is the file order
STRUCTURE: Group = ("structure", "")
NOT_NOW: Group = ("not-now", "")
FALLBACK: Group = ("fallback", "")


@value
class Condition:
    """A rule's `when`, ready to ask; None stands for any. `codes` holds the members of a class one by one."""

    codes: frozenset[int | None] | None
    enhanced: Sequence[Wildcards] | None
    enhanced_absent: bool
    commands: frozenset[str | None] | None


@value
class RuleIndex:
    """The rulebook's rules, arranged for first_match.

    groups, conditions: of each rule, in the rulebook's order. bare_of_provider, bare_of_stage: the rules without a pattern,
    which no scan reports.
    """

    rules: Sequence[Rule]
    groups: Sequence[Group]
    conditions: Sequence[Condition | None]
    bare_of_provider: Mapping[str, Sequence[int]]
    bare_of_stage: Sequence[Sequence[int]]


@value
class RuleResult:
    """How a rule fared with a reply. pattern, code, enhanced, command: whether that held; None where the rule does not ask for it."""

    index: int
    rule: Rule
    phase: Phase
    held: bool
    pattern: bool | None
    code: bool | None
    enhanced: bool | None
    command: bool | None


def build_rule_index(book: Rulebook) -> RuleIndex:
    """The index of `book`. Rulebook.rules stand by layer: local, provider, generic, language, structure, not-now, fallback."""
    groups = [_group(rule) for rule in book.rules]
    of_provider: dict[str, list[int]] = {}
    of_stage: list[list[int]] = [[] for _ in STAGES]
    for i, (rule, stage) in enumerate(zip(book.rules, stages_of(book.rules), strict=True)):
        if rule.match is None and rule.layer == "provider":
            of_provider.setdefault(rule.owner, []).append(i)
        elif rule.match is None:
            of_stage[stage].append(i)
    conditions = [_condition(rule.when) if rule.when is not None else None for rule in book.rules]
    return RuleIndex(book.rules, groups, conditions, of_provider, of_stage)


def first_match(
    reply: Reply, context: Context, scan: Scan, index: RuleIndex, phase: Phase = "before-tables"
) -> tuple[int, Rule] | None:
    """The rule that wins this phase and its place in Rulebook.rules; None where none holds. `scan` is of `reply.text`."""
    for stage in _STAGES_OF[phase]:
        if (i := _first_of(stage, reply, context, scan, index)) >= 0:
            return i, index.rules[i]
    return None


def _first_of(stage: int, reply: Reply, context: Context, scan: Scan, index: RuleIndex) -> int:
    """The rule that wins among those of one stage, -1 where none holds."""
    providers = context.providers
    found: Sequence[int] = scan.stage(stage)
    if index.bare_of_stage[stage] or (stage == 0 and providers and not index.bare_of_provider.keys().isdisjoint(providers)):
        found = _with_bare(stage, found, context, index)
    if not found:
        return -1
    command = reply.command or context.command
    best, best_rank = -1, len(providers)
    for i in found:
        layer, owner = index.groups[i]
        rank = 0
        if layer == "provider":
            if owner not in providers or (rank := providers.index(owner)) >= best_rank:
                continue
        elif best >= 0:
            break
        condition = index.conditions[i]
        if condition is None or (
            (condition.codes is None or reply.code in condition.codes)
            and (condition.commands is None or command in condition.commands)
            and (condition.enhanced is None or _enhanced_holds(condition, reply.enhanced_status))
        ):
            if rank == 0:
                return i
            best, best_rank = i, rank
    return best


def evaluate_all(reply: Reply, context: Context, scan: Scan, index: RuleIndex) -> Iterator[RuleResult]:
    """Every rule that first_match considers for this reply, in the order of precedence, both phases; the first that held won."""
    command = reply.command or context.command
    matched = frozenset(scan.rules)
    before: list[Group] = [LOCAL, *(("provider", name) for name in context.providers), GENERIC, LANGUAGE, STRUCTURE, NOT_NOW]
    for group in (*before, FALLBACK):
        for i, rule in enumerate(index.rules):
            if index.groups[i] != group:
                continue
            pattern = None if rule.match is None else i in matched
            answers = _answers(index.conditions[i], reply, command)
            held = pattern is not False and False not in answers
            yield RuleResult(i, rule, "fallback" if group == FALLBACK else "before-tables", held, pattern, *answers)


def _group(rule: Rule) -> Group:
    return (rule.layer, rule.owner if rule.layer == "provider" else "")


def _condition(when: When) -> Condition:
    codes = when.codes | {first * 100 + rest for first in when.classes for rest in range(100)}
    return Condition(
        codes=codes or None,
        enhanced=when.enhanced if when.enhanced or when.enhanced_absent else None,
        enhanced_absent=when.enhanced_absent,
        commands=when.commands or None,
    )


def _with_bare(stage: int, found: Sequence[int], context: Context, index: RuleIndex) -> Sequence[int]:
    """The stage's rules that the scan found and those without a pattern, in order."""
    more = list(index.bare_of_stage[stage])
    if stage == 0:
        for name in context.providers:
            more += index.bare_of_provider.get(name, ())
    return sorted([*found, *more]) if more else found


def _answers(condition: Condition | None, reply: Reply, command: str | None) -> tuple[bool | None, bool | None, bool | None]:
    """Code, enhanced, command: whether each held, None where it is not asked for."""
    if condition is None:
        return None, None, None
    return (
        None if condition.codes is None else reply.code in condition.codes,
        None if condition.enhanced is None else _enhanced_holds(condition, reply.enhanced_status),
        None if condition.commands is None else command in condition.commands,
    )


def _enhanced_holds(condition: Condition, status: str | None) -> bool:
    """Whether the enhanced code fits a member; X fits any class, subject or detail."""
    if not status:
        return condition.enhanced_absent
    parts = _parts(status)
    for wanted in condition.enhanced or ():
        if all(want is None or want == part for want, part in zip(wanted, parts, strict=False)):
            return True
    return False


@lru_cache(maxsize=4096)
def _parts(status: str) -> tuple[int, int, int]:
    """The three numbers of "5.1.1"; anything else (a report's status may be anything) fits a condition of wildcards alone."""
    parts = status.split(".", 3)
    if len(parts) != 3 or not all(part.isascii() and part.isdecimal() and len(part) <= 3 for part in parts):  # noqa: PLR2004
        return -1, -1, -1
    return int(parts[0]), int(parts[1]), int(parts[2])
