"""A chart of columns: a title with numbers, and heights beside an axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from textual.content import Content
from textual.widgets import Static

AXIS: Final = 8  # cells
_LEVELS: Final = " ▁▂▃▄▅▆▇█"
Value = float | None


class Chart(Static):
    """Values over time, the latest on the right; None is a gap. `told` writes a value at the axis."""

    def __init__(self, title: str, style: str, told: Callable[[float], str], *, id: str) -> None:
        super().__init__(id=id, markup=False)
        self._title, self._style, self._told = title, style, told
        self._values: Sequence[Value] = ()
        self._remark = ""

    def show(self, values: Sequence[Value], remark: str) -> None:
        """Show values, and numbers beside the title."""
        if (values, remark) != (self._values, self._remark):
            self._values, self._remark = values, remark
            self._draw()

    def on_resize(self) -> None:
        """The height and the width are others."""
        self._draw()

    def _draw(self) -> None:
        width, height = self.size
        shown = columns(self._values, max(1, width - AXIS))
        most = max((each for each in shown if each), default=0.0)
        rows = heights(shown, most, max(1, height - 1))
        labels = [f"{self._told(most) if most else '':>{AXIS - 2}} ", *[" " * (AXIS - 1)] * len(rows)]
        parts: list[tuple[str, str]] = [(f"{self._title}  ", f"bold {self._style}"), (self._remark, "$foreground")]
        for label, row in zip(labels, rows, strict=False):
            parts += [(f"\n{label}▏", "$foreground-darken-3"), (row, self._style)]
        self.update(Content.assemble(*parts))


class TimeAxis(Static):
    """Which time stands where: `minutes` ago on the left, now on the right."""

    def __init__(self, minutes: int) -> None:
        super().__init__(markup=False)
        self._minutes = minutes

    def on_resize(self) -> None:
        """The width is another."""
        width = max(1, self.size.width - AXIS)
        line = [" "] * width
        for part in range(4):
            label = f"{-self._minutes * (4 - part) // 4}m"
            place = part * width // 4
            line[place : place + len(label)] = label
        line[-3:] = "now"
        self.update(Content.styled(" " * AXIS + "".join(line[:width]), "$foreground-darken-3"))


def columns(values: Sequence[Value], width: int) -> list[Value]:
    """As many values as there are columns: means where there are more, each several times where there are fewer."""
    count = len(values)
    parts = (
        values[at * count // width : max((at + 1) * count // width, at * count // width + 1)] for at in range(width)
    )
    return [_mean([each for each in part if each is not None]) for part in parts]


def heights(values: Sequence[Value], most: float, rows: int) -> list[str]:
    """Columns of eighths of cells, in rows from the top; what is more than nothing can be seen."""
    steps = [0 if not each or not most else max(1, round(each / most * rows * 8)) for each in values]
    return ["".join(_LEVELS[max(0, min(8, step - 8 * row))] for step in steps) for row in reversed(range(rows))]


def _mean(values: Sequence[float]) -> Value:
    return sum(values) / len(values) if values else None
