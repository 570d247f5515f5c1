// Everything that the pictures show, as tables. A table is a caption, a head, and a function that makes its rows.

import { html, setText } from "./dom.js";
import { bytes, count, duration, percent, rate, time } from "./format.js";
import { addUp, labelsOf, PHASES, quantile, rateBy } from "./frame.js";
import { laneFigures } from "./flow.js";
import { fillOf } from "./segments.js";

const sum = (list) => list.reduce((a, b) => a + b, 0);
const STATES = ["ready", "preparing", "connecting", "draining", "down"];

function flowRows({ frame: { flows } }) {
  return [
    ["clients", "acceptors", "requests", rate(flows.requests)],
    ["acceptors", "DB actors", "requests", rate(flows.asked)],
    ["acceptors", "writers", "replies without the database, openings, releases", rate(flows.direct)],
    ["DB actors", "PostgreSQL", "batches", rate(flows.batches)],
    ["DB actors", "PostgreSQL", "requests in them", rate(flows.keys)],
    ["DB actors", "writers", "replies", rate(flows.replies)],
    ["writers", "acceptors", "credits, closings", rate(flows.credits)],
    ["writers", "clients", "responses", rate(flows.responses)],
    ["clients", "acceptors", "bytes", bytes(flows.received)],
    ["writers", "clients", "bytes", bytes(flows.sent)],
  ];
}

function routeRows({ about, frame }) {
  const cells = about.metrics.reviewd_responses_total.cells;
  const classes = labelsOf(about, "reviewd_responses_total", "status");
  return labelsOf(about, "reviewd_requests_total", "operation").map((operation, i) => [
    operation,
    rate(frame.rates.reviewd_requests_total[i]),
    ...classes.slice(1).map((status) => rate(frame.rates.reviewd_responses_total[cells.findIndex((cell) => cell.operation === operation && cell.status === status)])),
  ]);
}

function latencyRows({ about, recent }) {
  return labelsOf(about, "reviewd_requests_total", "operation").flatMap((operation, i) =>
    PHASES.map((phase) => {
      const growth = addUp(recent.map((frame) => frame.phases[phase.id][i]));
      const figures = [0.5, 0.9, 0.99, 0.999].map((share) => duration(quantile(about, growth, share)));
      return [operation, phase.title, growth ? count(growth.total) : "0", growth ? duration(growth.sum_ns / growth.total) : "–", ...figures];
    }));
}

function minuteRows({ about, frames }) {
  const minutes = new Map();
  for (const frame of frames) {
    const minute = Math.floor(frame.time / 60000);
    if (!minutes.has(minute)) minutes.set(minute, []);
    minutes.get(minute).push(frame);
  }
  return [...minutes].reverse().map(([minute, list]) => {
    const seconds = sum(list.map((frame) => frame.seconds));
    const events = (value) => sum(list.map((frame) => value(frame) * frame.seconds));
    const status = (name) => events((frame) => rateBy(about, frame, "reviewd_responses_total", "status").get(name));
    const most = (value) => Math.max(...list.map(value));
    const phase = (id, share) => duration(quantile(about, addUp(list.flatMap((frame) => frame.phases[id])), share));
    return [
      time(minute * 60000),
      count(events((frame) => frame.flows.responses)),
      rate(events((frame) => frame.flows.responses) / seconds),
      count(status("4xx")), count(status("5xx")), count(events((frame) => sum(frame.rates.reviewd_shed_total))),
      phase("total", 0.5), phase("total", 0.99), phase("queue", 0.99), phase("database", 0.99), phase("render", 0.99),
      percent(most((frame) => Math.max(...frame.actors.map((actor) => actor.fill)))),
      bytes(most((frame) => frame.process.resident_bytes)),
      rate(sum(list.map((frame) => frame.process.cpu * frame.seconds)) / seconds),
    ];
  });
}

function familyRows({ about, frame }) {
  return Object.entries(about.metrics).filter(([, { type }]) => type !== "histogram").flatMap(([family, { cells, help, type }]) =>
    cells.map((cell, i) => {
      const labels = Object.values(cell).join(", ");
      const value = type === "gauge" ? count(frame.gauges[family][i]) : `${rate(frame.rates[family][i])}/s`;
      return [`${family}${labels ? ` (${labels})` : ""}`, value, help];
    }));
}

