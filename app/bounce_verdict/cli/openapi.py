"""`bounces openapi`."""

import sys

from bounce_verdict.response import encode, indented
from bounce_verdict.web.application import describe_app


def openapi_command() -> None:
    """Print the OpenAPI document, as openapi/openapi.json holds it."""
    sys.stdout.write(indented(encode(describe_app())))
