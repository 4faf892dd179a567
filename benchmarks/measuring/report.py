"""What was measured, as a table to read, as JSON and as RESULTS.md."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.measuring.timing import Spread, Timing, ratio, spread

MICRO = 1e6
MILLI = 1e3
_FINE, _COARSE = 10, 1_000  # below the one a figure has two decimals, from the other on none

_HEAD = """# What was measured

Written by `make bench`. Every figure is the median of several rounds in which all subjects of its part took turns. CPU is the time
of the process that does the work, with the lowest and highest round beside it; a ratio is taken round by round. Texts and mails are
never repeated: each round gets new ones.
"""


@dataclass(slots=True)
class Row:
    """One figure. cpu, wall: times or ratios in `unit`; amount: what is no time. bound: what it is bounded by.

    each: the same in other words, such as a rate. asked: what it should be; met: whether it is, None where nothing is asked.
    """

    name: str
    unit: str
    bound: str
    cpu: Spread | None = None
    wall: Spread | None = None
    amount: Spread | None = None
    each: str = ""
    asked: str = ""
    met: bool | None = None


@dataclass(slots=True)
class Part:
    """What one subject's file found. notes: what was left out or should be known, one sentence each."""

    title: str
    rows: list[Row]
    notes: list[str] = field(default_factory=list)


def timed(name: str, timing: Timing, factor: float, unit: str, bound: str) -> Row:
    """The row of a timing."""
    return Row(name, unit, bound, spread(timing.cpu).times(factor), spread(timing.wall).times(factor))


def compared(name: str, of: Timing, to: Timing, bound: str) -> Row:
    """The row of a ratio, round by round: how many times as long `of` takes as `to`."""
    return Row(name, "times", bound, ratio(of.cpu, to.cpu), ratio(of.wall, to.wall))


def ask(row: Row, text: str, hold: Callable[[float], bool], of: Spread | None = None) -> Row:
    """The row with what is asked of its median: `of` what is given, else of CPU where that was taken, else of the amount or the wall."""
    found = of or row.cpu or row.amount or row.wall
    row.asked, row.met = text, found is not None and hold(found.middle)
    return row


def table(part: Part) -> str:
    """The part in columns, for a terminal."""
    head, rows = _cells(part)
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in [head, *rows]]
    return "\n".join([part.title, *(f"  {line}" for line in lines), *(f"  ({note})" for note in part.notes), ""])


def write(folder: Path, machine: dict[str, str], parts: Sequence[Part]) -> None:
    """Write results.json and RESULTS.md."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {"machine": machine, "parts": [asdict(part) for part in parts]}
    (folder / "results.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "RESULTS.md").write_text(_page(machine, parts), encoding="utf-8")


def _page(machine: dict[str, str], parts: Sequence[Part]) -> str:
    pieces = [_HEAD, *(f"- {name}: {text}" for name, text in machine.items()), ""]
    for part in parts:
        head, rows = _cells(part)
        pieces += [f"## {part.title}", "", *(_line(row) for row in [head, ["---"] * len(head), *rows]), ""]
        pieces += ["What bounds them:", "", *(f"- {row.name}: {row.bound}." for row in part.rows), ""]
        pieces += [f"{note}\n" for note in part.notes]
    return "\n".join(pieces)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(part: Part) -> tuple[list[str], list[list[str]]]:
    """Head and rows; a column that would be empty throughout is left out."""
    columns: list[tuple[str, Callable[[Row], str]]] = [
        ("", lambda row: row.name),
        ("CPU", lambda row: _middle(row.cpu)),
        ("lowest–highest", lambda row: _ends(row.cpu)),
        ("wall", lambda row: _middle(row.wall)),
        ("amount", lambda row: _middle(row.amount)),
        ("unit", lambda row: row.unit),
        ("that is", lambda row: row.each),
        ("asked", lambda row: row.asked),
        ("", lambda row: {True: "yes", False: "NO", None: ""}[row.met]),
    ]
    kept = [(head, cell) for head, cell in columns if any(cell(row) for row in part.rows)]
    return [head for head, _ in kept], [[cell(row) for _, cell in kept] for row in part.rows]


def _middle(found: Spread | None) -> str:
    return number(found.middle) if found is not None else ""


def _ends(found: Spread | None) -> str:
    return f"{number(found.low)}–{number(found.high)}" if found is not None and found.low != found.high else ""


def number(figure: float) -> str:
    """The figure with as many decimals as it deserves."""
    if abs(figure) >= _COARSE:
        return f"{figure:,.0f}"
    return f"{figure:.2f}" if abs(figure) < _FINE else f"{figure:.1f}"
