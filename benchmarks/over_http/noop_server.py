"""What the service is measured against: servers that only answer. `python -m benchmarks.over_http.noop_server KIND PORT`.

typed: FastAPI, pydantic in and out, on the service's own server. plain: the same app on uvicorn as it comes, with the same event
loop and parser. bare: no framework at all, on the service's own server.
"""

import gc
import logging
import socket
import sys
from contextlib import suppress
from typing import Literal

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from bounce_verdict.server.listening import BACKLOG
from bounce_verdict.server.supervisor import server_config
from bounce_verdict.settings import Settings

PATH = "/v1/classify/reply"
_ANSWER = b'{"verdict":"permanent","reason":"mailbox-unknown","transient":false}'


class Question(BaseModel):
    """The fields of the service's own request."""

    reply: str
    command: str | None = None
    remote_mta: str | None = None
    recipient: str | None = None
    action: Literal["failed", "delayed", "delivered", "relayed", "expanded"] | None = None
    id: str | None = None


class Answer(BaseModel):
    """Three fields; the service answers 28, evidence among them."""

    verdict: str | None
    reason: str
    transient: bool | None


def typed_app() -> FastAPI:
    """One endpoint as FastAPI's tutorial writes it."""
    app = FastAPI()

    @app.post(PATH)
    async def answer(question: Question) -> Answer:
        return Answer(verdict="permanent", reason="mailbox-unknown", transient=not question.reply)

    return app


async def bare_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the body, answer."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    length = str(len(_ANSWER)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": _ANSWER})


def main() -> None:
    """Serve until SIGTERM."""
    kind, port = sys.argv[1], int(sys.argv[2])
    app = bare_app if kind == "bare" else typed_app()
    if kind == "plain":
        config = uvicorn.Config(
            app, loop="uvloop", http="httptools", ws="none", lifespan="off", access_log=False, log_level=logging.ERROR,
            server_header=False, proxy_headers=False,
        )  # fmt: skip
        server = uvicorn.Server(config)
    else:
        config = server_config(app, Settings())
        config.lifespan = "auto"
        server = uvicorn.Server(config)
    gc.collect()
    gc.freeze()  # as a worker does
    with suppress(KeyboardInterrupt):
        server.run(sockets=[socket.create_server(("127.0.0.1", port), backlog=BACKLOG)])


if __name__ == "__main__":
    main()
