"""The rows of the layouts: every file has one, and every file has its test."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from bounce_verdict.pipeline.parse import layouts
from bounce_verdict.pipeline.parse.layouts import LAYOUTS
from bounce_verdict.pipeline.parse.layouts.shapes import SHAPES

PROGRAMS = {
    found.name
    for found in iter_modules(layouts.__path__)
    if hasattr(import_module(f"{layouts.__name__}.{found.name}"), "read")
}  # fmt: skip


def test_every_layout_has_a_row() -> None:
    rows = {layout.name.replace("-", "_") for layout in LAYOUTS} - {shape.name.replace("-", "_") for shape in SHAPES}
    assert rows == PROGRAMS


def test_every_layout_has_a_test() -> None:
    tested = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert PROGRAMS - tested - {"exchange_online"} == set()  # which is tested beside exchange
