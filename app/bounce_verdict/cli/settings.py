"""`bounces settings` and `bounces key`: what an operator chose, and who may call."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bounce_verdict.keys import SCOPES, new_key
from bounce_verdict.settings import PREFIX, chosen_settings

key_app = typer.Typer(help="Keys for callers.", no_args_is_help=True)


def settings_command(
    host: Annotated[str | None, typer.Option(help="As with `serve`.")] = None,
    port: Annotated[int | None, typer.Option(help="As with `serve`.")] = None,
    config: Annotated[Path | None, typer.Option(help="The settings file; else BOUNCES_CONFIG's.")] = None,
) -> None:
    """Print every setting with its value and where that comes from: flag, environment, file or default. Keys are hidden."""
    chosen = chosen_settings(config, host=host, port=port)
    names = max(len(PREFIX + one.name) for one in chosen)
    texts = max(len(one.text) for one in chosen)
    for one in chosen:
        sys.stdout.write(f"{(PREFIX + one.name).upper():{names}}  {one.text:{texts}}  {one.source}\n")


@key_app.command("new")
def new_command(
    name: Annotated[str, typer.Argument(help="Who it is for: lower-case letters, digits, - and _; logs show it.")],
    scope: Annotated[list[str] | None, typer.Option(help=f"What it may do, once or several times: {', '.join(SCOPES)}.")] = None,
) -> None:
    """Make a key.

    Stdout gets the secret, for the caller: it is kept nowhere and cannot be shown again. Stderr gets the line to store in
    BOUNCES_KEYS or BOUNCES_KEYS_FILE, so that `2>>keys` adds it.
    """
    secret, line = new_key(name, scope or ["classify"])
    sys.stdout.write(f"{secret}\n")
    sys.stderr.write(f"{line}\n")
