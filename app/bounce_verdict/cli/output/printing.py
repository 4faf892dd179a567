"""What the rules' commands print. Replies come from strangers: nothing of them but printable characters reaches a terminal."""

import sys
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from bounce_verdict.model import Classification, Context
from bounce_verdict.response import encode
from bounce_verdict.rulebook.diff import Change, Judged
from bounce_verdict.rulebook.explain import CloseRule, Explained, ExplainedText
from bounce_verdict.rulebook.findings import Finding

Part = str | tuple[str, str]

_LEVEL = {"error": "bold red", "warning": "yellow", "note": "cyan"}
VERDICT_STYLES: dict[str | None, str] = {
    "permanent": "bold red",
    "policy": "magenta",
    "storage": "yellow",
    "retry": "cyan",
    None: "green",
}
_SHOWN = 200  # characters of a text on one line


def write_json(answer: object) -> None:
    """One JSON object on a line of its own."""
    sys.stdout.write(encode(answer).decode() + "\n")


def say(*parts: Part) -> None:
    """A line for a person. It is not wrapped, so that file:line stays whole in a pipe."""
    safe = [(printable(part), "") if isinstance(part, str) else (printable(part[0]), part[1]) for part in parts]
    Console(soft_wrap=True, highlight=False).print(Text.assemble(*safe))


def print_finding(finding: Finding) -> None:
    """As compilers print: file:line: level: message."""
    say((f"{finding.path}:{finding.line}: ", "bold"), (f"{finding.level}: ", _LEVEL[finding.level]), finding.message)


def print_change(change: Change) -> None:
    """Where, what it was, what it becomes, and the text that was judged."""
    who = f" {change.recipient}" if change.recipient else ""
    say((f"{change.where}{who}: ", "bold"), *_judged(change.before), " → ", *_judged(change.after))
    say(f"    {change.text[:_SHOWN]}")


def print_explained(explained: Explained) -> None:
    """The reply taken apart, the rules by layer, the verdict with its evidence."""
    winner = explained.answer.rule.id if explained.answer.rule else None
    for text in explained.texts:
        _print_text(text, explained.context, winner)
    _print_answer(explained.answer)


def _judged(judged: Judged) -> list[Part]:
    return [_verdict(judged.verdict), f" {judged.reason} ({judged.by})"]


def _verdict(verdict: str | None) -> Part:
    return (verdict or "null", VERDICT_STYLES[verdict])


def _print_text(text: ExplainedText, context: Context, winner: str | None) -> None:
    reply = text.reply
    say(("reply     ", "bold"), f"{reply.code or '-'} {reply.enhanced_status or '-'} to {reply.command or 'an unknown command'}")
    say(("text      ", "bold"), reply.text[:_SHOWN])
    say(("server    ", "bold"), context.remote_mta or "unknown")
    say(("providers ", "bold"), ", ".join(context.providers) or "none known")
    for group in text.groups:
        say((group.name, "bold"), f": {len(group.close) + group.others} rules tried, {group.others} of them not close")
        for rule in group.close:
            say(_outcome(rule, winner), *_rule(rule))
    say()


def _outcome(close: CloseRule, winner: str | None) -> Part:
    if not close.result.held:
        return "  fails"
    return ("  wins ", "bold green") if close.result.rule.id == winner else "  holds"


def _rule(close: CloseRule) -> Iterator[Part]:
    result = close.result
    yield (f" {result.rule.id} ", "bold")
    yield f"{result.rule.source}: "
    yield "; ".join(_reasons(close))


def _reasons(close: CloseRule) -> Iterator[str]:
    """What was asked, and whether it held."""
    result = close.result
    if result.pattern is not None:
        yield f"found “{close.words}”" if result.pattern else "pattern not found"
    for name, held in (("code", result.code), ("enhanced status code", result.enhanced), ("command", result.command)):
        if held is not None:
            yield f"{name} {'fits' if held else 'does not fit'}"


def _print_answer(answer: Classification) -> None:
    transient = {True: "transient", False: "not transient", None: "transience unknown"}[answer.transient]
    about = f", about the {answer.scope}" if answer.scope else ""
    say(("verdict   ", "bold"), _verdict(answer.verdict), f" {answer.reason}, {transient}, suppress {answer.suppress}{about}")
    say(f"          {answer.explanation}")
    by = f"rule {answer.rule.id} ({answer.rule.reference})" if answer.rule else answer.decided_by
    say(("decided by ", "bold"), by)
    for line in answer.evidence:
        source = f" ({line.source})" if line.source else ""
        says = f": {line.verdict}" if line.verdict else ""
        say(f"  {line.step:8} {line.found}{source}{says}")


def printable(text: str) -> str:
    """Control and format characters as question marks: they could rewrite the terminal."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in text)
