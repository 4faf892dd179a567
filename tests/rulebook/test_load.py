"""rules/ on disk → Rulebook: order, digest, and an error with file and line for whatever cannot be used."""

import json
import os
import re
from pathlib import Path

import jsonschema
import pytest

from bounce_verdict.errors import RulebookError
from bounce_verdict.model import Example, Rulebook, When
from bounce_verdict.pipeline.decide import tables
from bounce_verdict.rulebook.files import folders_read
from bounce_verdict.rulebook.load import load_rulebook, rules_folder
from bounce_verdict.rulebook.positions import find_positions
from bounce_verdict.rulebook.schema import editor_schema
from bounce_verdict.rulebook.tables import OWN_REASONS
from bounce_verdict.settings import load_settings

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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A rules folder with its reasons and nothing else."""
    (tmp_path / "rules").mkdir()
    write(tmp_path / "rules", "reasons.toml", REASONS)
    return tmp_path / "rules"


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def error(folder: Path) -> str:
    with pytest.raises(RulebookError) as caught:
        load_rulebook(folder)
    return str(caught.value)


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
    for name in ("fallback", "generic", "languages/de", "languages/cs", "providers/b", "providers/a", "local/2", "local/1"):
        write(folder, f"{name}.toml", rule(f"{name.replace('/', '.')}.first") + rule(f"{name.replace('/', '.')}.then"))
    book = load_rulebook(folder)
    assert [rule.id for rule in book.rules[::2]] == [
        "local.1.first", "local.2.first", "providers.a.first", "providers.b.first", "generic.first", "languages.cs.first",
        "languages.de.first", "fallback.first",
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


# --- errors ----------------------------------------------------------------------------------------------------------


def test_a_folder_without_reasons_is_no_rulebook(tmp_path: Path) -> None:
    assert error(tmp_path) == f"rules/reasons.toml:0: no such file in {tmp_path}: this folder holds no rules"


def test_a_reason_that_the_program_gives_must_be_there(folder: Path) -> None:
    write(folder, "reasons.toml", REASONS.replace("[delivered]", "[handed-over]"))
    assert error(folder) == "rules/reasons.toml:0: reason `delivered` is missing; the program itself gives it"


def test_every_reason_that_the_program_gives_is_known_to_be_needed(book: Rulebook) -> None:
    pipeline = Path(tables.__file__).parent
    words = {
        word
        for name in ("__init__", "tables", "verdict")
        for word in re.findall(r'"([a-z-]+)"', (pipeline / f"{name}.py").read_text())
    }
    assert words & set(book.reasons) <= set(OWN_REASONS)


def test_a_syntax_error_has_its_line(folder: Path) -> None:
    write(folder, "generic.toml", rule("a") + "\n\nmatch = \n")
    assert error(folder) == "rules/generic.toml:12: not TOML: Invalid value"


def test_a_syntax_error_at_the_end_has_the_last_line(folder: Path) -> None:
    write(folder, "generic.toml", "\n\nrule = [")
    assert error(folder).startswith("rules/generic.toml:3: not TOML: ")


def test_a_file_that_is_not_utf_8_has_the_line_of_the_byte(folder: Path) -> None:
    (folder / "generic.toml").write_bytes(b"# fine\n# caf\xe9\n")
    assert error(folder) == "rules/generic.toml:2: not UTF-8, which TOML demands"


def test_a_file_nested_without_end_is_an_error(folder: Path) -> None:
    write(folder, "generic.toml", "a = " + "[" * 100_000)
    assert error(folder) == "rules/generic.toml:0: nested too deep"


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ('verdict = "storage"', 'verdict = "soft"', 14, "b: `verdict`: input should be 'retry', 'permanent', 'policy', 'storage' or 'none'"),
        ('reference = "RFC 5321"', "", 11, "b: `reference` is missing"),
        ('id = "b"', "", 11, "rule 2: `id` is missing"),
        ('id = "b"', 'id = "B b"', 12, "B b: `id`: string should match pattern"),
        ('reason = "mailbox-full"', 'reason = "full"', 15, "b: reason `full` is not in rules/reasons.toml"),
        ('reason = "mailbox-full"', 'reason = "delivered"', 14, "b: reason `delivered` goes with only verdict `none`"),
        ('verdict = "storage"', 'verdict = "none"', 14, "b: reason `mailbox-full` goes with a verdict"),
        ("match = 'full'", "matches = 'full'", 13, "b: unknown key `matches`"),
        ("match = 'full'", "", 11, "b: a rule needs `when`, `match` or both"),
        ("match = 'full'", "when = {}", 13, "b: `when` needs at least one of code, enhanced, command"),
        ("match = 'full'", "when = { code = ['4xx'] }", 13, "b: `when.code.0`: string should match pattern"),
        ("match = 'full'", "when = { code = [55] }", 13, "b: `when.code.0`: input should be greater than or equal to 100"),
        ("match = 'full'", "when = { enhanced = ['5.1'] }", 13, "b: `when.enhanced.0`: string should match pattern"),
        ("match = 'full'", "when = { command = ['rcpt to'] }", 13, "b: `when.command.0`: input should be 'CONNECT'"),
        ('hits = ["552 full"]', "hits = []", 17, "b: `hits`: list should have at least 1 item"),
        ('hits = ["552 full"]', 'hits = [\n  "552 full",\n  { command = "RCPT" },\n]', 19, "b: `hits.1.reply` is missing"),
        ('misses = ["552 empty"]', 'misses = [\n  "552 empty",\n  "",\n]', 20, "b: `misses.1`: string should have at least 1 character"),
        ('id = "b"', 'id = "a"', 12, "a: this id is taken at rules/generic.toml:2"),
        ('id = "b"', 'id = "b"\ntransient = "yes"', 13, "b: `transient`: input should be a valid boolean"),
    ],
)  # fmt: skip
def test_an_error_names_the_line_and_what_was_expected(folder: Path, old: str, new: str, line: int, told: str) -> None:
    write(folder, "generic.toml", rule("a", match="box") + rule("b").replace(old, new))
    assert error(folder).startswith(f"rules/generic.toml:{line}: {told}")


def test_hosts_are_lower_case(folder: Path) -> None:
    write(folder, "providers/a.toml", "domains = ['a.example']\nhosts = [\n  'a.example',\n  'B.example',\n]\n")
    assert error(folder).startswith("rules/providers/a.toml:4: `hosts.1`: string should match pattern")


def test_a_file_of_generic_rules_has_no_hosts(folder: Path) -> None:
    write(folder, "generic.toml", "hosts = ['a.example']\n")
    assert error(folder) == "rules/generic.toml:1: unknown key `hosts`"


def test_a_reply_code_is_listed_once_a_command(folder: Path) -> None:
    code = '\n[[code]]\ncode = 550\ncommands = ["RCPT", "MAIL"]\nmeaning = "no"\nverdict = "storage"\nreason = "mailbox-full"\n'
    write(folder, "codes.toml", (code + 'reference = "RFC 5321"\nstatus = "current"\n') * 2)
    assert error(folder) == "rules/codes.toml:11: 550 at RCPT is listed twice"


def test_command_names_are_lower_case(folder: Path) -> None:
    write(folder, "commands.toml", '[commands]\n"rcpt to" = "RCPT"\n"Mail From" = "MAIL"\n')
    assert error(folder) == "rules/commands.toml:3: `Mail From` is not lower case"


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
