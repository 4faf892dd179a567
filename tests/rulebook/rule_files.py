"""Files of rules for the check, and what it says of them."""

from collections.abc import Sequence
from pathlib import Path

from bounce_verdict.rulebook.lint import check


def write(folder: Path, name: str, *texts: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(texts), encoding="utf-8")


def rule(
    name: str,
    match: str = "wombat",
    hits: Sequence[str] = ("550 a wombat",),
    misses: Sequence[str] = ("550 a koala",),
    more: str = 'verdict = "policy"\nreason = "policy-other"',
) -> str:
    """Eight lines: the header is the first, match the third, hits the seventh, misses the eighth."""
    return f"[[rule]]\nid = '{name}'\nmatch = '{match}'\n{more}\nreference = 'RFC 5321'\nhits = {list(hits)}\nmisses = {list(misses)}\n"


def told(folder: Path, level: str = "error") -> list[str]:
    return [f"{one.path}:{one.line}: {one.message}" for one in check(folder) if one.level == level]
