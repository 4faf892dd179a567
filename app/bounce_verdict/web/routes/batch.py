"""POST /v1/classify/batch: items in, one line out for each."""

from fastapi import Request, Response

from bounce_verdict.response import JSON, NDJSON_TYPES
from bounce_verdict.web.batch.output import Form
from bounce_verdict.web.batch.response import BatchResponse
from bounce_verdict.web.request.body import media_type
from bounce_verdict.web.request.head import query
from bounce_verdict.web.request.preferences import preferred_coding, preferred_type, wants_short
from bounce_verdict.web.routing import router

PATH = "/v1/classify/batch"
_TYPES = (*NDJSON_TYPES, JSON)

routes = router()


@routes.post(PATH, tags=["classify"], summary="Judge many replies and messages", response_class=BatchResponse, status_code=200)
async def classify_batch(request: Request) -> Response:
    """Answers flow, in order, while the body is still arriving; an item that cannot be used is a problem in its place."""
    scope = request.scope
    media, _ = media_type(scope, _TYPES)
    short = wants_short(query(scope, "detail"))
    answered = preferred_type(scope, (*NDJSON_TYPES, JSON) if media == JSON else NDJSON_TYPES)
    return BatchResponse(request, media, Form(answered, short, preferred_coding(scope)))
