"""`bounces explain`."""

from typing import Annotated

import typer

from bounce_verdict.cli.options import LocalOption, RulesOption
from bounce_verdict.cli.output.printing import print_explained
from bounce_verdict.model import ReplyInput
from bounce_verdict.pipeline.parse.smtp_commands import resolve_command
from bounce_verdict.rulebook.explain import explain_reply
from bounce_verdict.rulebook.files import read_files, rules_folder
from bounce_verdict.settings import load_settings
from bounce_verdict.snapshot.user_cache import compiled_rules, user_cache_folder


def explain_command(
    text: Annotated[str, typer.Argument(help="The reply.")],
    command: Annotated[str | None, typer.Option(help="The command that was answered.")] = None,
    remote_mta: Annotated[str | None, typer.Option(help="The server that answered.")] = None,
    recipient: Annotated[str | None, typer.Option(help="The recipient's address.")] = None,
    rules: RulesOption = None,
    local: LocalOption = None,
) -> None:
    """Show why a reply is classified as it is: its codes, what is known around it, every rule tried, and the verdict."""
    settings = load_settings(rules=rules, local_rules=local)
    rulebook = compiled_rules(read_files(rules_folder(settings.rules), settings.local_rules), user_cache_folder())
    known = resolve_command(command, rulebook.book.commands) if command else None
    print_explained(explain_reply(rulebook.book, ReplyInput(text, known, remote_mta, recipient), rulebook.compiled))
