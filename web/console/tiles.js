// The key figures, each with its course over 15 minutes.

import { clearCanvas, colour, html, setAttribute, setText } from "./dom.js";
import { bytes, count, duration, percent, rate, short } from "./format.js";
import { addUp, quantile, rateBy } from "./frame.js";

const sum = (list) => list.reduce((a, b) => a + b, 0);

function tilesOf(about) {
  const failed = (frame) => rateBy(about, frame, "reviewd_responses_total", "status").get("5xx");
  const shed = (frame) => sum(frame.rates.reviewd_shed_total);
  const late = (frame) => quantile(about, addUp(frame.phases.total), 0.99);
  const level = (value, limit) => (value > 0.9 * limit ? "bad" : value > 0.75 * limit ? "warn" : "ok");
  return [
    { id: "responses", title: "Responses", value: (frame) => frame.flows.responses, show: short, more: () => "a second" },
    { id: "latency", title: "Latency, 99 %", value: late, show: duration, more: (frame) => `median ${duration(quantile(about, addUp(frame.phases.total), 0.5))}` },
    { id: "errors", title: "Server errors", value: failed, show: rate, more: () => "5xx a second", level: (value) => (value > 0 ? "bad" : "ok") },
    { id: "sheds", title: "Shed", value: shed, show: rate, more: () => "503s a second", level: (value) => (value > 0 ? "bad" : "ok") },
    { id: "clients", title: "Clients", value: (frame) => frame.gauges.reviewd_clients[0], show: count, more: () => `of ${count(about.limits.clients)}`, level: (value) => level(value, about.limits.clients) },
    { id: "unanswered", title: "With the database", value: (frame) => frame.gauges.reviewd_db_unanswered[0], show: count, more: () => "unanswered" },
    { id: "memory", title: "Memory", value: (frame) => frame.process.resident_bytes, show: bytes, more: () => "resident" },
    { id: "descriptors", title: "Descriptors", value: (frame) => frame.process.descriptors, show: count, more: (frame) => `of ${count(frame.process.descriptors_max)}`, level: (value, frame) => level(value, frame.process.descriptors_max) },
    { id: "cpu", title: "CPUs", value: (frame) => frame.process.cpu, show: rate, more: (frame) => `busiest loop ${percent(Math.max(...frame.loops.map((loop) => loop.cpu)))}` },
  ];
}

export class Tiles {
  constructor(place, about) {
    this.tiles = tilesOf(about).map((tile) => {
      const parts = { ...tile, figure: html("b", { id: `tile-${tile.id}` }), note: html("span", { class: "faint" }), canvas: html("canvas", { "aria-hidden": "true" }) };
      parts.element = html("div", { class: "tile" }, html("h2", { text: tile.title }), parts.figure, parts.note, parts.canvas);
      return parts;
    });
    place.replaceChildren(...this.tiles.map((tile) => tile.element));
  }

  draw(frames, axis, shown) {
    for (const tile of this.tiles) {
      const value = tile.value(shown);
      setText(tile.figure, value === null ? "–" : tile.show(value));
      setText(tile.note, tile.more(shown));
      setAttribute(tile.element, "data-level", tile.level ? tile.level(value, shown) : "ok");
      drawSpark(tile, frames, axis);
    }
  }
}

function drawSpark(tile, frames, { end, span }) {
  const cleared = clearCanvas(tile.canvas);
  if (!cleared) return;
  const { context, width, height } = cleared;
  const values = frames.map(tile.value);
  const most = values.reduce((a, b) => Math.max(a, b ?? 0), 1e-9);
  context.beginPath();
  frames.forEach((frame, i) => {
    const x = (1 - (end - frame.time) / span) * width;
    context.lineTo(x, height - 1 - ((values[i] ?? 0) / most) * (height - 3));
  });
  context.strokeStyle = colour(tile.element.dataset.level === "bad" ? "bad" : "s1");
  context.lineWidth = 1.3;
  context.stroke();
}
