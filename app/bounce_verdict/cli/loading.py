"""The pipeline that a command asks, as the settings say."""

import os
from pathlib import Path

from bounce_verdict.model import DEFAULT_LIMITS, value
from bounce_verdict.pipeline import NO_RETURN_PATHS, Pipeline
from bounce_verdict.private_files import user_cache_folder
from bounce_verdict.rulebook.files import read_files, rules_folder
from bounce_verdict.snapshot.file import compiled_rules

MAX_BODY = 10_485_760  # the setting's default; a test compares the two


@value
class Loaded:
    """A pipeline, and how many bytes of a message it may be given."""

    pipeline: Pipeline
    max_body: int

    def __reduce__(self) -> tuple[object, ...]:
        """A process that inherits nothing loads its own: compiled patterns cannot be sent to it."""
        return load_pipeline, ()


def load_pipeline(rules: Path | None = None, local_rules: Path | None = None) -> Loaded:
    """The pipeline by the settings, with other folders of rules where they are given. Raises RulebookError, SettingsError.

    Where nothing is set, the defaults are taken without loading what reads settings, which takes as long as all the rest.
    """
    if not any(name.upper().startswith("BOUNCES_") for name in os.environ):
        found = compiled_rules(read_files(rules_folder(rules), local_rules), user_cache_folder())
        return Loaded(Pipeline(found.book, DEFAULT_LIMITS, found.compiled, return_paths=NO_RETURN_PATHS), MAX_BODY)
    from bounce_verdict.settings import load_settings  # noqa: PLC0415  # as above

    settings = load_settings(rules=rules, local_rules=local_rules)
    found = compiled_rules(read_files(rules_folder(settings.rules), settings.local_rules), user_cache_folder())
    limits, paths, domains = settings.limits(), settings.return_paths(), settings.our_domains()
    return Loaded(Pipeline(found.book, limits, found.compiled, return_paths=paths, own_domains=domains), settings.max_body)
