"""Options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

RulesOption = Annotated[
    Path | None, typer.Option("--rules", help="The rules' folder; else BOUNCES_RULES, else those that the program carries.")
]
LocalOption = Annotated[
    Path | None, typer.Option("--local", help="Your own rules' folder; else BOUNCES_LOCAL_RULES, else local/ beside the others.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
