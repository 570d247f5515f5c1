// Lines over the last 15 minutes. A chart has series; a series has a name, a colour and a value of each frame (null: none).

import { clearCanvas, colour, html, makeCanvas, setText } from "./dom.js";
import { duration, percent, rate, short, time } from "./format.js";
import { labelsOf, quantile, addUp, rateBy } from "./frame.js";

const INSET = { left: 2, right: 2, top: 6, bottom: 14 };
const HUES = ["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"];

const perFrame = new WeakMap(); // what several series need of a frame
function latency(about, frame) {
  let known = perFrame.get(frame);
  if (!known) {
    const all = addUp(frame.phases.total);
    known = [0.5, 0.99, 0.999].map((share) => quantile(about, all, share));
    perFrame.set(frame, known);
  }
  return known;
}

const fullest = (frame, kind) =>
  frame.actors.reduce((most, actor) => (actor.kind === kind ? Math.max(most, actor.fill) : most), 0);

function sumOf(about, frame, family, label, value) {
  return rateBy(about, frame, family, label).get(value) ?? 0;
}

// Every chart of the page. `floor`: the top of the scale is at least this.
export function chartsOf(about) {
  const operations = labelsOf(about, "reviewd_responses_total", "operation");
  const lanes = labelsOf(about, "reviewd_batches_total", "lane");
  const reasons = labelsOf(about, "reviewd_shed_total", "reason");
  const hue = (i) => HUES[i % HUES.length];
  return [
    {
      title: "Responses a second", format: short, stacked: true, floor: 1,
      series: operations.map((operation, i) => ({
        name: operation, hue: hue(i), value: (frame) => sumOf(about, frame, "reviewd_responses_total", "operation", operation),
      })),
    },
    {
      title: "Latency of all routes", format: duration, floor: 1e6, logarithmic: 1e4,
      series: ["median", "99 %", "99.9 %"].map((name, i) => ({ name, hue: ["s1", "s4", "s6"][i], value: (frame) => latency(about, frame)[i] })),
    },
    {
      title: "Errors and sheds a second", format: short, floor: 1,
      series: [
        { name: "5xx", hue: "bad", value: (frame) => sumOf(about, frame, "reviewd_responses_total", "status", "5xx") },
        { name: "4xx", hue: "s4", value: (frame) => sumOf(about, frame, "reviewd_responses_total", "status", "4xx") },
        ...reasons.map((reason, i) => ({ name: `shed: ${reason}`, hue: ["s2", "s3", "s5", "s7"][i % 4], value: (frame) => sumOf(about, frame, "reviewd_shed_total", "reason", reason) })),
        { name: "late (504)", hue: "s6", value: (frame) => frame.rates.reviewd_deadline_exceeded_total[0] },
      ],
    },
    {
      title: "Fullest mailbox", format: percent, floor: 0.01,
      series: [["acceptor", "s1"], ["db", "s2"], ["writer", "s3"]].map(([kind, shade]) => ({ name: kind, hue: shade, value: (frame) => fullest(frame, kind) })),
    },
    {
      title: "Requests in a batch", format: rate, floor: 2,
      series: lanes.map((lane, i) => ({
        name: lane, hue: hue(i),
        value: (frame) => {
          const batches = sumOf(about, frame, "reviewd_batches_total", "lane", lane);
          return batches > 0 ? sumOf(about, frame, "reviewd_batch_keys_total", "lane", lane) / batches : null;
        },
      })),
    },
    {
      title: "CPU of the process, in CPUs", format: rate, floor: 0.1,
      series: [
        { name: "all", hue: "s1", value: (frame) => frame.process.cpu },
        { name: "busiest loop", hue: "s4", value: (frame) => Math.max(...frame.loops.map((loop) => loop.cpu)) },
      ],
    },
  ];
}

export class Chart {
  constructor(chart) {
    this.chart = chart;
    this.canvas = makeCanvas(`${chart.title}, as lines over time; the tables say the same`);
    this.values = chart.series.map(() => html("b"));
    this.top = html("span", { class: "faint" });
    const legend = html("ul", { class: "series" }, ...chart.series.map((series, i) =>
      html("li", {}, html("i", { class: `swatch ${series.hue}` }), `${series.name} `, this.values[i])));
    this.element = html("figure", {}, html("figcaption", {}, html("span", { text: chart.title }), this.top), this.canvas, legend);
  }

