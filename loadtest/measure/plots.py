"""The plots, as SVG files. Without matplotlib there are none."""

import sys
from pathlib import Path

from bench import median

try:
    import matplotlib
    matplotlib.use("svg")
    # Text stays text; the same results give the same file.
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "reviewd", "font.size": 10, "font.family": "sans-serif",
                                "axes.spines.top": False, "axes.spines.right": False, "figure.facecolor": "white"})
    from matplotlib import pyplot
except ImportError:
    pyplot = None

COLORS = {"reviewd": "#1f6feb", "pgbench": "#8c959f", "pgbench-pipeline": "#57606a", "fastify": "#bf8700", "fasthttp": "#2da44e"}
LABELS = {"reviewd": "reviewd, through HTTP", "pgbench": "pgbench, one statement at a time", "pgbench-pipeline": "pgbench, pipelined",
          "fastify": "Fastify + pg", "fasthttp": "Go fasthttp + pgx"}
PERCENTS = ("50", "75", "90", "95", "99", "99.5", "99.9", "99.95", "99.99")


def _save(figure, folder, name):
    figure.tight_layout()
    figure.savefig(folder / name, metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    # Its lines end in spaces.
    path = Path(folder / name)
    path.write_text("\n".join(line.rstrip() for line in path.read_text().splitlines()) + "\n")


def _throughput(paths):
    names = list(paths)
    sides = [side for side in COLORS if any(side in paths[name] for name in names)]
    figure, axes = pyplot.subplots(figsize=(9, 0.75 * len(names) + 1.6))
    height = 0.8 / len(sides)
    for index, side in enumerate(sides):
        places = [(place, median(paths[name][side], "rate")) for place, name in enumerate(names) if side in paths[name]]
        bars = axes.barh([place + index * height for place, _ in places], [rate for _, rate in places], height * 0.92,
                         color=COLORS[side], label=LABELS[side])
        axes.bar_label(bars, labels=[f"{rate:,.0f}" for _, rate in places], padding=3, fontsize=7)
    axes.set_yticks([place + 0.4 - height / 2 for place in range(len(names))], names)
    axes.invert_yaxis()
    axes.set_xlabel("answers a second")
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    return figure


def _latency(half):
    figure, axes = pyplot.subplots(figsize=(9, 4))
    for side, runs in half.items():
        axes.plot([100 / (100 - float(percent)) for percent in PERCENTS],
                  [median(runs, "latency_ms", percent) for percent in PERCENTS], marker="o", markersize=3, color=COLORS[side],
                  label=f"{LABELS[side]}, {median(runs, 'rate_asked'):,.0f} a second")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks([100 / (100 - float(percent)) for percent in PERCENTS if percent not in ("95", "99.5", "99.95")],
                    [percent for percent in PERCENTS if percent not in ("95", "99.5", "99.95")])
    axes.minorticks_off()
    axes.set_xlabel("percentile")
    axes.set_ylabel("ms from when a request was due")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=8)
    return figure


def _connections(results):
    figure, axes = pyplot.subplots(figsize=(9, 3.5))
    counts = [int(count) for count in results]
    axes.plot(counts, [median(runs, "rate") for runs in results.values()], marker="o", color=COLORS["reviewd"])
    axes.set_xscale("log", base=2)
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.set_xlabel("connections to PostgreSQL that carry reads")
    axes.set_ylabel("lists a second")
    axes.grid(alpha=0.3)
    return figure


def draw(folder, records, results):
    """Returns {file name: what it shows}."""
    if pyplot is None:
        print("there are no plots without matplotlib: apt install python3-matplotlib", file=sys.stderr)
        return {}
    folder.mkdir(exist_ok=True)
    drawn = {}
    for key, plot, text in (("paths", _throughput, "answers a second by path and side"),
                            ("half", _latency, "latency percentiles at half of the maximum"),
                            ("connections", _connections, "throughput against connections used")):
        if results.get(key):
            name = f"{'throughput' if key == 'paths' else 'latency' if key == 'half' else key}-{records}.svg"
            _save(plot(results[key]), folder, name)
            drawn[name] = text
    return drawn
