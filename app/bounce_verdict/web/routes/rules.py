"""GET /v1/rules, /v1/rules/{id}, /v1/reasons: the rules as loaded, for whoever asks why."""

from fastapi import Request, Response

from bounce_verdict.response import problem
from bounce_verdict.rulebook.rule_pages import ReasonList, RuleList, RulePage, reason_list, rule_list, rule_page
from bounce_verdict.web.refusals import Refusal
from bounce_verdict.web.request.query import query
from bounce_verdict.web.responses import json_response
from bounce_verdict.web.routing import router
from bounce_verdict.web.service import service_of

routes = router()


@routes.get("/v1/rules", tags=["rules"], summary="Every rule", response_model=RuleList)
async def list_rules(request: Request) -> Response:
    """The rules in the order in which they are tried, within their layer and provider."""
    query(request.scope)
    return json_response(rule_list(service_of(request.scope).pipeline.book))


@routes.get("/v1/rules/{id}", tags=["rules"], summary="One rule, whole", response_model=RulePage)
async def show_rule(request: Request) -> Response:
    """The rule with its conditions, explanation, reference and examples."""
    query(request.scope)
    book = service_of(request.scope).pipeline.book
    rule = next((rule for rule in book.rules if rule.id == request.path_params["id"]), None)
    if rule is None:
        raise Refusal(problem(404, "There is no rule of this id; /v1/rules lists them."))
    return json_response(rule_page(rule, book))


@routes.get("/v1/reasons", tags=["rules"], summary="The closed list of reasons", response_model=ReasonList)
async def list_reasons(request: Request) -> Response:
    """The reasons in the order of rules/reasons.toml."""
    query(request.scope)
    return json_response(reason_list(service_of(request.scope).pipeline.book))
