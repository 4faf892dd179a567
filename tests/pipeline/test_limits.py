"""Every bound is a setting with a default, and every setting is documented."""

from dataclasses import fields
from itertools import zip_longest
from pathlib import Path

import pytest

from bounce_verdict.model import DEFAULT_LIMITS, Limits
from bounce_verdict.settings import PREFIX, Settings

OPERATING = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
def test_what_bounds_the_reading_is_a_setting_with_the_same_default(name: str) -> None:
    assert Settings.model_fields[name].default == getattr(DEFAULT_LIMITS, name)
    assert getattr(Settings.model_validate({name: 7}).limits(), name) == 7


TABLE = OPERATING.partition("## Settings\n")[2].partition("\n## ")[0]
ROWS = [line.strip("| ").split(" | ") for line in TABLE.splitlines() if line.startswith("| `BOUNCES_")]
SHOWN = {name: default for names, defaults, _ in ROWS for name, default in zip_longest(names.split(", "), defaults.split(", "))}


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_stands_in_the_table_for_operators_with_its_default(name: str) -> None:
    assert f"`{PREFIX}{name.upper()}`" in SHOWN
    shown, default = SHOWN[f"`{PREFIX}{name.upper()}`"], Settings.model_fields[name].default
    if isinstance(default, int | float):
        assert float(shown) == default
    elif default is not None:
        assert shown == default
