"""Options that several commands take."""

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from bounce_verdict.errors import InputError
from bounce_verdict.model import COMMANDS

RulesOption = Annotated[
    Path | None, typer.Option("--rules", help="The rules' folder; else BOUNCES_RULES, else those that the program carries.")
]
LocalOption = Annotated[
    Path | None, typer.Option("--local", help="Your own rules' folder; else BOUNCES_LOCAL_RULES, else local/ beside the others.")
]


def completing(names: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """What a shell is given that completes a name: those that begin as it does. names: asked when a shell asks."""

    def complete(begun: str) -> list[str]:
        return [name for name in names() if name.startswith(begun)]

    return complete


CommandOption = Annotated[
    str | None, typer.Option(autocompletion=completing(lambda: COMMANDS), help="Of a reply: the SMTP command that was answered.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def refuse(why: str, **given: object) -> None:
    """Raises InputError with `why` for the first option that was given, so that none is ignored in silence."""
    for name, content in given.items():
        if content is not None:
            raise InputError(name if name.isupper() else f"--{name.replace('_', '-')}", why)


def named_files(files: Sequence[str] | None) -> Sequence[str]:
    """The files to read; stdin where none is named. Raises InputError where somebody sits there and would wait for an answer."""
    if files:
        return files
    if sys.stdin.isatty():
        raise InputError("FILE", "is missing: name what to read, or - for what you type")
    return ["-"]
