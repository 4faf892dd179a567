"""A client of a service: answers come as the library gives them, refusals as ServiceError. Needs the extra `client`.

>>> from bounce_verdict.client import Client
>>> with Client("http://127.0.0.1:8000") as client:
...     client.reply("550 5.1.1 user unknown", command="RCPT").verdict
'permanent'
"""

import random
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from types import TracebackType
from typing import Any, Literal, Self, TypedDict, Unpack, overload
from urllib.parse import quote

import msgspec

from bounce_verdict.client.batch import BatchAnswer, BatchItem, decoded, encoded, read_answer, to_requests
from bounce_verdict.contract.short_answers import Detail, ShortClassification, ShortEvent, ShortEvents, ShortReport
from bounce_verdict.errors import ServiceError
from bounce_verdict.extras import with_extra
from bounce_verdict.model import Action, Classification, Event, Identity, Report
from bounce_verdict.response import JSON, NDJSON, Problem
from bounce_verdict.webhooks.answer import Events

try:
    import httpx
except ModuleNotFoundError as error:
    raise with_extra(error) from None

__all__ = ["BatchAnswer", "BatchItem", "Client", "Problem"]

MAX_WAIT = 60.0  # seconds before a request is sent again, whatever Retry-After says
_BUSY = frozenset({429, 503})
_OF_THE_CONNECTION = frozenset({  # headers that speak of one hop or one message's framing (RFC 9110 §7.6.1)
    "connection", "content-length", "host", "keep-alive", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip


class Known(TypedDict, total=False):
    """What is known around a reply, as the keys of a request call it."""

    command: str | None
    remote_mta: str | None
    recipient: str | None
    action: Action | None
    id: Identity | None
    sender: str | None
    sending_ip: str | None
    sending_host: str | None


class Envelope(TypedDict, total=False):
    """The addresses by which a message arrived."""

    envelope_to: str | None
    envelope_from: str | None


class Client:
    """Asks one service. Keep one and use it from any number of threads: a new connection for each call costs many times the answer.

    base: the service's address. key: one of scope `classify`, where the service asks for one. timeout: seconds that a connection
    may bring nothing. attempts: how often a request is sent where the service is busy (503, 429; Retry-After is kept) or cannot be
    reached: the same question gets the same answer, so that it may be asked again. connections: requests of a batch under way.
    Every method raises ServiceError. detail: "short" asks for what a program acts on, in a quarter of the bytes.
    """

    def __init__(
        self, base: str, *, key: str | None = None, timeout: float = 30, attempts: int = 5, connections: int = 2
    ) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._attempts = max(attempts, 1)
        self._connections = max(connections, 1)
        self._http = httpx.Client(base_url=base, headers=headers, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    @overload
    def reply(self, reply: str, *, detail: Literal["full"] = "full", **known: Unpack[Known]) -> Classification: ...
    @overload
    def reply(self, reply: str, *, detail: Literal["short"], **known: Unpack[Known]) -> ShortClassification: ...
    def reply(self, reply: str, *, detail: Detail = "full", **known: Unpack[Known]) -> Classification | ShortClassification:
        """The answer for one reply of an SMTP server. known: as the arguments of `Classifier.reply`."""
        body = encoded({"reply": reply, **{name: given for name, given in known.items() if given is not None}})
        answer = self._post("/v1/classify/reply", body, {"content-type": JSON}, detail)
        return decoded(answer, Classification) if detail == "full" else decoded(answer, ShortClassification)

    @overload
    def message(self, raw: bytes, *, detail: Literal["full"] = "full", **envelope: Unpack[Envelope]) -> Report: ...
    @overload
    def message(self, raw: bytes, *, detail: Literal["short"], **envelope: Unpack[Envelope]) -> ShortReport: ...
    def message(self, raw: bytes, *, detail: Detail = "full", **envelope: Unpack[Envelope]) -> Report | ShortReport:
        """The answer for one raw message; envelope_to and envelope_from are the addresses by which it arrived."""
        headers = {b"content-type": b"message/rfc822"}
        for name, address in (("x-envelope-to", envelope.get("envelope_to")), ("x-envelope-from", envelope.get("envelope_from"))):
            if address is not None:
                headers[name.encode()] = address.encode("utf-8", "replace")  # RFC 6532 allows more than ASCII
        answer = self._post("/v1/classify/message", raw, headers, detail)
        return decoded(answer, Report) if detail == "full" else decoded(answer, ShortReport)

    @overload
    def event(
        self, source: str, body: bytes, headers: Mapping[str, str] | None = None, *, detail: Literal["full"] = "full"
    ) -> Sequence[Event]: ...
    @overload
    def event(
        self, source: str, body: bytes, headers: Mapping[str, str] | None = None, *, detail: Literal["short"]
    ) -> Sequence[ShortEvent]: ...
    def event(
        self, source: str, body: bytes, headers: Mapping[str, str] | None = None, *, detail: Detail = "full"
    ) -> Sequence[Event] | Sequence[ShortEvent]:
        """The events of a webhook request, as it arrived. headers: the request's, by one of which its sender is known."""
        passed_on = {name: text for name, text in (headers or {}).items() if name.lower() not in _OF_THE_CONNECTION}
        answer = self._post(f"/v1/webhooks/{quote(source, safe='')}", body, passed_on, detail)
        return decoded(answer, Events).events if detail == "full" else decoded(answer, ShortEvents).events

    def batch(self, items: Iterable[BatchItem], *, detail: Detail = "full") -> Iterator[BatchAnswer]:
        """An answer for each item, in order, while `items` is still being read, some thousand ahead: it may be endless.

        items: tables as docs/library.md describes them, {"reply": "550 …", "id": 7}. An item that cannot be used is answered by
        a Problem in its place, and ends nothing.
        """
        requests = to_requests(items)
        waiting: deque[Future[list[BatchAnswer]]] = deque()
        first = 0
        with ThreadPoolExecutor(self._connections, "bounces-batch") as pool:
            try:
                while True:
                    for lines in islice(requests, 2 * self._connections - len(waiting)):
                        waiting.append(pool.submit(self._ask, lines, detail))
                    if not waiting:
                        return
                    answers = waiting.popleft().result()
                    for answer in answers:
                        answer.index += first
                        yield answer
                    first += len(answers)
            finally:
                for one in waiting:
                    one.cancel()

    def _ask(self, lines: Sequence[bytes], detail: Detail) -> list[BatchAnswer]:
        """The answers for the lines of one request; a line that the service has no place for is asked again."""
        answers = self._ask_once(lines, detail)
        for attempt in range(1, self._attempts):
            again = [one.index for one in answers if isinstance(one.result, Problem) and one.result.status in _BUSY]
            if not again:
                break
            time.sleep(_pause(attempt))
            for at, answer in zip(again, self._ask_once([lines[at] for at in again], detail), strict=True):
                answer.index = at
                answers[at] = answer
        return answers

    def _ask_once(self, lines: Sequence[bytes], detail: Detail) -> list[BatchAnswer]:
        answer = self._post("/v1/classify/batch", b"".join(lines), {"content-type": NDJSON}, detail)
        answers = [read_answer(line, detail) for line in answer.splitlines()]
        if len(answers) != len(lines):
            raise ServiceError(f"the service answered {len(answers)} of the {len(lines)} items of a request")
        return answers

    def _post(self, path: str, body: bytes, headers: Mapping[str, str] | Mapping[bytes, bytes], detail: Detail) -> bytes:
        """The answer's body. Sent again where the service is busy or cannot be reached."""
        for attempt in range(1, self._attempts + 1):
            try:
                response = self._http.post(
                    path, content=body, headers=headers, params=None if detail == "full" else {"detail": detail}
                )
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                is_passing = isinstance(error, httpx.TransportError) and not isinstance(error, httpx.LocalProtocolError)
                if attempt == self._attempts or not is_passing:
                    raise ServiceError(f"the service cannot be asked: {error}") from error
                time.sleep(_pause(attempt))
                continue
            if response.is_success:
                return response.content
            if response.status_code not in _BUSY or attempt == self._attempts:
                raise _refusal(response)
            time.sleep(_pause(attempt, response.headers.get("retry-after", "")))
        raise AssertionError("unreachable")


def _refusal(response: httpx.Response) -> ServiceError:
    """What an answer without success says, as an error."""
    try:
        problem = msgspec.json.decode(response.content, type=dict[str, Any])
    except msgspec.MsgspecError:
        problem = {}
    detail = problem.get("detail") or response.reason_phrase
    return ServiceError(f"{response.status_code}: {detail}", response.status_code, problem)


def _pause(attempt: int, retry_after: str = "") -> float:
    """Seconds to wait before the next attempt: what the service asks for, else more each time; never the same for all clients."""
    wanted = int(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.1 * 2**attempt
    return min(wanted, MAX_WAIT) * random.uniform(1, 1.25)  # noqa: S311  # spreads clients, keeps no secret
