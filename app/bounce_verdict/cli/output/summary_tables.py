"""A summary for a person: a table for each of what is counted, with shares, then the undecided texts."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bounce_verdict.cli.bulk.tally import Summary
from bounce_verdict.cli.output.counting import count_of
from bounce_verdict.cli.output.printing import VERDICT_STYLES, printable


def print_summary(summary: Summary, top: int) -> None:
    """Write it to stdout, of each table the `top` most frequent; of days the last."""
    console = Console(highlight=False)
    unread = f", {count_of(summary.problems, 'record')} not read" if summary.problems else ""
    console.print(Text(f"{count_of(summary.recipients, 'recipient')} in {count_of(summary.answers, 'answer')}{unread}", "bold"))
    for name, counts in summary.by.items():
        rows = list(counts.items())
        shown = rows[-top:] if name == "day" else rows[:top]
        table = _table(name, "recipients", "share")
        for what, count in shown:
            style = VERDICT_STYLES.get(None if what == "null" else what, "") if name == "verdict" else ""
            table.add_row(Text(printable(what), style), f"{count:,}", f"{count / summary.recipients:.1%}")
        if len(rows) > top:
            table.add_row(Text(f"and {len(rows) - top:,} more", "dim"), "", "")
        console.print()
        console.print(table)
    if summary.undecided:
        table = _table("text that no rule decided", "recipients")
        for text, count in summary.undecided[:top]:
            table.add_row(Text(printable(text)), f"{count:,}")
        console.print()
        console.print(table)


def _table(first: str, *numbers: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(first, min_width=32, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table
