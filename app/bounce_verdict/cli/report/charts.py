"""Charts of counts, drawn by leather as plain SVG: no script, no style of their own, colours by the page's names."""

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

import leather
from leather import theme

_BARS_WIDTH, _DAYS_WIDTH, _DAYS_HEIGHT = 640, 800, 280
_ROW, _AXIS = 26, 34  # of a bar with its gap; of the numbers below
_ABOVE, _BESIDE = 10, 24  # room where the legend and the last number stand over the edge
_MAX_LABEL = 34  # characters
_MAX_DAY_LABELS = 7
_FONT = "inherit"


def bar_chart(counts: Mapping[str, int], colours: Mapping[str, str], title: str) -> Element:
    """A bar for each count, in their order from the top. colours: of some; the others share one. title: for who cannot see it."""
    chart = _new_chart()
    chart.add_x_scale(0, max(counts.values()))
    chart.add_x_axis(tick_formatter=_whole_number)
    chart.add_y_axis(tick_formatter=lambda label, _place, _count: _shortened(label))
    chart.add_bars(
        [(count, label) for label, count in counts.items()],
        fill_color=lambda datum: colours.get(datum.y, "var(--bar)"),
    )
    return _drawing(chart, _BARS_WIDTH, _ROW * len(counts) + _AXIS, title)


def stacked_days(days: Mapping[str, Mapping[str, int]], names: Sequence[str], colours: Mapping[str, str], title: str) -> Element:
    """A column for each day, with a part for each of `names`, the first at the bottom."""
    chart, shown = _new_chart(), [name for name in names if any(counts.get(name) for counts in days.values())]
    sums = {day: [sum(counts.get(name, 0) for name in shown[: n + 1]) for n in range(len(shown))] for day, counts in days.items()}
    chart.add_y_scale(0, max(max(heights) for heights in sums.values()))
    chart.add_y_axis(tick_formatter=_whole_number)
    step = -(-len(days) // _MAX_DAY_LABELS)
    chart.add_x_axis(tick_formatter=lambda day, place, _count: "" if place % step else day)
    for place in range(len(shown) - 1, -1, -1):  # each column covers the lower part of the one before it
        chart.add_columns(
            [(day, heights[place]) for day, heights in sums.items()], name=shown[place], fill_color=colours[shown[place]]
        )
    return _drawing(chart, _DAYS_WIDTH, _DAYS_HEIGHT, title)


def _new_chart() -> leather.Chart:
    theme.background_color = "none"
    theme.margin = 0.012
    theme.tick_color = "var(--line)"
    theme.zero_color = "var(--faint)"
    theme.label_color = theme.legend_color = "var(--faint)"
    theme.tick_font_family = theme.legend_font_family = _FONT
    theme.tick_font_size = theme.legend_font_size = 13
    theme.tick_font_char_width = theme.legend_font_char_width = 7
    return leather.Chart()


def _drawing(chart: leather.Chart, width: int, height: int, title: str) -> Element:
    box = f"0 {-_ABOVE} {width + _BESIDE} {height + _ABOVE}"
    drawing = Element("svg", {"viewBox": box, "role": "img", "aria-label": title})
    drawing.append(chart.to_svg_group(width, height))
    return drawing


def _whole_number(number: object, _place: int, _count: int) -> str:
    """A tick's label; none between two whole numbers."""
    exact = float(str(number))
    return f"{exact:,.0f}" if exact.is_integer() else ""


def _shortened(label: str) -> str:
    return label if len(label) <= _MAX_LABEL else f"{label[: _MAX_LABEL - 1]}…"
