// Heat maps of latency: a row for each route, a column for each phase of a request. One pixel is three seconds wide and one
// bucket of the server's histograms high.

import { clearCanvas, colour, html, makeCanvas, setAttribute, setText } from "./dom.js";
import { duration, short } from "./format.js";
import { labelsOf, PHASES, quantile, rateBy } from "./frame.js";
import { drawMoment } from "./charts.js";
import { HISTORY_MS } from "./history.js";

const COLUMN_MS = 3000;
const COLUMNS = HISTORY_MS / COLUMN_MS;
const SHADES = 48;

// "rgb(1, 2, 3)" or "#010203" to [1, 2, 3].
function parts(text) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = text;
  context.fillRect(0, 0, 1, 1);
  return context.getImageData(0, 0, 1, 1).data;
}

// Shades from the page's ground over the phase's hue to the brightest.
function makeShades(hue) {
  const stops = [parts(colour("heat-low")), parts(colour(hue)), parts(colour("heat-high"))];
  const shades = new Uint8ClampedArray(SHADES * 4);
  for (let i = 0; i < SHADES; i++) {
    const at = 0.25 + (1.75 * i) / (SHADES - 1); // the least is told from nothing
    const [from, to] = at < 1 ? [stops[0], stops[1]] : [stops[1], stops[2]];
    const share = at < 1 ? at : at - 1;
    for (let c = 0; c < 3; c++) shades[i * 4 + c] = from[c] + (to[c] - from[c]) * share;
    shades[i * 4 + 3] = 255;
  }
  return shades;
}

// What was counted in each pixel: a ring of columns, the newest last.
class Grid {
  constructor(buckets) {
    this.buckets = buckets;
    this.counts = new Uint32Array(COLUMNS * buckets);
    this.newest = 0; // number of the newest column since 1970
  }

  moveTo(column) {
    if (column <= this.newest) return;
    for (let next = Math.max(this.newest + 1, column - COLUMNS + 1); next <= column; next++) {
      this.counts.fill(0, (next % COLUMNS) * this.buckets, (next % COLUMNS + 1) * this.buckets);
    }
    this.newest = column;
  }

  add(column, counts) {
    const start = (column % COLUMNS) * this.buckets;
    counts.forEach((value, bucket) => (this.counts[start + bucket] += value));
  }

  paint(shades) {
    const image = new ImageData(COLUMNS, this.buckets);
    const most = Math.log1p(this.counts.reduce((a, b) => Math.max(a, b), 1));
    for (let x = 0; x < COLUMNS; x++) {
      const column = this.newest - COLUMNS + 1 + x;
      if (column < 0) continue;
      const start = (column % COLUMNS) * this.buckets;
      for (let bucket = 0; bucket < this.buckets; bucket++) {
        const value = this.counts[start + bucket];
        if (value === 0) continue;
        const shade = Math.round((Math.log1p(value) / most) * (SHADES - 1)) * 4;
        const at = ((this.buckets - 1 - bucket) * COLUMNS + x) * 4;
        image.data.set(shades.subarray(shade, shade + 4), at);
      }
    }
    return image;
  }
}

export class Heat {
  constructor(place, about) {
    this.about = about;
    this.buckets = about.bucket_borders_ns.length + 1;
    this.routes = labelsOf(about, PHASES[0].family, "operation");
    this.scratch = document.createElement("canvas");
    this.scratch.width = COLUMNS;
    this.scratch.height = this.buckets;
    this.renewShades();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.renewShades());
    const head = html("div", { class: "heat-row heat-head" }, html("span"), ...PHASES.map((phase) => html("span", { class: phase.id, text: phase.title })));
    this.rows = this.routes.map((route) => this.makeRow(route));
    place.replaceChildren(head, ...this.rows.map((row) => row.element));
  }

  renewShades() {
    this.shades = Object.fromEntries(PHASES.map((phase) => [phase.id, makeShades(phase.id)]));
  }

  makeRow(route) {
    const rate = html("span", { class: "faint" });
    const cells = PHASES.map((phase) => {
      const canvas = makeCanvas(`${route}, ${phase.title.toLowerCase()}: latency over time; the tables say the same`);
      const figures = html("span", { class: "quantiles" });
      return { phase, canvas, figures, grid: new Grid(this.buckets), element: html("div", { class: "heat-cell" }, canvas, figures) };
    });
    const element = html("div", { class: "heat-row" }, html("span", { class: "route" }, html("b", { text: route }), rate), ...cells.map((cell) => cell.element));
    return { route, rate, cells, element };
  }

  add(frame) {
    const column = Math.floor(frame.time / COLUMN_MS);
    this.rows.forEach((row, i) => {
      for (const cell of row.cells) {
        cell.grid.moveTo(column);
        const growth = frame.phases[cell.phase.id][i];
        if (growth) {
          cell.grid.add(column, growth.counts);
          row.isUsed = true;
        }
      }
    });
  }

  // The height of a duration, from 0 at the bottom to 1.
  heightOf(ns) {
    const borders = this.about.bucket_borders_ns;
    const index = borders.findIndex((border) => border >= ns);
    return ((index < 0 ? borders.length : index) + 0.5) / this.buckets;
  }

  draw(axis, shown) {
    const rates = shown ? rateBy(this.about, shown, "reviewd_responses_total", "operation") : new Map();
    this.rows.forEach((row, i) => {
      setAttribute(row.element, "data-idle", row.isUsed ? "no" : "yes");
      setText(row.rate, `${short(rates.get(row.route) ?? 0)}/s`);
      for (const cell of row.cells) this.drawCell(cell, i, axis, shown);
    });
  }

  drawCell(cell, route, { end, span }, shown) {
    const growth = shown?.phases[cell.phase.id][route] ?? null;
    const [half, most] = [0.5, 0.99].map((share) => quantile(this.about, growth, share));
    setText(cell.figures, growth ? `${duration(half)} · ${duration(most)}` : "");
    const cleared = clearCanvas(cell.canvas);
    if (!cleared) return;
    const { context, width, height } = cleared;
    context.strokeStyle = colour("line");
    context.fillStyle = colour("faint");
    context.font = "9px system-ui, sans-serif";
    this.scratch.getContext("2d").putImageData(cell.grid.paint(this.shades[cell.phase.id]), 0, 0);
    context.imageSmoothingEnabled = false;
    const columns = span / COLUMN_MS;
    context.drawImage(this.scratch, COLUMNS - columns, 0, columns, this.buckets, 0, 0, width, height);
    for (const [ns, name] of height > 30 ? [[1e6, "1 ms"], [1e8, "100 ms"]] : []) {
      const y = Math.round((1 - this.heightOf(ns)) * height) + 0.5;
      context.globalAlpha = 0.7;
      context.beginPath();
      context.moveTo(0, y);
      context.lineTo(width, y);
      context.stroke();
      context.globalAlpha = 1;
      context.fillText(name, 3, y - 2);
    }
    // The right border is the end of the newest column.
    const right = (Math.floor(end / COLUMN_MS) + 1) * COLUMN_MS;
    if (shown) drawMoment(context, (1 - (right - shown.time) / span) * width, height);
  }
}
