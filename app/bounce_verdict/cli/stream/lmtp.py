"""`bounces lmtp`: bounces straight from a mail server."""

import asyncio
import logging
import re
from pathlib import Path
from typing import Annotated

import typer

from bounce_verdict.errors import InputError, SettingsError
from bounce_verdict.logs import finish_logging, start_logging
from bounce_verdict.settings import Settings, load_settings
from bounce_verdict.stream.connection import stream_target
from bounce_verdict.stream.publishing import Publisher

log = logging.getLogger("bounces.lmtp")

_ADDRESS = re.compile(r"unix:.+|(?:\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}", re.ASCII)
_LAST_PORT = 65_535


def lmtp_command(
    to: Annotated[str, typer.Option(help="Where mail goes: nats://host:4222/subject, or the URL of a service.")],
    listen: Annotated[str, typer.Option(help="unix:PATH or host:port; LMTP asks nobody who he is.")] = "127.0.0.1:8024",
    answers: Annotated[
        Path | None, typer.Option(help="With a service: the file that its reports are appended to, one a line.")
    ] = None,
    key_file: Annotated[Path | None, typer.Option(help="With a service: a file that holds the key for it.")] = None,
    connections: Annotated[
        int, typer.Option(min=1, max=10_000, help="Connections at once; each may hold a mail in memory.")
    ] = 20,
    mode: Annotated[str, typer.Option(help="Of the socket file, in octal.")] = "660",
    config: Annotated[Path | None, typer.Option(help="A TOML file of settings; else BOUNCES_CONFIG's.")] = None,
) -> None:
    """Take bounces from a mail server by LMTP, and put them on a stream or have a service answer them (docs/streams.md).

    Each recipient is told of by itself: 250 once the mail is stored, 451 where it is not, so that the mail server keeps it.
    Needs the extra `stream`.
    """
    from bounce_verdict.stream import lmtp as _  # noqa: PLC0415, F401  # needs the extra; told first

    if not _ADDRESS.fullmatch(listen) or (not listen.startswith("unix:") and int(listen.rpartition(":")[2]) > _LAST_PORT):
        raise InputError("--listen", "must be unix:PATH or host:port")
    if not re.fullmatch(r"[0-7]{3}", mode):
        raise InputError("--mode", "must be three octal digits, as in 660")
    settings = load_settings(config)
    start_logging(settings.log_level)
    try:
        asyncio.run(_serve(settings, to, listen, answers, key_file, connections, int(mode, 8)))
    except OSError as error:
        raise SettingsError(f"cannot listen at {listen}: {error.strerror}") from None
    finally:
        finish_logging()


async def _serve(
    settings: Settings, to: str, address: str, answers: Path | None, key_file: Path | None, connections: int, mode: int
) -> None:
    from bounce_verdict.stream.delivery import ToService, ToStream  # noqa: PLC0415  # needs the extra
    from bounce_verdict.stream.lmtp import Listening, listen  # noqa: PLC0415

    if to.startswith(("http://", "https://")):
        if answers is None:
            raise InputError("--answers", "is required with a service: nobody else gets its reports")
        service = ToService(to, answers, _key(key_file))
        try:
            await listen(
                service.deliver, Listening(address, lambda: settings.max_body, connections, mode), settings.drain_seconds
            )
        finally:
            await service.close()
        return
    if answers is not None or key_file is not None:
        raise InputError("--answers" if answers else "--key-file", "goes with a service only")
    publisher = Publisher(*stream_target(settings, "--to", to))
    reaching = asyncio.ensure_future(_reach(publisher))  # meanwhile mail is answered with 451
    try:
        sized = Listening(address, lambda: min(settings.max_body, publisher.max_body), connections, mode)
        await listen(ToStream(publisher).deliver, sized, settings.drain_seconds)
    finally:
        reaching.cancel()
        await publisher.close()


async def _reach(publisher: Publisher) -> None:
    try:
        await publisher.connect()
    except SettingsError as error:  # each mail tries again: the broker may be mended, and its mail server keeps it
        log.error("the mail server keeps its mail: %s", error)  # noqa: TRY400


def _key(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"--key-file: {path} cannot be read: {error.strerror}") from None
