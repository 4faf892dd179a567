"""rules/ on disk → Rulebook: order, digest, positions, and what the operator's own files may do."""

import json
import os
import re
from pathlib import Path

import jsonschema
import pytest

from bounce_verdict.errors import RulebookError
from bounce_verdict.model import Example, Rulebook, When
from bounce_verdict.rulebook.files import folders_read
from bounce_verdict.rulebook.load import load_rulebook, rules_folder
from bounce_verdict.rulebook.positions import find_positions
from bounce_verdict.rulebook.schema import editor_schema
from bounce_verdict.rulebook.tables import OWN_REASONS
from bounce_verdict.settings import load_settings
from tests.rulebook.rule_files import write
from tests.rulebook.small_rulebook import error, folder_of_reasons, rule


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folder_of_reasons(tmp_path)


# --- what is read ----------------------------------------------------------------------------------------------------


def test_the_shipped_rules_load(book: Rulebook) -> None:
    assert book.rules
    assert book.reasons["mailbox-full"].verdict == "storage"
    assert {"google", "microsoft", "yahoo"} <= set(book.providers)


def test_a_folder_of_reasons_alone_is_a_rulebook(folder: Path) -> None:
    book = load_rulebook(folder)
    assert (list(book.rules), len(book.reasons)) == ([], 1 + len(OWN_REASONS))
    assert (book.reasons["mailbox-full"].verdict, book.reasons["delivered"].verdict) == ("storage", None)


def test_rules_stand_in_the_order_in_which_their_layers_are_asked(folder: Path) -> None:
    for name in (
        "fallback",
        "not-now",
        "structure",
        "generic",
        "languages/de",
        "languages/cs",
        "providers/b",
        "providers/a",
        "local/2",
        "local/1",
    ):
        write(folder, f"{name}.toml", rule(f"{name.replace('/', '.')}.first") + rule(f"{name.replace('/', '.')}.then"))
    book = load_rulebook(folder)
    assert [rule.id for rule in book.rules[::2]] == [
        "local.1.first", "local.2.first", "providers.a.first", "providers.b.first", "generic.first", "languages.cs.first",
        "languages.de.first", "structure.first", "not-now.first", "fallback.first",
    ]  # fmt: skip
    assert [(rule.layer, rule.owner) for rule in book.rules[4:8:2]] == [("provider", "a"), ("provider", "b")]
    assert (book.rules[10].layer, book.rules[10].owner) == ("language", "cs")


def test_a_rule_is_read_whole(folder: Path) -> None:
    more = """
when = { code = [452, "5yz", "none"], enhanced = ["X.2.2", "5.7.X", "4.7.28", "none"], command = ["RCPT", "none"] }
explain = "Full."
transient = true
suppress = "never"
scope = "host"
retry_after = 300
"""
    write(
        folder, "generic.toml", rule("a", more).replace('["552 full"]', '["552 full", { reply = "552 full", command = "EOD" }]')
    )
    read = load_rulebook(folder).rules[0]
    assert read.when == When(
        codes=frozenset({452, None}),
        classes=frozenset({5}),
        enhanced=((None, 2, 2), (5, 7, None), (4, 7, 28)),
        enhanced_absent=True,
        commands=frozenset({"RCPT", None}),
    )
    assert (read.explain, read.transient, read.suppress, read.scope, read.retry_after) == ("Full.", True, "never", "host", 300)
    assert list(read.hits) == [Example("552 full"), Example("552 full", "EOD")]
    assert read.source == "rules/generic.toml:2"


def test_a_provider_is_read_with_its_file(folder: Path) -> None:
    keys = "hosts = ['google.com']\ndomains = ['gmail.com']\ntokens = ['- gsmtp\\b']\nreference = 'https://example.org'\n"
    write(folder, "providers/google.toml", keys + rule("google.full"))
    provider = load_rulebook(folder).providers["google"]
    assert (provider.hosts, provider.domains, provider.tokens) == (["google.com"], ["gmail.com"], [r"- gsmtp\b"])
    assert (provider.name, provider.source, provider.reference) == (
        "google",
        "rules/providers/google.toml:1",
        "https://example.org",
    )


