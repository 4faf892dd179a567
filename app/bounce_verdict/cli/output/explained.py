"""Why a reply is classified as it is, for a person: the verdict first, then what decided it, then which rules came close and why they lost.

Lines are wrapped between words and go on indented. A word that is longer than a line is left whole.
"""

import textwrap
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from bounce_verdict.cli.output.printing import VERDICT_STYLES, printable
from bounce_verdict.model import Classification, Evidence
from bounce_verdict.rulebook.explain import CloseRule, Explained

MAX_OTHERS = 12  # rules that came close, unless all are asked for
_LABEL = 11  # columns of the words ahead of a fact
_SHOWN = 600  # characters of a reply

_SUPPRESS = {
    "now": "now: stop sending to this address at once",
    "if-repeated": "if repeated: count it, and stop when it happens again and again",
    "never": "never: keep the address",
}
_TRANSIENT = {
    True: "yes: the same message may succeed later",
    False: "no: the same message will not succeed",
    None: "unknown: neither a code nor a rule tells",
}


class Explanation:
    """Writes explanations to stdout, as wide as the terminal, or 80 columns."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)

    def write(self, answer: Classification, explained: Explained | None, *, every: bool) -> None:
        """answer: what is explained. explained: the rules that were tried on its reply. every: show all that came close."""
        head = Text.assemble((answer.verdict or "null", VERDICT_STYLES[answer.verdict]), " ", (answer.reason, "bold"))
        self._console.print(head)
        self._paragraph(answer.explanation)
        self._line()
        for label, fact in _facts(answer):
            self._fact(label, fact)
        self._heading("Why")
        for line in answer.evidence:
            self._item(_evidence(line, answer))
            if answer.rule is not None and line.found == answer.rule.id:
                self._item(f"rules: it rests on {answer.rule.reference}")
        if explained is not None:
            self._others(answer, explained, every=every)

    def say(self, text: str) -> None:
        """A paragraph between explanations."""
        self._paragraph(text)
        self._line()

    def _others(self, answer: Classification, explained: Explained, *, every: bool) -> None:
        others = [text for held in (True, False) for is_held, text in _other_rules(answer, explained) if is_held is held]
        if not others:
            return
        self._heading("Other rules that came close")
        for other in others if every else others[:MAX_OTHERS]:
            self._item(other)
        if len(others) > MAX_OTHERS and not every:
            self._paragraph(f"and {len(others) - MAX_OTHERS} more: --all shows them", 2)

    def _heading(self, words: str) -> None:
        self._line()
        self._console.print(Text(words, "bold"))

    def _line(self) -> None:
        self._console.print()

    def _fact(self, label: str, fact: str) -> None:
        lines = self._wrapped(fact, " " * _LABEL, " " * _LABEL)
        self._console.print(Text.assemble((f"{label:{_LABEL}}", "bold"), lines[0][_LABEL:]))
        for line in lines[1:]:
            self._console.print(Text(line))

    def _item(self, text: str) -> None:
        for line in self._wrapped(text, "  ", "      "):
            self._console.print(Text(line))

    def _paragraph(self, text: str, indent: int = 0) -> None:
        for line in self._wrapped(text, " " * indent, " " * (indent + 2 if indent else 0)):
            self._console.print(Text(line))

    def _wrapped(self, text: str, first: str, rest: str) -> list[str]:
        return textwrap.wrap(
            printable(text),
            max(self._console.width, 40),
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [first]


def _facts(answer: Classification) -> Iterator[tuple[str, str]]:
    if answer.recipient or answer.final_recipient:
        yield "recipient", answer.recipient or answer.final_recipient or ""
    yield "suppress", _SUPPRESS[answer.suppress]
    yield "transient", _TRANSIENT[answer.transient]
    if answer.scope:
        yield "about", f"the {answer.scope}"
    reply = answer.reply
    if reply is not None:
        codes = " ".join(str(code) for code in (reply.code, reply.enhanced_status) if code is not None) or "no code"
        yield "reply", f"{codes} to {reply.command or 'an unknown command'}"
        yield "text", reply.text[:_SHOWN] or "none"
    yield "server", f"{answer.remote_mta or 'unknown'}{f' ({answer.provider})' if answer.provider else ''}"
    if answer.blocklist is not None:
        yield "blocklist", f"{answer.blocklist.name}, {answer.blocklist.url}"


def _evidence(line: Evidence, answer: Classification) -> str:
    rule, reply, words = answer.rule, answer.reply, None
    if rule is not None and line.found == rule.id:
        words = rule.matched
    elif reply is not None and line.field == "reply.text":
        words = reply.text[line.start : line.end]
    told = f" found “{words}”" if words else ""
    says = f" → {line.verdict}" if line.verdict else ""
    return f"{line.step}: {line.found}{told}{says}{f' ({line.source})' if line.source else ''}"


def _other_rules(answer: Classification, explained: Explained) -> Iterator[tuple[bool, str]]:
    """Each rule that came close and did not decide, in the order in which they were asked; and whether it holds."""
    winner, is_later = answer.rule.id if answer.rule is not None else None, False
    for text in explained.texts:
        for close in (one for group in text.groups for one in group.close):
            rule = close.result.rule
            if rule.id == winner:
                is_later = True
                continue
            why = _why_not(close, winner, is_later=is_later)
            yield close.result.held, f"{rule.id} → {rule.verdict or 'null'} {rule.reason}: {why} ({rule.source})"


def _why_not(close: CloseRule, winner: str | None, *, is_later: bool) -> str:
    found = f"found “{close.words}”" if close.words else "its conditions"
    result = close.result
    if result.held:
        if is_later:
            return f"{found}, and is asked after {winner}"
        return f"{found}, and was set aside: the evidence says for what"
    misfits = [
        name
        for name, held in (("code", result.code), ("enhanced status code", result.enhanced), ("command", result.command))
        if held is False
    ]
    if result.pattern is False:
        return "its conditions hold, its words are not there"
    return f"{found}, but the {_joined(misfits)} {'does' if len(misfits) == 1 else 'do'} not fit"


def _joined(names: Sequence[str]) -> str:
    return " and the ".join(names) or "rest"
