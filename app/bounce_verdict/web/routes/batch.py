"""POST /v1/classify/batch: items in, one line out for each."""

from fastapi import FastAPI, Request, Response

from bounce_verdict.response import JSON, NDJSON, encode
from bounce_verdict.web.batch.response import BatchResponse
from bounce_verdict.web.openapi.describe import Document, reference, refusals, takes
from bounce_verdict.web.openapi.examples import BATCH_ANSWERS, BATCH_REQUEST
from bounce_verdict.web.request.body import media_type
from bounce_verdict.web.request.query import query
from bounce_verdict.web.routing import LeanRoute

PATH = "/v1/classify/batch"
_TYPES = (NDJSON, JSON)


def add_routes(app: FastAPI) -> None:
    """Add the endpoint."""
    lines = "".join(encode(item).decode() + "\n" for item in BATCH_REQUEST)
    taken: dict[str, Document] = {
        NDJSON: {"schema": {"type": "string", "description": "One BatchItem a line."}, "example": lines},
        JSON: {"schema": {"type": "array", "items": reference("BatchItem")}, "example": BATCH_REQUEST},
    }
    answers = "".join(encode(answer).decode() + "\n" for answer in BATCH_ANSWERS)
    schema = {"type": "string", "description": "One BatchAnswer a line.", "x-lines": reference("BatchAnswer")}
    answered = {"description": "One BatchAnswer a line, in order.", "content": {NDJSON: {"schema": schema, "example": answers}}}
    app.router.add_api_route(
        PATH,
        classify_batch,
        methods=["POST"],
        route_class_override=LeanRoute,
        tags=["classify"],
        summary="Judge many replies and messages",
        response_class=BatchResponse,
        status_code=200,
        responses={200: answered, **refusals(400, 413, 415, 422)},
        openapi_extra=takes(taken, "The items: NDJSON is answered while it arrives, an array is read whole."),
    )


async def classify_batch(request: Request) -> Response:
    """Answers flow, in order, while the body is still arriving; an item that cannot be used is a problem in its place."""
    media, _ = media_type(request.scope, _TYPES)
    query(request.scope)
    return BatchResponse(request, media)