def test_a_verdict_of_none_is_null(folder: Path) -> None:
    write(folder, "generic.toml", rule("a").replace('"storage"', '"none"').replace('"mailbox-full"', '"delivered"'))
    assert load_rulebook(folder).rules[0].verdict is None


def test_local_rules_may_lie_elsewhere(folder: Path, tmp_path: Path) -> None:
    write(folder, "local/a.toml", rule("not-read"))
    write(tmp_path, "own/a.toml", rule("mine"))
    assert [rule.id for rule in load_rulebook(folder, tmp_path / "own").rules] == ["mine"]


def test_hidden_files_are_not_rules(folder: Path) -> None:
    write(folder, "providers/.#google.toml", "not TOML")
    assert list(load_rulebook(folder).providers) == []


# --- overrides -------------------------------------------------------------------------------------------------------


def test_a_local_rule_may_remove_a_shipped_one(folder: Path) -> None:
    write(folder, "generic.toml", rule("shipped"))
    write(folder, "local/a.toml", rule("mine", 'overrides = "shipped"\nbecause = "we know better"'))
    book = load_rulebook(folder)
    assert [(rule.id, rule.overrides, rule.because) for rule in book.rules] == [("mine", "shipped", "we know better")]


def test_a_local_rule_may_take_the_name_of_the_rule_it_removes(folder: Path) -> None:
    write(folder, "generic.toml", rule("full"))
    write(folder, "local/a.toml", rule("full", 'overrides = "full"\nbecause = "we know better"'))
    assert [rule.source for rule in load_rulebook(folder).rules] == ["rules/local/a.toml:2"]


def test_overriding_an_unknown_rule_is_an_error(folder: Path) -> None:
    write(folder, "local/a.toml", rule("mine", 'overrides = "nothing"\nbecause = "we know better"'))
    assert error(folder) == "rules/local/a.toml:10: mine: no shipped rule is called `nothing`"


def test_overriding_needs_a_reason(folder: Path) -> None:
    write(folder, "local/a.toml", rule("mine", 'overrides = "shipped"'))
    assert error(folder) == "rules/local/a.toml:2: mine: `overrides` and `because` go together"


def test_a_local_file_may_switch_a_shipped_rule_off(folder: Path) -> None:
    write(folder, "generic.toml", rule("a") + rule("b", match="over"))
    write(folder, "local/mine.toml", "[[rule]]\ndisable = 'a'\nbecause = 'It is wrong for us.'\n" + rule("c", match="ours"))
    assert [one.id for one in load_rulebook(folder).rules] == ["c", "b"]


def test_switching_an_unknown_rule_off_is_an_error(folder: Path) -> None:
    write(folder, "local/mine.toml", rule("a") + "[[rule]]\ndisable = 'a'\nbecause = 'Local rules are deleted instead.'\n")
    assert error(folder) == "rules/local/mine.toml:11: no shipped rule is called `a`"


def test_switching_a_rule_off_needs_a_reason(folder: Path) -> None:
    write(folder, "local/mine.toml", "\n[[rule]]\ndisable = 'a'\n")
    assert error(folder) == "rules/local/mine.toml:2: rule 1: `because` is missing"


def test_what_switches_a_rule_off_is_no_rule_besides(folder: Path) -> None:
    write(folder, "local/mine.toml", "[[rule]]\ndisable = 'a'\nbecause = 'b'\nverdict = 'retry'\n")
    assert error(folder) == "rules/local/mine.toml:4: rule 1: unknown key `verdict`"


def test_a_shipped_file_switches_nothing_off(folder: Path) -> None:
    write(folder, "generic.toml", "[[rule]]\ndisable = 'a'\nbecause = 'b'\n")
    assert error(folder).startswith("rules/generic.toml:1: rule 1: ")


def test_a_local_folder_that_was_named_must_be_there(folder: Path) -> None:
    with pytest.raises(RulebookError, match=r"^/no/such/rules:0: no such folder; BOUNCES_LOCAL_RULES or --local"):
        load_rulebook(folder, Path("/no/such/rules"))


def test_a_named_pipe_is_no_file_of_rules(folder: Path) -> None:
    (folder / "local").mkdir()
    os.mkfifo(folder / "local" / "mine.toml")
    assert error(folder) == "rules/local/mine.toml:0: is not a regular file"


