"""Reads bounces: an SMTP reply, a bounce message, a webhook or a mail log in; one verdict per recipient, with its evidence, out.

>>> from bounce_verdict import classify
>>> classify("550 5.1.1 user unknown", command="RCPT").verdict
'permanent'
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bounce_verdict.errors import BounceError, InputError, RulebookError, ServiceError, SettingsError
    from bounce_verdict.library import Classifier, classify, classify_error
    from bounce_verdict.model import (
        AutoReply,
        Blocklist,
        Classification,
        Event,
        Evidence,
        Limits,
        LogEvents,
        MessageFacts,
        Origin,
        Reply,
        Report,
        RuleHit,
        Skipped,
        ToMatch,
    )
    from bounce_verdict.pipeline.parse.origin.return_paths import ReturnPaths

__version__ = "0.1.0"

__all__ = [
    "AutoReply",
    "Blocklist",
    "BounceError",
    "Classification",
    "Classifier",
    "Event",
    "Evidence",
    "InputError",
    "Limits",
    "LogEvents",
    "MessageFacts",
    "Origin",
    "Reply",
    "Report",
    "ReturnPaths",
    "RuleHit",
    "RulebookError",
    "ServiceError",
    "SettingsError",
    "Skipped",
    "ToMatch",
    "__version__",
    "classify",
    "classify_error",
]

_HOMES = ("errors", "model", "pipeline.parse.origin.return_paths", "library", "webhooks.answer")


if not TYPE_CHECKING:  # else every name would look like one of the package's

    def __getattr__(name: str) -> object:
        """Loads an exported name when it is first asked for: most of the program's own modules need only their neighbours."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        homes = (import_module(f"{__name__}.{home}") for home in _HOMES)
        found: object = next(getattr(home, name) for home in homes if hasattr(home, name))
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
