"""How often `bounces rules suggest` would be right: each hit of the rulebook is taken out and asked about. Needs the extra `suggest`.

Once the rest of its rule stays, once its whole rule is out as well, as if nobody had written it yet.
"""

from bounce_verdict.cli.bulk.tally import template_of
from bounce_verdict.cli.rules.nearest import Near, NearestHits
from bounce_verdict.cli.rules.suggest import NEAREST
from bounce_verdict.model import Rule
from bounce_verdict.rulebook.load import load_rulebook, rules_folder


def main() -> None:
    """Print the shares."""
    book = load_rulebook(rules_folder(None))
    hits = [(template_of(hit.reply), rule, hit.reply) for rule in book.rules for hit in rule.hits]
    known = NearestHits(hits)
    print(f"{len(hits)} hits of {len(book.rules)} rules")
    for name, is_alone in (("its hit is taken out", True), ("its rule is taken out", False)):
        shown = [(rule, _others(known, text, rule, hit, is_alone=is_alone)) for text, rule, hit in hits]
        print(f"{name}: {_shares(shown)}")


def _others(known: NearestHits, text: str, rule: Rule, hit: str, *, is_alone: bool) -> list[Near]:
    """The nearest rules without what is taken out."""
    near = known.nearest(text, NEAREST + 1, without=hit if is_alone else None)
    return [one for one in near if is_alone or one.rule.id != rule.id][:NEAREST]


def _shares(shown: list[tuple[Rule, list[Near]]]) -> str:
    first = sum(bool(near) and near[0].rule.verdict == rule.verdict for rule, near in shown)
    among = sum(any(one.rule.verdict == rule.verdict for one in near) for rule, near in shown)
    reason = sum(any(one.rule.reason == rule.reason for one in near) for rule, near in shown)
    return (
        f"the nearest rule has the verdict of {first / len(shown):.0%}, one of {NEAREST} has it of {among / len(shown):.0%}, "
        f"and the reason of {reason / len(shown):.0%}"
    )


if __name__ == "__main__":
    main()