  // Stacked series stand on those before them.
  table(frames) {
    const below = new Array(frames.length).fill(0);
    return this.chart.series.map((series) => frames.map((frame, i) => {
      const value = series.value(frame);
      if (!this.chart.stacked) return value;
      below[i] += value ?? 0;
      return below[i];
    }));
  }

  scale(table) {
    const { floor, logarithmic } = this.chart;
    let most = floor;
    for (const row of table) for (const value of row) if (value > most) most = value;
    if (!logarithmic) return { most, of: (value) => value / most };
    const span = Math.log(most / logarithmic);
    return { most, of: (value) => Math.max(0, Math.log(value / logarithmic) / span) };
  }

  draw(frames, { end, span }, shown) {
    this.chart.series.forEach((series, i) => {
      const value = shown ? series.value(shown) : null;
      setText(this.values[i], value === null ? "–" : this.chart.format(value));
    });
    const cleared = clearCanvas(this.canvas);
    if (!cleared) return;
    const { context, width, height } = cleared;
    const table = this.table(frames);
    const scale = this.scale(table);
    setText(this.top, `up to ${this.chart.format(scale.most)}`);
    const x = (ms) => INSET.left + (1 - (end - ms) / span) * (width - INSET.left - INSET.right);
    const base = height - INSET.bottom;
    const y = (value) => base - scale.of(value) * (base - INSET.top);
    drawAxis(context, width, base, { end, span }, x);
    for (let i = table.length - 1; i >= 0; i--) {
      this.drawSeries(context, frames, table[i], colour(this.chart.series[i].hue), x, y, base);
    }
    if (shown) drawMoment(context, x(shown.time), base);
  }

  drawSeries(context, frames, row, stroke, x, y, base) {
    context.beginPath();
    let previous = null;
    let start = 0;
    const close = (until) => {
      if (!this.chart.stacked || previous === null) return;
      context.lineTo(until, base);
      context.lineTo(start, base);
    };
    frames.forEach((frame, i) => {
      const gap = previous === null || row[i] === null || frame.time - previous > 5000;
      if (row[i] === null) {
        return;
      }
      if (gap) {
        close(previous === null ? 0 : x(previous));
        start = x(frame.time);
        context.moveTo(start, y(row[i]));
      } else {
        context.lineTo(x(frame.time), y(row[i]));
      }
      previous = frame.time;
    });
    close(previous === null ? 0 : x(previous));
    context.lineWidth = 1.4;
    context.lineJoin = "round";
    context.strokeStyle = stroke;
    context.fillStyle = stroke;
    if (this.chart.stacked) context.fill();
    else context.stroke();
  }
}

function drawAxis(context, width, base, { end, span }, x) {
  context.strokeStyle = colour("line");
  context.fillStyle = colour("faint");
  context.font = "10px system-ui, sans-serif";
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(0, base + 0.5);
  context.lineTo(width, base + 0.5);
  const step = span > 300000 ? 5 : span > 120000 ? 1 : 0.5; // minutes
  context.textAlign = "center";
  for (let minutes = step; minutes * 60000 < span; minutes += step) {
    const at = Math.round(x(end - minutes * 60000)) + 0.5;
    context.moveTo(at, INSET.top);
    context.lineTo(at, base + 3);
    context.fillText(minutes < 1 ? `−${minutes * 60} s` : `−${minutes} min`, at, base + 12);
  }
  context.stroke();
  context.textAlign = "right";
  context.fillText("now", width - 1, base + 12);
  context.textAlign = "left";
  context.fillText(time(end - span), INSET.left, base + 12);
}

export function drawMoment(context, at, base) {
  context.strokeStyle = colour("text");
  context.lineWidth = 1;
  context.setLineDash([3, 3]);
  context.beginPath();
  context.moveTo(at, 0);
  context.lineTo(at, base);
  context.stroke();
  context.setLineDash([]);
}
