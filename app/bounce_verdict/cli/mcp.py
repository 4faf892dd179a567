"""`bounces mcp`: the classifier as tools for agents."""

from bounce_verdict.cli.options import LocalOption, RulesOption
from bounce_verdict.private_files import user_cache_folder
from bounce_verdict.rulebook.files import read_files, rules_folder
from bounce_verdict.settings import load_settings
from bounce_verdict.snapshot.file import compiled_rules


def mcp_command(rules: RulesOption = None, local: LocalOption = None) -> None:
    """Serve the tools classify, explain and look_up_code by the Model Context Protocol, on stdin and stdout."""
    from bounce_verdict.mcp import make_server  # noqa: PLC0415  # needs the extra `mcp`

    settings = load_settings(rules=rules, local_rules=local)
    rulebook = compiled_rules(read_files(rules_folder(settings.rules), settings.local_rules), user_cache_folder())
    make_server(rulebook.book, rulebook.compiled, settings.limits()).run("stdio")
