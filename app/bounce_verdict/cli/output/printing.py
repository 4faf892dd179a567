"""What the rules' commands print. Replies come from strangers: nothing of them but printable characters reaches a terminal."""

import sys

from rich.console import Console
from rich.text import Text

from bounce_verdict.response import encode
from bounce_verdict.rulebook.diff import Change, Judged
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


def _judged(judged: Judged) -> list[Part]:
    return [_verdict(judged.verdict), f" {judged.reason} ({judged.by})"]


def _verdict(verdict: str | None) -> Part:
    return (verdict or "null", VERDICT_STYLES[verdict])


def printable(text: str) -> str:
    """Control and format characters as question marks: they could rewrite the terminal."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in text)
