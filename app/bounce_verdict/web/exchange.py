"""One request and what is answered to it, as the edge and the endpoints see them: plain ASGI, no framework's objects."""

from starlette.types import Message, Receive, Scope, Send

from bounce_verdict.web.traces import trace_of
from bounce_verdict.web.wire import WIRE

# Answers are JSON about addresses: not to be guessed at, not to be kept. The pages say for themselves what they may load.
ALWAYS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
_ALWAYS_SENT = b"".join(b"%s: %s\r\n" % field for field in ALWAYS)


class Asked:
    """A request: its scope, the messages of its body, and its header fields by name (lower case; of one given twice the last)."""

    __slots__ = ("headers", "receive", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.receive = receive
        self.headers: dict[bytes, bytes] = dict(scope["headers"])

    def first(self, name: bytes) -> bytes | None:
        """The first field of that name; None where there is none."""
        if len(self.headers) == len(self.scope["headers"]):
            return self.headers.get(name)
        return next(iter(self.each(name)), None)

    def each(self, name: bytes) -> list[bytes]:
        """Every field of that name, in order."""
        if name not in self.headers:
            return []
        return [text for key, text in self.scope["headers"] if key == name]

    def declared(self) -> int | None:
        """The body's bytes as declared; None for a chunked one."""
        text = self.headers.get(b"content-length")
        return int(text[:20]) if text is not None and text.isdigit() else None


class Exchange(Asked):
    """A request that is being answered. status: None until it is; sent: bytes of the answer's body so far."""

    __slots__ = ("_send", "sent", "status", "trace")

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, tracing: bool) -> None:
        super().__init__(scope, receive)
        self._send = send
        self.trace = trace_of(self.headers, tracing=tracing)
        self.status: int | None = None
        self.sent = 0

    async def send(self, message: Message) -> None:
        """Hand a message on, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), *ALWAYS, *self.trace.back]
        else:
            self.sent += len(message.get("body", b""))
        await self._send(message)

    async def answer(self, status: int, media: bytes, body: bytes) -> None:
        """Send a whole answer."""
        self.status, self.sent = status, len(body)
        wire = self.scope.get("extensions", {}).get(WIRE)
        if wire is not None:
            told = b"".join([b"%s: %s\r\n" % field for field in self.trace.back])
            head = b"content-length: %d\r\ncontent-type: %s\r\n%s%s" % (len(body), media, _ALWAYS_SENT, told)
            if wire.answer(self.scope, status, head, body):
                return
        fields = [(b"content-length", b"%d" % len(body)), (b"content-type", media), *ALWAYS, *self.trace.back]
        await self._send({"type": "http.response.start", "status": status, "headers": fields})
        await self._send({"type": "http.response.body", "body": body})
