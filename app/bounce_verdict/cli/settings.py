"""`bounces settings`: what an operator chose, and which rules that brings."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bounce_verdict.rulebook.files import RulesFolder, folders_read
from bounce_verdict.rulebook.load import load_rulebook, rules_folder
from bounce_verdict.settings import PREFIX, chosen_settings, load_settings


def settings_command(
    host: Annotated[str | None, typer.Option(help="As with `serve`.")] = None,
    port: Annotated[int | None, typer.Option(help="As with `serve`.")] = None,
    config: Annotated[Path | None, typer.Option(help="The settings file; else BOUNCES_CONFIG's.")] = None,
) -> None:
    """Print every setting with its value and where that comes from: flag, environment, file or default. Keys are hidden.

    Then the folders that rules are read from, with how many there are in each.
    """
    chosen = chosen_settings(config, host=host, port=port)
    names = max(len(PREFIX + one.name) for one in chosen)
    texts = max(len(one.text) for one in chosen)
    for one in chosen:
        sys.stdout.write(f"{(PREFIX + one.name).upper():{names}}  {one.text:{texts}}  {one.source}\n")
    sys.stdout.write("".join(f"{one}\n" for one in _folders(config)))


def _folders(config: Path | None) -> list[RulesFolder]:
    """The rules' folders. Raises RulebookError where the rules cannot be used."""
    settings = load_settings(config)
    folder, local = rules_folder(settings.rules), settings.local_rules
    return folders_read(folder, local, load_rulebook(folder, local).rules)
