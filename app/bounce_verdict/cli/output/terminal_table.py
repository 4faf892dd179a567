"""A table for a person, as wide as the terminal; written piece by piece, so that every piece has the same columns.

Every cell is a Text: of a string rich would take what stands in brackets for markup, and stop at one that it cannot read.
"""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bounce_verdict.cli.output.forms import TableRow
from bounce_verdict.cli.output.printing import VERDICT_STYLES, printable

_WITH_TEXT, _WITH_EXPLANATION = 120, 170  # columns of a terminal that have room for these too
_FIXED = 9 + 23 + 11 + 3  # verdict, reason, suppress and the gaps between them


class TerminalTable:
    """Writes rows to a console, their head ahead of the first."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = False

    def write(self, rows: Sequence[TableRow]) -> None:
        """Write them."""
        table = self._make()
        for verdict, reason, suppress, who, text, explanation in rows:
            shown = Text(verdict or "null", VERDICT_STYLES.get(verdict, "red"))
            cells = [Text(printable(cell)) for cell in (reason, suppress, who or text, text, explanation)]
            table.add_row(shown, *cells[: len(table.columns) - 1])
        self._console.print(table)
        self._begun = True

    def _make(self) -> Table:
        width = self._console.width
        table = Table(box=None, show_header=not self._begun, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
        table.add_column("verdict", width=9, no_wrap=True)
        table.add_column("reason", width=23, no_wrap=True)
        table.add_column("suppress", width=11, no_wrap=True)
        rest = max(width - _FIXED - 1, 12)
        shares = {"recipient or reply": 1.0}
        if width >= _WITH_EXPLANATION:
            shares = {"recipient or reply": 0.25, "text": 0.35, "explanation": 0.4}
        elif width >= _WITH_TEXT:
            shares = {"recipient or reply": 0.45, "text": 0.55}
        for name, share in shares.items():
            table.add_column(name, width=int(rest * share) - (share != 1), no_wrap=True, overflow="ellipsis")
        return table