def test_the_folders_are_told_with_how_many_rules_came_from_each(folder: Path, tmp_path: Path) -> None:
    write(folder, "generic.toml", rule("a") + rule("b", match="over"))
    rules = load_rulebook(folder).rules
    assert [str(one) for one in folders_read(folder, None, rules)] == [
        f"2 rules from {folder}", f"0 local rules from {folder}/local (no such folder)",
    ]  # fmt: skip
    (tmp_path / "mine").mkdir()
    write(tmp_path / "mine", "any.toml", rule("c", match="ours"))
    rules = load_rulebook(folder, tmp_path / "mine").rules
    assert str(folders_read(folder, tmp_path / "mine", rules)[1]) == f"1 local rules from {tmp_path}/mine"


def test_a_shipped_rule_overrides_nothing(folder: Path) -> None:
    write(folder, "generic.toml", rule("a", 'overrides = "b"\nbecause = "no"'))
    assert error(folder) == "rules/generic.toml:10: a: unknown key `overrides`"


# --- the digest ------------------------------------------------------------------------------------------------------


def test_the_digest_does_not_depend_on_where_the_folder_lies(folder: Path, tmp_path: Path) -> None:
    write(folder, "generic.toml", rule("a"))
    before = load_rulebook(folder).digest
    moved = folder.rename(tmp_path / "elsewhere")
    assert load_rulebook(moved).digest == before
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", before)


def test_the_digest_tells_of_every_byte_and_every_name(folder: Path) -> None:
    write(folder, "providers/a.toml", rule("a.full"))
    digests = {load_rulebook(folder).digest}
    write(folder, "providers/a.toml", rule("a.full") + "# a comment\n")
    digests.add(load_rulebook(folder).digest)
    (folder / "providers/a.toml").rename(folder / "providers/b.toml")
    digests.add(load_rulebook(folder).digest)
    write(folder, "local/own.toml", "")
    digests.add(load_rulebook(folder).digest)
    assert len(digests) == 4


# --- positions -------------------------------------------------------------------------------------------------------


def test_positions_see_through_strings_and_comments() -> None:
    text = '''# [[rule]]
[[rule]]
note = """
[[rule]]
id = "no"
"""
id = "a" # id = "b"
list = [ # one
  "[[rule]]", 'two',
  { reply = "x" },
  """
three""", 4,
]
[rule.when]
code = [1]
[["odd rule"]]
"a b".c = 1
'''
    lines = find_positions(text)
    assert [lines.line(("rule", 0, *rest)) for rest in ((), ("note",), ("id",), ("when",), ("when", "code"))] == [2, 3, 7, 14, 15]
    assert [lines.line(("rule", 0, "list", i)) for i in range(5)] == [9, 9, 10, 11, 12]
    assert lines.line(("odd rule", 0, "a b", "c")) == 17
    assert lines.line(("rule", 0, "nothing", "at", "all")) == 2
    assert lines.line(("nothing",)) == 0


# --- around it -------------------------------------------------------------------------------------------------------


def test_the_rules_folder_is_the_given_one_else_the_checkouts(tmp_path: Path) -> None:
    assert rules_folder(tmp_path) == tmp_path
    assert rules_folder() == Path(__file__).resolve().parents[2] / "rules"
    assert rules_folder(load_settings(rules=None).rules) == rules_folder()


def test_the_editors_schema_is_current() -> None:
    """Where this fails: `make openapi`."""
    assert json.loads((rules_folder() / "schema.json").read_text(encoding="utf-8")) == editor_schema()


def test_the_editors_schema_takes_a_rule_and_refuses_a_misspelt_one() -> None:
    jsonschema.Draft202012Validator.check_schema(editor_schema())
    good = {
        "id": "a", "match": "b", "verdict": "retry", "reason": "busy", "reference": "RFC 5321", "hits": ["450 b"],
        "misses": [{"reply": "450 c", "command": "RCPT"}],
    }  # fmt: skip
    jsonschema.validate({"rule": [good]}, editor_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"rule": [{**good, "matches": "b"}]}, editor_schema())
