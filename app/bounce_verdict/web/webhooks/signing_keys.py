"""The keys by which sources sign: `source:key`, several of a source at once, so that a key can be replaced without a gap."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bounce_verdict.errors import SettingsError
from bounce_verdict.settings import Settings
from bounce_verdict.webhooks import SOURCES
from bounce_verdict.webhooks.signature_schemes import SCHEMES

SigningKeys = Mapping[str, Sequence[str]]


def read_signing_keys(settings: Settings) -> SigningKeys:
    """The keys that the settings name, by source. Raises SettingsError naming the place, never quoting a key."""
    keys: dict[str, list[str]] = {}
    for place, line in _lines(settings):
        source, _, key = line.partition(":")
        if source not in SOURCES:
            raise SettingsError(f"{place}: a key is source:key; the source is one of {', '.join(SOURCES)}")
        if source not in SCHEMES:
            raise SettingsError(
                f"{place}: {source} signs nothing; give it a secret that `bounces key new NAME --scope webhooks` makes, in its URL"
            )
        if not key.strip():
            raise SettingsError(f"{place}: {source}: the key is empty")
        keys.setdefault(source, []).append(key.strip())
    return keys


def _lines(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.webhook_keys is not None:
        for line in settings.webhook_keys.get_secret_value().split():
            yield "BOUNCES_WEBHOOK_KEYS", line
    if settings.webhook_keys_file is not None:
        try:
            lines: Iterable[str] = settings.webhook_keys_file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise SettingsError(f"BOUNCES_WEBHOOK_KEYS_FILE: {settings.webhook_keys_file} cannot be read") from None
        for number, line in enumerate(lines, start=1):
            if (bare := line.strip()) and not bare.startswith("#"):
                yield f"{settings.webhook_keys_file}:{number}", bare
