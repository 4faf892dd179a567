"""`bounces serve`."""

from pathlib import Path
from typing import Annotated

import typer

from bounce_verdict.keys import open_keyring
from bounce_verdict.logs import finish_logging, start_logging
from bounce_verdict.settings import load_settings


def serve_command(
    host: Annotated[str | None, typer.Option(help="The address to listen on; else BOUNCES_HOST, else 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on; else BOUNCES_PORT, else 8000.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer; else BOUNCES_WORKERS, else 1.")] = None,
    config: Annotated[Path | None, typer.Option(help="A TOML file of settings; else BOUNCES_CONFIG's.")] = None,
) -> None:
    """Serve over HTTP until told to stop: SIGTERM lets requests under way end, a second one does not; SIGHUP reloads rules and keys."""
    from bounce_verdict.server import serve  # noqa: PLC0415  # needs the extra `server`

    settings = load_settings(config, host=host, port=port, workers=workers)
    open_keyring(settings)
    start_logging(settings.log_level)
    try:
        code = serve(settings)
    finally:
        finish_logging()
    raise typer.Exit(code)
