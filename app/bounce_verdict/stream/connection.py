"""How a broker is reached: its address, TLS, and who we are there. Whatever is secret comes from files, and is never shown."""

import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bounce_verdict.errors import SettingsError
from bounce_verdict.model import value
from bounce_verdict.settings import PREFIX, Settings
from bounce_verdict.stream.names import ITEMS, check_subject

CONNECT_SECONDS = 5
RETRY_SECONDS = 1


@value
class Broker:
    """Where a broker listens and how it is spoken to.

    servers: URLs of a cluster, tried in this order. has_certificate: whether `tls` holds one of ours. password: user and password; credentials: a file with a JWT and its key.
    """

    servers: list[str]
    tls: ssl.SSLContext | None = None
    password: tuple[str, str] | None = None
    credentials: Path | None = None
    has_certificate: bool = False

    def options(self) -> dict[str, Any]:
        """What `nats.connect` is called with; it goes on trying for ever, one server after the other."""
        options: dict[str, Any] = {
            "servers": self.servers,
            "dont_randomize": True,
            "name": "bounce-verdict",
            "connect_timeout": CONNECT_SECONDS,
            "reconnect_time_wait": RETRY_SECONDS,
            "max_reconnect_attempts": -1,
        }
        if self.tls is not None:
            options["tls"] = self.tls
        if self.credentials is not None:
            options["user_credentials"] = str(self.credentials)
        if self.password is not None:
            options["user"], options["password"] = self.password
        return options


def broker_of(settings: Settings, nats: str | None = None) -> Broker:
    """The broker that the settings name. nats: what the option --nats says in place of BOUNCES_NATS_URL.

    Raises SettingsError, which quotes no secret.
    """
    name, servers = ("--nats", nats) if nats is not None else (f"{PREFIX}NATS_URL", settings.nats_url)
    return _broker(settings, _urls(name, servers))


def stream_target(settings: Settings, name: str, target: str) -> tuple[Broker, str]:
    """The broker and the subject of `nats://host:4222/subject`; without a subject that of items. Raises SettingsError and InputError.

    Of several servers, separated by commas, the last names the subject.
    """
    *others, last = _urls(name, target, subject=True)
    parts = urlsplit(last)
    subject = parts.path.strip("/") or ITEMS
    return _broker(settings, [*others, f"{parts.scheme}://{parts.netloc}"]), check_subject(name, subject)


def _broker(settings: Settings, urls: list[str]) -> Broker:
    tls = _tls(settings, demanded=any(url.startswith("tls:") for url in urls))
    return Broker(urls, tls, _password(settings), _credentials(settings), settings.nats_certificate is not None)


def _urls(name: str, servers: str, *, subject: bool = False) -> list[str]:
    """One by one. subject: whether the last may name one. Raises SettingsError for what is no URL of a broker, or holds a password."""
    urls = servers.replace(",", " ").split() or [""]
    for url in urls:
        _check(name, url, subject=subject and url is urls[-1])
    return urls


def _check(name: str, url: str, *, subject: bool) -> None:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"nats", "tls"} and parts.hostname and parts.port != 0 and not parts.query and not parts.fragment
        sound = sound and (subject or not parts.path.strip("/"))
    except ValueError:
        sound, parts = False, None
    if not sound or parts is None:
        raise SettingsError(f"{name}: must be nats://host:4222 or tls://host:4222")
    if "@" in parts.netloc:
        raise SettingsError(f"{name}: must hold no user and password; put them into the file of {PREFIX}NATS_PASSWORD_FILE")


def _tls(settings: Settings, *, demanded: bool) -> ssl.SSLContext | None:
    if not (demanded or settings.nats_ca or settings.nats_certificate):
        return None
    try:
        context = ssl.create_default_context(cafile=str(settings.nats_ca) if settings.nats_ca else None)
        if settings.nats_certificate:
            context.load_cert_chain(settings.nats_certificate, settings.nats_key, password="")  # or OpenSSL asks at the terminal
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"{PREFIX}NATS_CA, {PREFIX}NATS_CERTIFICATE, {PREFIX}NATS_KEY: {error.strerror or error}") from None
    return context


def _password(settings: Settings) -> tuple[str, str] | None:
    path = settings.nats_password_file
    if path is None:
        return None
    name = f"{PREFIX}NATS_PASSWORD_FILE"
    try:
        user, colon, password = path.read_text(encoding="utf-8").strip().partition(":")
    except OSError as error:
        raise SettingsError(f"{name}: {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{name}: {path} is not UTF-8") from None
    if not (user and colon and password):
        raise SettingsError(f"{name}: {path} must hold user:password")
    return user, password


def _credentials(settings: Settings) -> Path | None:
    path = settings.nats_credentials
    if path is not None and not path.is_file():
        raise SettingsError(f"{PREFIX}NATS_CREDENTIALS: {path} is no file that can be read")
    return path
