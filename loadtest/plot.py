"""Plots as SVG that need nothing else: lines and dots on linear or logarithmic axes, light or dark as the reader has it."""

import math
from html import escape

# Told apart by eyes of every kind (Okabe and Ito), dark enough for white paper and light enough for black.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#a6761d", "#b05a91")

STYLE = """
svg.plot { font: 12px system-ui, sans-serif; color: #222; background: #fff; }
svg.plot text { fill: currentColor; }
svg.plot .title { font-size: 14px; font-weight: 600; }
svg.plot .grid { stroke: currentColor; stroke-opacity: .15; }
svg.plot .axis { stroke: currentColor; stroke-opacity: .6; }
svg.plot .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
@media (prefers-color-scheme: dark) { svg.plot { color: #ddd; background: #15181c; } }
"""


class Series:
    """A name and points (x, y); y may be None where there is nothing to show."""

    def __init__(self, name, points, dots=False, line=True, dashed=False):
        self.name = name
        self.points = [(x, y) for x, y in points if y is not None]
        self.dots, self.line, self.dashed = dots, line, dashed


class Axis:
    """Places values between two pixels, and chooses round ticks."""

    def __init__(self, values, start, end, logarithmic=False):
        self.start, self.end, self.logarithmic = start, end, logarithmic
        top = max(values, default=1) or 1
        if logarithmic:
            positive = [value for value in values if value > 0]
            self.low = math.floor(math.log10(min(positive, default=1)))
            self.high = max(self.low + 1, math.ceil(math.log10(top)))
            self.ticks = [10.0**power for power in range(self.low, self.high + 1)]
        else:
            rough = top / 5
            unit = 10.0 ** math.floor(math.log10(rough))
            step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= rough * 0.999)
            count = math.ceil(top / step - 1e-9)
            self.low, self.high = 0.0, step * count
            self.ticks = [step * index for index in range(count + 1)]

    def place(self, value):
        at = math.log10(value) if self.logarithmic else value
        return self.start + (at - self.low) / (self.high - self.low) * (self.end - self.start)


def number(value):
    """A tick's label."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def chart(title, x_label, y_label, series, *, width=760, height=300, x_log=False, y_log=False, alone=False):
    """An <svg>. With `alone` it is a file of its own, with its style and name space."""
    left, right, top, bottom = 62, width - 16, 58, height - 44
    points = [point for one in series for point in one.points]
    across = Axis([x for x, _ in points], left, right, x_log)
    up = Axis([y for _, y in points], bottom, top, y_log)
    space = ' xmlns="http://www.w3.org/2000/svg"' if alone else ""
    out = [f'<svg class="plot"{space} viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
           f"<title>{escape(title)}</title>"]
    if alone:
        out.append(f"<style>{STYLE}</style><rect width='{width}' height='{height}' fill='none'/>")
    out.append(f'<text class="title" x="{left}" y="20">{escape(title)}</text>')
    out += ticks(across, up, left, right, top, bottom)
    out.append(f'<text x="{(left + right) / 2}" y="{height - 8}" text-anchor="middle">{escape(x_label)}</text>')
    out.append(f'<text transform="translate(14 {(top + bottom) / 2}) rotate(-90)" text-anchor="middle">{escape(y_label)}</text>')
    legend = left
    for one, colour in zip(series, COLOURS):
        out += draw(one, colour, across, up)
        out.append(f'<circle cx="{legend + 5}" cy="38" r="5" fill="{colour}"/>'
                   f'<text x="{legend + 14}" y="42">{escape(one.name)}</text>')
        legend += 34 + 7 * len(one.name)
    out.append("</svg>\n")
    return "\n".join(out)


def ticks(across, up, left, right, top, bottom):
    for value in up.ticks:
        y = up.place(value)
        yield f'<line class="grid" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{number(value)}</text>'
    for value in across.ticks:
        x = across.place(value)
        yield f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 4}"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 17}" text-anchor="middle">{number(value)}</text>'
    yield f'<line class="axis" x1="{left}" x2="{right}" y1="{bottom}" y2="{bottom}"/>'
    yield f'<line class="axis" x1="{left}" x2="{left}" y1="{top}" y2="{bottom}"/>'


def draw(one, colour, across, up):
    placed = [(across.place(x), up.place(y), x, y) for x, y in one.points if not (up.logarithmic and y <= 0)]
    if one.line and placed:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in placed)
        dashes = ' stroke-dasharray="6 4"' if one.dashed else ""
        yield f'<polyline class="line" stroke="{colour}"{dashes} points="{path}"/>'
    if one.dots:
        for x, y, value_x, value_y in placed:
            yield (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}">'
                   f"<title>{escape(one.name)}: {value_x:g}, {value_y:,.6g}</title></circle>")
