"""`bounces codes`: the tables of codes, for others to build on."""

from collections.abc import Iterator
from typing import Annotated

import typer

from bounce_verdict.cli.options import LocalOption, RulesOption
from bounce_verdict.cli.output.tables import Format, write_table
from bounce_verdict.model import Rulebook
from bounce_verdict.rulebook.load import load_rulebook, rules_folder
from bounce_verdict.settings import load_settings


def codes_command(
    to: Annotated[Format, typer.Option(help="CSV with a head, or one JSON object a line.")] = Format.CSV,
    rules: RulesOption = None,
    local: LocalOption = None,
) -> None:
    """Print the tables of reply codes and enhanced status codes with the verdicts that follow from them alone."""
    settings = load_settings(rules=rules, local_rules=local)
    write_table(_rows(load_rulebook(rules_folder(settings.rules), settings.local_rules)), to)


def _rows(book: Rulebook) -> Iterator[dict[str, object]]:
    """One for each reply code at a command, then two for each enhanced code, since its class decides: 4 and 5."""
    for one in book.reply_codes:
        yield _row("reply", str(one.code), one.command, one.meaning, one.verdict, one.reason, one.reference)
    for code in book.enhanced_codes.values():
        for digit, verdict in ((4, code.verdict_4), (5, code.verdict_5)):
            if digit in code.classes:
                written = code.code.replace("X", str(digit), 1)
                yield _row("enhanced", written, None, code.meaning, verdict, code.reason, code.reference)


def _row(
    kind: str, code: str, command: str | None, meaning: str, verdict: str | None, reason: str, reference: str
) -> dict[str, object]:
    return {
        "kind": kind,
        "code": code,
        "command": command,
        "verdict": verdict,
        "reason": reason,
        "meaning": meaning,
        "reference": reference,
    }
