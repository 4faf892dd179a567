"""The pipeline that a command asks, as the settings say."""

import os
from collections.abc import Mapping

from bounce_verdict.model import DEFAULT_LIMITS, value
from bounce_verdict.pipeline import NO_RETURN_PATHS, Pipeline
from bounce_verdict.rulebook.files import read_files, rules_folder
from bounce_verdict.snapshot.user_cache import compiled_rules, user_cache_folder

MAX_BODY = 10_485_760  # the setting's default; a test compares the two


@value
class Loaded:
    """A pipeline, and how many bytes of a message it may be given."""

    pipeline: Pipeline
    max_body: int


def load_pipeline(environment: Mapping[str, str] = os.environ) -> Loaded:
    """The pipeline by the settings. Raises RulebookError, SettingsError.

    Where nothing is set, the defaults are taken without loading what reads settings, which takes as long as all the rest.
    """
    if not any(name.upper().startswith("BOUNCES_") for name in environment):
        rules = compiled_rules(read_files(rules_folder(None), None), user_cache_folder())
        return Loaded(Pipeline(rules.book, DEFAULT_LIMITS, rules.compiled, return_paths=NO_RETURN_PATHS), MAX_BODY)
    from bounce_verdict.settings import load_settings  # noqa: PLC0415  # as above

    settings = load_settings()
    rules = compiled_rules(read_files(rules_folder(settings.rules), settings.local_rules), user_cache_folder())
    limits, paths, domains = settings.limits(), settings.return_paths(), settings.our_domains()
    return Loaded(Pipeline(rules.book, limits, rules.compiled, return_paths=paths, own_domains=domains), settings.max_body)
