"""`bounces version` and `bounces --version`."""

import sys

import typer

from bounce_verdict import __version__


def version_command() -> None:
    """Print the program's version."""
    sys.stdout.write(f"{__version__}\n")


def print_version(asked: bool) -> None:  # noqa: FBT001  # as typer calls it
    """Where it is asked for, print the version and the digest of the rules in use, and end."""
    if not asked:
        return
    from bounce_verdict.cli.loading import load_pipeline  # noqa: PLC0415  # no other command should wait for it

    sys.stdout.write(f"bounces {__version__}, rules {load_pipeline().pipeline.book.digest}\n")
    raise typer.Exit
