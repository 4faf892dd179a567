"""Counts over many answers: recipients rather than lines, and the texts that no rule decided, by their template."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from msgspec import Struct

from bounce_verdict.cli.output.answered import Answered
from bounce_verdict.model import Classification, value
from bounce_verdict.response import Problem

DIMENSIONS = ("verdict", "reason", "provider", "command", "rule", "day")
_VERDICT, _DAY = DIMENSIONS.index("verdict"), DIMENSIONS.index("day")
_TEMPLATE = 300  # characters
_NONE = "none"

_MASKED = tuple(
    (re.compile(pattern, re.ASCII | re.IGNORECASE), mask)
    for pattern, mask in (
        (r"https?://\S+", "URL"),
        (r"<?[^\s<>@\"]{1,200}@[^\s<>@\"]{1,200}>?", "ADDRESS"),
        (r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}", "IP"),
        (r"\b(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,18}\b", "HOST"),
        (r"\b(?=[a-z-]{0,80}\d)[a-z0-9_-]{6,}\b", "ID"),
        (r"\d+", "N"),
    )
)


class Counted(Struct, array_like=True):
    """Of one answer what is counted. key: of its recipient, None where it names none. facts: in the order of DIMENSIONS."""

    key: bytes | None
    facts: tuple[str, ...]
    template: str | None


@value
class Summary:
    """What was counted. days: for each the verdicts. undecided: templates with how many recipients got such a text, the most frequent first."""

    recipients: int
    answers: int
    problems: int
    by: dict[str, dict[str, int]]
    days: dict[str, dict[str, int]]
    undecided: list[tuple[str, int]]


def count_answer(one: Answered) -> Counted | None:
    """What is counted of it; None for a mail without recipients and for what could not be read."""
    result = one.result
    if not isinstance(result, Classification):
        return None
    recipient = (result.recipient or result.final_recipient or "").lower()
    reply = result.reply
    command = reply.command if reply is not None else None
    facts = (result.verdict or "null", result.reason, result.provider, command, result.rule.id if result.rule else None, one.day)
    undecided = result.rule is None and reply is not None and bool(reply.text)
    text = (
        template_of(f"{reply.code or ''} {reply.enhanced_status or ''} {reply.text}") if undecided and reply is not None else None
    )
    key = hashlib.blake2b(recipient.encode(), digest_size=12).digest() if recipient else None
    return Counted(key, tuple(fact or _NONE for fact in facts), text)


def template_of(text: str) -> str:
    """The text with addresses, hosts, numbers and ids masked; the codes at its head stay."""
    codes = re.match(r"\s*(\d{3})?\s*([245]\.\d{1,3}\.\d{1,3})?\s*", text, re.ASCII)
    head, rest = (codes[0].split(), text[codes.end() :]) if codes else ([], text)
    for pattern, mask in _MASKED:
        rest = pattern.sub(mask, rest)
    return " ".join([*head, *rest.split()])[:_TEMPLATE]


def fixed_parts(text: str) -> list[str]:
    """What of a text without codes `template_of` leaves as it is, from one mask to the next."""
    rest = " ".join(text.split())
    for pattern, _ in _MASKED:
        rest = pattern.sub("\n", rest)
    return [part.strip() for part in rest.split("\n")]


class Tally:
    """Counts answers as they come. The last one of a recipient is what counts: forty attempts are one recipient."""

    def __init__(self) -> None:
        self._last: dict[bytes, Counted] = {}
        self._known: dict[tuple[tuple[str, ...], str | None], Counted] = {}
        self._unnamed: Counter[tuple[tuple[str, ...], str | None]] = Counter()
        self._answers = 0

    def add(self, counted: Iterable[Counted]) -> None:
        """Count them."""
        for one in counted:
            self._answers += 1
            what = (one.facts, one.template)
            if one.key is None:
                self._unnamed[what] += 1
            else:
                self._last[one.key] = self._known.setdefault(what, one)

    def summary(self, problems: int) -> Summary:
        """What was counted. problems: how many records could not be read."""
        total = self._unnamed + Counter((one.facts, one.template) for one in self._last.values())
        by: dict[str, Counter[str]] = {name: Counter() for name in DIMENSIONS}
        undecided: Counter[str] = Counter()
        days: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for (facts, template), count in total.items():
            for name, fact in zip(DIMENSIONS, facts, strict=True):
                by[name][fact] += count
            days[facts[_DAY]][facts[_VERDICT]] += count
            if template is not None:
                undecided[template] += count
        ordered = {name: dict(sorted(counts.items(), key=lambda one: (-one[1], one[0]))) for name, counts in by.items()}
        ordered["day"] = dict(sorted(ordered["day"].items()))
        return Summary(total.total(), self._answers, problems, ordered, dict(sorted(days.items())), undecided.most_common())


def is_problem(one: Answered) -> bool:
    """Whether it could not be read."""
    return isinstance(one.result, Problem)
