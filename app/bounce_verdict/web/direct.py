"""The way of the busiest endpoints: from the edge straight to what answers, past FastAPI's layers, which cost more than the classifier.

FastAPI knows these endpoints as well: for the contract, for methods they do not take, and where it traces. Whatever goes
wrong is answered here as it is there (app/bounce_verdict/web/problems.py).
"""

from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect

from bounce_verdict.errors import InputError
from bounce_verdict.response import JSON, PROBLEM_JSON
from bounce_verdict.web.exchange import Exchange
from bounce_verdict.web.problems import LARGE, Refusal, fault_problem, problem_response, told_problem
from bounce_verdict.web.service import Service

# What answers: the status and the encoded answer, a problem document unless the status is 200; None where it sent all itself.
Endpoint = Callable[[Exchange, Service], Awaitable[tuple[int, bytes] | None]]

_OK = 200
_JSON, _PROBLEM_JSON = JSON.encode(), PROBLEM_JSON.encode()


class Direct:
    """One endpoint with all that it works with."""

    def __init__(self, endpoint: Endpoint, known: Service) -> None:
        self._endpoint = endpoint
        self._known = known

    async def serve(self, exchange: Exchange) -> None:
        """Answer one request."""
        try:
            answer = await self._endpoint(exchange, self._known)
            if answer is not None:
                status, body = answer
                await exchange.answer(status, _JSON if status == _OK else _PROBLEM_JSON, body)
        except Exception as error:  # noqa: BLE001  # the last resort: whatever it is, the caller gets a problem document
            await self._refuse(exchange, error)
        finally:
            if (place := exchange.scope.pop(LARGE, None)) is not None:
                place.release()

    async def _refuse(self, exchange: Exchange, error: Exception) -> None:
        headers = None
        if exchange.status is None and isinstance(error, Refusal | InputError | ClientDisconnect):
            document = told_problem(error, self._known.metrics)
            headers = error.headers if isinstance(error, Refusal) else None
        else:
            document = fault_problem(error)
        if exchange.status is None:
            await problem_response(document, headers)(exchange.scope, exchange.receive, exchange.send)
