"""A sheet of paper to draw on in pixels, from the top left corner; text is measured and never obeyed.

Importing this takes about a second, because it brings matplotlib; only what draws does it. Nothing of
matplotlib's state for the whole process is used while drawing, so any thread may draw.
Source: matplotlib, "Embedding in a web application server", "Usage guide: backends".
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, Literal

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from PIL import Image

from bot.messages.escape import visible

# What someone has set in a matplotlibrc of theirs is not for our pictures.
mpl.rcdefaults()

NO_GLYPH: Final = "□"
"""Stands for a letter that the font lacks, and for one that is read from right to left, which would turn."""

_LONGEST = 600
"""Characters of a text that are looked at; no line holds as many."""

_FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"
_PLAIN = _FONTS / "DejaVuSans.ttf"
_BOLD = _FONTS / "DejaVuSans-Bold.ttf"
_DPI = 72  # a point is a pixel
_COLOURS = 96
_FROM_RIGHT = frozenset({"R", "AL", "AN"})

Side = Literal["left", "center", "right"]


class Sheet:
    """A sheet of a fixed width, which is as long in the end as what was drawn on it.

    Args:
        width: In pixels.
        paper: The color of the sheet.
    """

    def __init__(self, width: int, paper: str) -> None:
        self.width = width
        self.replaced = False
        self._figure = Figure(figsize=(width / _DPI, 1), dpi=_DPI, facecolor=paper)
        self._axes: Any = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()
        self._axes.set_xlim(0, width)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        color: str,
        *,
        bold: bool = False,
        side: Side = "left",
        room: float = 0,
    ) -> float:
        """Write one line, its middle at `y`; cut to `room` pixels where that is given. Give its width."""
        line = self.fitting(text, size, room, bold=bold) if room else self.written(text)
        artist = Text(
            x,
            y,
            line,
            color=color,
            fontproperties=_font(bold=bold, size=size),
            ha=side,
            va="center_baseline",
            parse_math=False,
            usetex=False,
            zorder=5,
        )
        self._axes.add_artist(artist)
        return _width(line, size, bold=bold)

    def box(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        color: str,
        *,
        hatch: str = "",
        edge: str = "",
        order: float = 1,
    ) -> None:
        """Fill a box; with `hatch` it is striped in the color of its edge."""
        self._axes.add_artist(
            Rectangle(
                (left, top),
                right - left,
                bottom - top,
                facecolor=color,
                edgecolor=edge or "none",
                hatch=hatch or None,
                linewidth=2 if edge else 0,
                zorder=order,
            )
        )

    def line(self, points: Sequence[tuple[float, float]], color: str, width: float = 2) -> None:
        """Draw a line through these points."""
        xs, ys = zip(*points, strict=True)
        self._axes.add_artist(Line2D(xs, ys, color=color, linewidth=width, zorder=2))

    def marks(
        self,
        points: Sequence[tuple[float, float]],
        shape: str,
        size: float,
        color: str,
        *,
        fill: str = "",
        edge: float = 2,
    ) -> None:
        """Draw one mark at each point; `shape` is one of matplotlib's, `size` its height in pixels."""
        if not points:
            return
        xs, ys = zip(*points, strict=True)
        self._axes.add_artist(
            Line2D(
                xs,
                ys,
                linestyle="none",
                marker=shape,
                markersize=size,
                markeredgecolor=color,
                markerfacecolor=fill or color,
                markeredgewidth=edge,
                zorder=4,
            )
        )

    def written(self, text: str) -> str:
        """Give the text as it can be written: one line, nothing hidden, no letter that the font lacks."""
        out = []
        for sign in visible(text[:_LONGEST]):
            known = ord(sign) in _letters() and unicodedata.bidirectional(sign) not in _FROM_RIGHT
            out.append(sign if known else NO_GLYPH)
            self.replaced = self.replaced or not known
        return "".join(out)

    def fitting(self, text: str, size: float, room: float, *, bold: bool = False) -> str:
        """Give as much of the text as `room` pixels hold, with an ellipsis where something went."""
        line = self.written(text)
        if len(text) <= _LONGEST and _width(line, size, bold=bold) <= room:
            return line
        fits, over = 0, len(line) + 1
        while over - fits > 1:
            middle = (fits + over) // 2
            if _width(f"{line[:middle]}…", size, bold=bold) <= room:
                fits = middle
            else:
                over = middle
        return f"{line[:fits].rstrip()}…"

    def lines(self, text: str, size: float, room: float, most: int, *, bold: bool = False) -> list[str]:
        """Break the text at blanks into at most `most` lines; the last is cut where there is more."""
        words = self.written(text).split(" ")
        blank = _width("n n", size, bold=bold) - 2 * _width("n", size, bold=bold)
        made: list[str] = []
        while words and len(made) < most - 1:
            taken, wide = 0, -blank
            while (
                taken < len(words) and (wide := wide + blank + _width(words[taken], size, bold=bold)) <= room
            ):
                taken += 1
            if not taken:
                break  # a word longer than a line
            made.append(" ".join(words[:taken]))
            words = words[taken:]
        if words:
            made.append(self.fitting(" ".join(words), size, room, bold=bold))
        return made

    def png(self, height: float) -> bytes:
        """Give the sheet, cut at `height` pixels, as PNG; the same drawing gives the same bytes."""
        self._figure.set_size_inches(self.width / _DPI, round(height) / _DPI)
        self._axes.set_ylim(round(height), 0)
        canvas: Any = FigureCanvasAgg(self._figure)
        canvas.draw()
        drawn = Image.frombuffer("RGBA", canvas.get_width_height(), bytes(canvas.buffer_rgba()))
        # A few colors are enough for a drawing, and make a third of the bytes.
        few = drawn.convert("RGB").quantize(
            _COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
        )
        out = io.BytesIO()
        few.save(out, "png", dpi=(_DPI, _DPI))
        return out.getvalue()


@cache
def _letters() -> frozenset[int]:
    """The letters that both cuts of the font have."""
    return frozenset(get_font(_PLAIN).get_charmap()) & frozenset(get_font(_BOLD).get_charmap())


@cache
def _measuring() -> Any:
    """What knows how wide a text becomes; it keeps nothing of what it measures."""
    made: Any = RendererAgg
    return made(1, 1, _DPI)


@cache
def _font(*, bold: bool, size: float) -> FontProperties:
    return FontProperties(fname=_BOLD if bold else _PLAIN, size=size)


@lru_cache(maxsize=4_096)  # the same words and labels come again and again
def _width(text: str, size: float, *, bold: bool) -> float:
    wide, _, _ = _measuring().get_text_width_height_descent(text, _font(bold=bold, size=size), ismath=False)
    return float(wide)
