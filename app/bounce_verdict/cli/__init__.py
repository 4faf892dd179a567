"""The command `bounces`: one file for each command, loaded when it is asked for.

Answers go to stdout, everything else to stderr; what cannot be done is one line and exit code 2.
"""

import errno
import gc
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bounce_verdict.cli.version import print_version
from bounce_verdict.errors import BounceError
from bounce_verdict.extras import with_extra

_COMMANDS = {  # its one-line description in the list of commands
    "classify": "A verdict for each recipient of replies, bounces, mail logs.",
    "explain": "Why a reply or a bounce is classified as it is.",
    "archive": "Classify Parquet, NDJSON, CSV, mboxes on a Dask cluster.",
    "summary": "Counts by verdict, reason and more; frequent undecided texts.",
    "rules": "Check, list, compare and write rules.",
    "codes": "The tables of codes, as CSV or JSON.",
    "serve": "Run the HTTP service.",
    "work": "Answer the items of a stream (NATS JetStream).",
    "ship": "Put mails, replies and logs on a stream.",
    "lmtp": "Take bounces from a mail server, for a stream or the service.",
    "key": "Make keys for the service's callers.",
    "settings": "What is set, and where that comes from.",
    "mcp": "Tools for agents, over stdin and stdout.",
    "openapi": "Print the contract of the HTTP service.",
    "version": "Print the program's version.",
}
_OF_STDOUT = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_GROUPS = ("rules", "key")
_STAYING = ("archive", "serve", "work", "ship", "lmtp", "mcp")  # commands that run for long
_ROOMS = {
    "work": "stream.work",
    "ship": "stream.ship",
    "lmtp": "stream.lmtp",
}  # modules that are called otherwise than the command


def main() -> None:
    """The entry point."""
    os.environ["PYTHONSAFEPATH"] = "1"  # children must not import what lies in the working directory; multiprocessing takes no -P
    _open_missing()
    asked = _asked()
    if asked not in _STAYING:
        gc.disable()  # answers lead nowhere in circles: there is nothing to collect, and looking for it takes a tenth of the time
    try:
        try:
            _make_app(asked)(prog_name="bounces")
        finally:
            sys.stdout.flush()
            gc.freeze()  # nor is there when Python ends, which takes a sixth of the time of one reply
    except BounceError as error:
        _give_up(str(error))
    except OSError as error:
        _stop_writing(error)
    except ModuleNotFoundError as error:
        if (missing := with_extra(error)) is error:
            raise
        _give_up(str(missing))


def _open_missing() -> None:
    """Where no stdin or stderr was given they are empty; without a stdout there is nothing to do."""
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115  # for as long as the process lives
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # as above
    if sys.stdout is None:
        _give_up("stdout: is closed, so that no answer can be written")


def _stop_writing(error: OSError) -> None:
    """Exit because stdout takes no more: in silence where nobody reads on. Raises the error again where it is another."""
    if error.filename is not None or error.errno not in _OF_STDOUT:
        raise error
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still held goes there when Python ends
    if error.errno == errno.EPIPE:
        sys.exit(1)
    _give_up(f"stdout: cannot be written: {error.strerror}")


def _give_up(why: str) -> NoReturn:
    sys.stderr.write(f"bounces: {why}\n")
    sys.exit(2)


def _asked() -> str:
    """The command that is asked for, by its name; where a shell completes, the one that stands on its line. Empty where there is none."""
    words = sys.argv[1:]
    if "_BOUNCES_COMPLETE" in os.environ:  # zsh, fish and PowerShell give the line by the first name, bash by the second
        words = (os.environ.get("_TYPER_COMPLETE_ARGS") or os.environ.get("COMP_WORDS") or "").split()[1:]
    return next((word for word in words if not word.startswith("-")), "")


def _make_app(asked: str) -> typer.Typer:
    """The command that is asked for; all by their names where there is none of that name: engine and web framework take their time to load."""
    app = typer.Typer(
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_bounces)
    if asked not in _COMMANDS:
        for name, description in _COMMANDS.items():
            app.command(name, short_help=description)(_named)
        return app
    module = import_module(f"bounce_verdict.cli.{_ROOMS.get(asked, asked)}")
    if asked in _GROUPS:
        app.add_typer(getattr(module, f"{asked}_app"), name=asked, short_help=_COMMANDS[asked])
    else:
        app.command(asked, short_help=_COMMANDS[asked])(getattr(module, f"{asked}_command"))
    return app


def _named() -> None:
    """A command that is only named, in a list."""


def _bounces(
    version: Annotated[  # noqa: FBT002  # its callback does it
        bool, typer.Option("--version", is_eager=True, callback=print_version, help="Print version and rules digest, and end.")
    ] = False,
) -> None:
    """Reads bounces: an SMTP reply, a bounce message, a webhook or a mail log in; one verdict per recipient, with its evidence, out.

    Exit codes: 0 done, whatever the verdicts; 1 something could not be read, or rules have errors; 2 nothing could be done; 130 Ctrl-C.
    """
