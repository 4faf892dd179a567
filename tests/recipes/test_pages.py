"""Each page of docs/recipes shows the script that its test runs."""

import re

import pytest

from tests.recipes.running import EXAMPLES, ROOT

RECIPES = ROOT / "docs" / "recipes"
SHOWN = re.compile(r"\[`examples/(?P<name>[\w.]+)`\][^\n]*\n+```\w+\n(?P<script>.*?)```\n", re.DOTALL)


@pytest.mark.parametrize("page", sorted(RECIPES.glob("*.md")), ids=lambda page: page.stem)
def test_a_page_shows_its_script_as_it_is(page: object) -> None:
    found = SHOWN.findall(page.read_text(encoding="utf-8"))  # type: ignore[attr-defined]
    assert found
    for name, script in found:
        assert script == (EXAMPLES / name).read_text(encoding="utf-8")


def test_each_script_stands_on_a_page() -> None:
    shown = {name for page in RECIPES.glob("*.md") for name, _ in SHOWN.findall(page.read_text(encoding="utf-8"))}
    assert shown == {path.name for path in EXAMPLES.iterdir() if path.suffix in {".py", ".js", ".lua"}}
