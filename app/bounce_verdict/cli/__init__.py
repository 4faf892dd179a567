"""The command `bounces`: one file for each command.

Answers go to stdout, everything else to stderr; what cannot be done is one line and exit code 2.
"""

import os
import sys
from functools import cache
from typing import NoReturn

import typer

from bounce_verdict.cli.key import key_app
from bounce_verdict.cli.serve import serve_command
from bounce_verdict.cli.version import version_command
from bounce_verdict.errors import BounceError
from bounce_verdict.extras import with_extra

app = typer.Typer(
    help="Reads bounces: an SMTP reply or a bounce message in, one verdict per recipient with its evidence out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
app.command("serve")(serve_command)
app.add_typer(key_app, name="key")
app.command("version")(version_command)


def main() -> None:
    """The entry point."""
    os.environ["PYTHONSAFEPATH"] = "1"  # children must not import what lies in the working directory; multiprocessing takes no -P
    try:
        if sys.argv[1:2] != ["serve"]:
            _add_commands_that_classify()
        app()
    except BounceError as error:
        _give_up(str(error))
    except ModuleNotFoundError as error:
        if (missing := with_extra(error)) is error:
            raise
        _give_up(str(missing))


def _give_up(why: str) -> NoReturn:
    sys.stderr.write(f"bounces: {why}\n")
    sys.exit(2)


@cache
def _add_commands_that_classify() -> None:
    """The commands that load engine or web framework, which the parent of the workers would hold in vain."""
    from bounce_verdict.cli.classify import classify_command  # noqa: PLC0415
    from bounce_verdict.cli.codes import codes_command  # noqa: PLC0415
    from bounce_verdict.cli.explain import explain_command  # noqa: PLC0415
    from bounce_verdict.cli.mcp import mcp_command  # noqa: PLC0415
    from bounce_verdict.cli.openapi import openapi_command  # noqa: PLC0415
    from bounce_verdict.cli.rules import rules_app  # noqa: PLC0415
    from bounce_verdict.cli.settings import settings_command  # noqa: PLC0415

    app.command("classify")(classify_command)
    app.add_typer(rules_app, name="rules")
    app.command("explain")(explain_command)
    app.command("codes")(codes_command)
    app.command("settings")(settings_command)
    app.command("mcp")(mcp_command)
    app.command("openapi")(openapi_command)
