"""`bounces openapi`."""

import sys

from bounce_verdict.response import encode, indented


def openapi_command() -> None:
    """Print the OpenAPI document, as openapi/openapi.json holds it."""
    from bounce_verdict.web.application import describe_app  # noqa: PLC0415  # needs the extra `server`

    sys.stdout.write(indented(encode(describe_app())))
