"""`bounces rules new`: the beginning of a rule, from a reply that no rule decides yet."""

import sys
from typing import Annotated

import typer

from bounce_verdict.cli.loading import load_pipeline
from bounce_verdict.cli.options import CommandOption, LocalOption, RulesOption
from bounce_verdict.cli.rules.skeleton import skeleton
from bounce_verdict.errors import InputError
from bounce_verdict.model import ReplyInput
from bounce_verdict.pipeline.parse.smtp_commands import resolve_command

MAX_REPLY = 4_096  # characters, as many as a rule's pattern is searched in


def new_command(
    reply: Annotated[str, typer.Argument(help="A reply that no rule decides; - for stdin.")],
    command: CommandOption = None,
    remote_mta: Annotated[str | None, typer.Option(help="The server that answered.")] = None,
    rule_id: Annotated[
        str | None, typer.Option("--id", help="What the rule is called; else a name made of the reply's words.")
    ] = None,
    rules: RulesOption = None,
    local: LocalOption = None,
) -> None:
    """Print the skeleton of a rule for a reply that no rule decides, to append to a file of your own rules.

    Its pattern is the reply's words, its hit the reply, with addresses replaced. Verdict, reason, reference and misses are left to
    you: `bounces rules check` names what is missing.
    """
    text = (sys.stdin.read(MAX_REPLY + 1) if reply == "-" else reply).strip()
    if not text:
        raise InputError("REPLY", "is empty")
    if len(text) > MAX_REPLY:
        raise InputError("REPLY", f"has more than {MAX_REPLY:,} characters")
    pipeline = load_pipeline(rules=rules, local_rules=local).pipeline
    known = resolve_command(command, pipeline.book.commands) if command else None
    answer = pipeline.reply(ReplyInput(text, known, remote_mta))
    if answer.rule is not None:
        raise InputError("REPLY", f"is decided by {answer.rule.id} ({answer.rule.source})")
    if rule_id in {rule.id for rule in pipeline.book.rules}:
        raise InputError("--id", "is the id of another rule")
    sys.stdout.write(skeleton(text, answer, command=known, remote_mta=remote_mta, rule_id=rule_id))
