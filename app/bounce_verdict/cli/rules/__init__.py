"""`bounces rules …`: for those who write rules."""

import typer

from bounce_verdict.cli.rules.checking import check_command, diff_command, list_command, schema_command
from bounce_verdict.cli.rules.new import new_command
from bounce_verdict.cli.rules.suggest import suggest_command

rules_app = typer.Typer(help="Check, list, compare and write rules.", no_args_is_help=True)
rules_app.command("check")(check_command)
rules_app.command("diff")(diff_command)
rules_app.command("list")(list_command)
rules_app.command("new")(new_command)
rules_app.command("suggest")(suggest_command)
rules_app.command("schema")(schema_command)
