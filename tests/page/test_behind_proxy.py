"""The page in a browser, where a proxy in front of the service answers with a page of its own."""

import pytest

from tests.page.conftest import Visit
from tests.page.samples import REPLY


@pytest.mark.parametrize(("status", "path"), [(502, "/"), (413, "/"), (502, "/#codes")])
def test_a_proxys_page_is_told_as_a_failure(visit: Visit, status: int, path: str) -> None:
    page = visit.open()
    refused = "<!doctype html><title>nginx</title><h1>No</h1>"
    page.route("**/*", lambda route: route.fulfill(status=status, content_type="text/html", body=refused))
    if path == "/":
        visit.paste(REPLY)
    else:
        page.evaluate("location.hash = '#codes'")
    page.wait_for_selector(f":is(#problem, #found-status):visible >> text=The service answered {status}.")
    visit.faults.clear()  # the browser's own line on each failed request
