"""A rules folder of one reason and few rules, for what reading it gives."""

from pathlib import Path

import pytest

from bounce_verdict.errors import RulebookError
from bounce_verdict.rulebook.load import load_rulebook
from bounce_verdict.rulebook.tables import OWN_REASONS
from tests.rulebook.rule_files import write

REASONS = """
[mailbox-full]
verdict = "storage"
scope = "recipient"
suppress = "if-repeated"
explanation = "The recipient's mailbox is full; the address is real."
""" + "".join(f"[{name}]\nsuppress = 'never'\nexplanation = 'Our own.'\n" for name in OWN_REASONS)


def rule(name: str, more: str = "", match: str = "full") -> str:
    return f"""
[[rule]]
id = "{name}"
match = '{match}'
verdict = "storage"
reason = "mailbox-full"
reference = "RFC 5321"
hits = ["552 full"]
misses = ["552 empty"]
{more}"""


def folder_of_reasons(parent: Path) -> Path:
    """A rules folder with its reasons and nothing else: no doubt either."""
    (parent / "rules").mkdir()
    write(parent / "rules", "reasons.toml", REASONS)
    write(parent / "rules", "doubts.toml", "")
    return parent / "rules"


def error(folder: Path) -> str:
    with pytest.raises(RulebookError) as caught:
        load_rulebook(folder)
    return str(caught.value)
