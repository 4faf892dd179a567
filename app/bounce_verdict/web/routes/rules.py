"""GET /v1/rules, /v1/rules/{id}, /v1/reasons: the rules as loaded, for whoever asks why."""

from fastapi import FastAPI, Request, Response

from bounce_verdict import __version__
from bounce_verdict.model import Example, Reason
from bounce_verdict.response import problem
from bounce_verdict.web.openapi.describe import PRINTABLE, answers, parameter
from bounce_verdict.web.openapi.examples import DIGEST
from bounce_verdict.web.refusals import Refusal
from bounce_verdict.web.request.query import query
from bounce_verdict.web.responses import json_response
from bounce_verdict.web.routes.rule_pages import Conditions, ReasonList, RuleLine, RuleList, RulePage, rule_page
from bounce_verdict.web.service import service_of

_LINE = RuleLine("google.no-such-user", "permanent", "mailbox-unknown", "provider", "google", "rules/providers/google.toml:12")
_PAGE = RulePage(
    id=_LINE.id,
    layer=_LINE.layer,
    owner=_LINE.owner,
    source=_LINE.source,
    when=Conditions(["550"], ["5.1.1"], []),
    match="does not exist",
    verdict="permanent",
    reason="mailbox-unknown",
    explanation="The mailbox does not exist at the receiving system.",
    transient=None,
    suppress="now",
    scope="recipient",
    retry_after=None,
    reference="https://support.google.com/mail/?p=NoSuchUser",
    overrides=None,
    because=None,
    hits=[Example("550-5.1.1 The email account that you tried to reach does not exist.")],
    misses=[Example("550 5.7.1 This domain does not exist in our allow list.")],
    rules_digest=DIGEST,
    version=__version__,
)
_REASON = Reason(
    "mailbox-unknown", "permanent", "recipient", "now", "The mailbox does not exist at the receiving system.", at_4yz="retry"
)


def add_routes(app: FastAPI) -> None:
    """Add the endpoints that show the rulebook."""
    identity = parameter("id", "path", "A rule's id.", PRINTABLE, _LINE.id)
    for path, handler, summary, model, example, more in (
        ("/v1/rules", list_rules, "Every rule", RuleList, RuleList([_LINE], DIGEST, __version__), {}),
        ("/v1/rules/{id}", show_rule, "One rule, whole", RulePage, _PAGE, {"parameters": [identity]}),
        ("/v1/reasons", list_reasons, "The closed list of reasons", ReasonList, ReasonList([_REASON], DIGEST, __version__), {}),
    ):
        app.add_api_route(
            path,
            handler,
            methods=["GET"],
            tags=["rules"],
            summary=summary,
            response_model=model,
            responses=answers(f"{model.__doc__}", example, [400, 404, 422] if more else [422]),
            openapi_extra=more,
        )


async def list_rules(request: Request) -> Response:
    """The rules in the order in which they are tried, within their layer and provider."""
    query(request.scope)
    book = service_of(request.scope).pipeline.book
    lines = [RuleLine(rule.id, rule.verdict, rule.reason, rule.layer, rule.owner, rule.source) for rule in book.rules]
    return json_response(RuleList(lines, book.digest, __version__))


async def show_rule(request: Request) -> Response:
    """The rule with its conditions, explanation, reference and examples."""
    query(request.scope)
    book = service_of(request.scope).pipeline.book
    identity = request.path_params["id"]
    rule = next((rule for rule in book.rules if rule.id == identity), None)
    if rule is None:
        raise Refusal(problem(404, "There is no rule of this id; /v1/rules lists them."))
    return json_response(rule_page(rule, book.reasons[rule.reason], book.digest))


async def list_reasons(request: Request) -> Response:
    """The reasons in the order of rules/reasons.toml."""
    query(request.scope)
    book = service_of(request.scope).pipeline.book
    return json_response(ReasonList(list(book.reasons.values()), book.digest, __version__))
