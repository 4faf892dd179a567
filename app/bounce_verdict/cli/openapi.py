"""`bounces openapi`."""

import sys

from bounce_verdict.response import encode, indented


def openapi_command() -> None:
    """Print the OpenAPI document, as openapi/openapi.json holds it."""
    from bounce_verdict.web.application import ROUTES  # noqa: PLC0415  # needs the extra `server`, as the next
    from bounce_verdict.web.openapi.document import contract  # noqa: PLC0415

    sys.stdout.write(indented(encode(contract(ROUTES))))
