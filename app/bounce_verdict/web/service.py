"""What every endpoint works with, made once when the service starts."""

import asyncio
from dataclasses import field

from fastapi import Request
from starlette.types import Scope

from bounce_verdict.metrics import Metrics
from bounce_verdict.model import value
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.settings import Settings
from bounce_verdict.web.ledger import Ledger
from bounce_verdict.web.link import Standing
from bounce_verdict.web.readers import Readers


@value
class Service:
    """The classifier with its rulebook, the limits at the edge, what counts, and what is around this process.

    readers: None where large messages are read inline. large: the places for large bodies, `settings.max_large` of them.
    """

    classifier: Pipeline
    settings: Settings
    metrics: Metrics
    ledger: Ledger
    readers: Readers | None = None
    standing: Standing = field(default_factory=Standing)
    large: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(16))


def service(connection: Request | Scope) -> Service:
    """The service behind a request, or behind the scope of one."""
    app = connection.app if isinstance(connection, Request) else connection["app"]
    found = app.state.service
    assert isinstance(found, Service)  # noqa: S101  # for the type checker: Starlette's state is untyped
    return found