const TABLES = [
  { id: "actors", caption: "Actors", head: ["Actor", "Loop", "CPU", "Messages waiting", "Room", "Fill", "Messages in/s", "Messages out/s", "Requests unanswered"], wide: true,
    rows: ({ frame }) => {
      const loops = new Map(frame.loops.map((loop) => [loop.name, loop]));
      return frame.actors.map((actor) => [actor.name, actor.loop, percent(loops.get(actor.loop).cpu), count(actor.depth), count(actor.mailbox_capacity), percent(actor.fill), rate(actor.pushed), rate(actor.taken), actor.kind === "db" ? count(actor.unanswered) : "–"]);
    } },
  { id: "flows", caption: "Messages a second", head: ["From", "To", "What", "A second"], labels: 3, rows: flowRows },
  { id: "routes", caption: "Routes: requests and responses a second", head: ["Route", "Requests", "2xx", "3xx", "4xx", "5xx"], rows: routeRows },
  { id: "latency", caption: "Latency by route and phase, last minute", head: ["Route", "Phase", "Requests", "Mean", "Median", "90 %", "99 %", "99.9 %"], labels: 2, rows: latencyRows },
  { id: "lanes", caption: "PostgreSQL: lanes", head: ["Lane", ...STATES, "Batches/s", "Requests/s", "Requests in a batch"],
    rows: ({ about, frame }) => labelsOf(about, "reviewd_batches_total", "lane").map((lane) => {
      const { connections, batches, keys, size } = laneFigures(about, frame, lane);
      return [lane, ...STATES.map((state) => count(connections[state] ?? 0)), rate(batches), rate(keys), size === null ? "–" : rate(size)];
    }) },
  { id: "process", caption: "Process", head: ["What", "Now", "At most"],
    rows: ({ about, frame: { process, gauges } }) => [
      ["Memory, resident", bytes(process.resident_bytes), "–"],
      ["Descriptors", count(process.descriptors), count(process.descriptors_max)],
      ["Clients", count(gauges.reviewd_clients[0]), count(about.limits.clients)],
      ["CPUs in use", rate(process.cpu), "–"],
    ] },
  { id: "minutes", caption: "The last 15 minutes, newest first", head: ["Minute", "Responses", "A second", "4xx", "5xx", "Shed", "Median", "99 %", "Queue 99 %", "Database 99 %", "Render 99 %", "Fullest mailbox", "Memory", "CPUs"], wide: true, rows: minuteRows },
  { id: "segments", caption: "Segments", head: ["Segment", "First product", "Last product", "Reviews", "Fill"],
    rows: ({ about, segments }) => segments.map((segment) => [segment.name, count(segment.first_product), count(segment.end_product - 1), segment.reviews < 0 ? "not counted" : count(segment.reviews), segment.reviews < 0 ? "–" : percent(fillOf(segment, about))]) },
  { id: "metrics", caption: "All counters and gauges", head: ["Metric", "Value or rate", "Meaning"], wide: true, prose: 2, rows: familyRows },
];

// Texts stand at the left, numbers at the right.
const classOf = (table, column) => (column < (table.labels ?? 1) || (table.prose === column) ? "label" : "");

class Table {
  constructor(table) {
    this.table = table;
    this.body = html("tbody");
    const element = html("table", { id: `table-${table.id}`, class: table.prose ? "prose" : "" },
      html("caption", { text: table.caption }),
      html("thead", {}, html("tr", {}, ...table.head.map((text, i) => html("th", { scope: "col", class: classOf(table, i), text })))), this.body);
    this.element = html("div", { class: `scrolls panel ${table.wide ? "wide" : ""}`, tabindex: "0", role: "region", "aria-label": table.caption }, element);
  }

  update(context) {
    const rows = this.table.rows(context);
    while (this.body.rows.length > rows.length) this.body.lastChild.remove();
    rows.forEach((cells, i) => {
      const row = this.body.rows[i] ?? this.body.appendChild(this.makeRow(cells.length));
      cells.forEach((text, column) => setText(row.cells[column], text));
    });
  }

  makeRow(length) {
    return html("tr", {}, ...Array.from({ length }, (_, i) => (i === 0 ? html("th", { scope: "row" }) : html("td", { class: classOf(this.table, i) }))));
  }
}

export class Tables {
  constructor(place) {
    this.tables = TABLES.map((table) => new Table(table));
    place.replaceChildren(...this.tables.map((table) => table.element));
  }

  // `context`: about, frame, recent (frames of a minute), frames (of 15), segments.
  update(context) {
    for (const table of this.tables) table.update(context);
  }
}
