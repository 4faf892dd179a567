"""`bounces openapi`."""

import sys

from bounce_verdict.response import encode, indented
from bounce_verdict.web.application import ROUTES
from bounce_verdict.web.openapi.document import contract


def openapi_command() -> None:
    """Print the OpenAPI document, as openapi/openapi.json holds it."""
    sys.stdout.write(indented(encode(contract(ROUTES))))
