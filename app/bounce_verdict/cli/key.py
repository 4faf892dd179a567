"""`bounces key new`."""

import sys
from typing import Annotated

import typer

from bounce_verdict.cli.options import completing
from bounce_verdict.keys import SCOPES, new_key

key_app = typer.Typer(help="Keys for callers.", no_args_is_help=True)


@key_app.command("new")
def new_command(
    name: Annotated[str, typer.Argument(help="Who it is for: lower-case letters, digits, - and _; logs show it.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            autocompletion=completing(lambda: SCOPES), help=f"What it may do, once or several times: {', '.join(SCOPES)}."
        ),
    ] = None,
) -> None:
    """Make a key.

    Stdout gets the secret, for the caller: it is kept nowhere and cannot be shown again. Stderr gets the line to store in
    BOUNCES_KEYS or BOUNCES_KEYS_FILE, so that `2>>keys` adds it.
    """
    secret, line = new_key(name, scope or ["classify"])
    sys.stdout.write(f"{secret}\n")
    sys.stderr.write(f"{line}\n")
