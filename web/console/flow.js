// The picture of the actors: boxes with mailboxes, arrows with rates, PostgreSQL with its lanes.

import { setAttribute, setText, svg } from "./dom.js";
import { percent, rate, short } from "./format.js";

const BOX = { width: 200, height: 58, gap: 10 };
const SMALL = { width: 200, height: 34, gap: 6 };
const X = { clients: 8, acceptor: 200, db: 560, postgres: 912 };
const POSTGRES = { width: 280, lane: 62 };
const SHOWN_STATES = ["ready", "preparing", "connecting", "draining"];

// How full a mailbox may be before it is worth a look, and before it is trouble.
export const fillLevel = (fill) => (fill >= 0.85 ? "bad" : fill >= 0.5 ? "warn" : "ok");

function text(x, y, className, anchor = "start") {
  return svg("text", { x, y, class: className, "text-anchor": anchor });
}

function makeBox(actor, x, y, size) {
  const inner = size.width - 20;
  const small = size === SMALL;
  const parts = {
    cpu: text(x + size.width - 10, y + 19, "faint", "end"),
    fill: svg("rect", { x: x + 10, y: y + (small ? 24 : 27), width: 0, height: small ? 5 : 8, rx: 2, class: "fill" }),
    peak: svg("rect", { x: x + 10, y: y + (small ? 22 : 25), width: 2, height: small ? 9 : 12, class: "peak" }),
    depth: text(x + 10, y + 50, "figure"),
    taken: text(x + size.width - 10, y + 50, "figure", "end"),
    inner,
    small,
  };
  const name = text(x + 10, y + 19, "name");
  name.textContent = actor.name;
  parts.title = svg("title");
  const group = svg(
    "g",
    { class: `box ${actor.kind}` },
    parts.title,
    svg("rect", { x, y, width: size.width, height: size.height, rx: 8, class: "frame" }),
    name,
    parts.cpu,
    svg("rect", { x: x + 10, y: y + (small ? 24 : 27), width: inner, height: small ? 5 : 8, rx: 2, class: "trough" }),
    parts.fill,
    parts.peak,
  );
  if (!small) group.append(parts.depth, parts.taken);
  parts.group = group;
  return parts;
}

function updateBox(parts, actor, loop, peak) {
  setText(parts.cpu, loop ? `${percent(loop.cpu)} CPU` : "");
  setAttribute(parts.fill, "width", actor.depth === 0 ? 0 : Math.max(3, actor.fill * parts.inner).toFixed(1));
  setAttribute(parts.group, "data-level", fillLevel(actor.fill));
  setAttribute(parts.peak, "transform", `translate(${(Math.min(1, peak) * (parts.inner - 2)).toFixed(1)})`);
  setText(parts.depth, `${short(actor.depth)} of ${short(actor.mailbox_capacity)}`);
  setText(parts.taken, `${short(actor.taken)} msg/s`);
  setText(parts.title, `${actor.name}: ${actor.depth} of ${actor.mailbox_capacity} messages wait; takes ${rate(actor.taken)} a second`);
}

// An arrow from one point to another, with a caption beside its middle.
function makeArrow(path, x, y, anchor = "middle") {
  const line = svg("path", { d: path, class: "arrow", "marker-end": "url(#head)" });
  const label = text(x, y, "rate", anchor);
  const unit = text(x, y + 13, "faint", anchor);
  return { line, label, unit, group: svg("g", {}, line, label, unit) };
}

function updateArrow(arrow, value, unit) {
  setText(arrow.label, short(value));
  setText(arrow.unit, unit);
  setAttribute(arrow.line, "stroke-width", value > 0 ? (1.5 + Math.log10(1 + value) * 0.9).toFixed(2) : 1);
  setAttribute(arrow.line, "data-idle", value > 0 ? "no" : "yes");
}

function makeLane(lane, x, y) {
  const parts = {
    lane,
    states: text(x + 14, y + 34, "figure"),
    batch: text(x + POSTGRES.width - 14, y + 34, "figure", "end"),
    fill: svg("rect", { x: x + 14, y: y + 42, width: 0, height: 6, rx: 2, class: "fill" }),
    rate: text(x + POSTGRES.width - 14, y + 17, "faint", "end"),
    inner: POSTGRES.width - 28,
  };
  const name = text(x + 14, y + 17, "name");
  name.textContent = `lane ${lane}`;
  parts.group = svg("g", { class: "lane" }, name, parts.rate, parts.states, parts.batch,
    svg("rect", { x: x + 14, y: y + 42, width: parts.inner, height: 6, rx: 2, class: "trough" }), parts.fill);
  return parts;
}

export function laneFigures(about, frame, lane) {
  const cells = about.metrics.reviewd_db_connections.cells;
  const connections = {};
  cells.forEach((cell, i) => {
    if (cell.lane === lane) connections[cell.state] = frame.gauges.reviewd_db_connections[i];
  });
  const at = about.metrics.reviewd_batches_total.cells.findIndex((cell) => cell.lane === lane);
  const batches = frame.rates.reviewd_batches_total[at];
  const keys = frame.rates.reviewd_batch_keys_total[at];
  return { connections, batches, keys, size: batches > 0 ? keys / batches : null };
}

function updateLane(parts, about, frame) {
  const { connections, batches, size } = laneFigures(about, frame, parts.lane);
  const states = SHOWN_STATES.filter((state) => state === "ready" || connections[state] > 0);
  setText(parts.states, states.map((state) => `${connections[state] ?? 0} ${state}`).join(" · "));
  setText(parts.batch, size === null ? "idle" : `${rate(size)} a batch`);
  setText(parts.rate, `${short(batches)} batches/s`);
  setAttribute(parts.fill, "width", size === null ? 0 : Math.max(3, Math.min(1, size / about.limits.batch) * parts.inner).toFixed(1));
  // A lane without any connection has none that failed: the slow lane opens its own when it is needed.
  const wanted = states.some((state) => connections[state] > 0) || connections.down > 0;
  setAttribute(parts.group, "data-level", connections.ready > 0 || !wanted ? "ok" : "bad");
}

export class Flow {
  constructor(place, about) {
    this.about = about;
    this.boxes = new Map();
    const of = (kind) => about.actors.filter((actor) => actor.kind === kind);
    const acceptors = of("acceptor");
    const writers = of("writer");
    const dbs = of("db");
    const size = Math.max(acceptors.length + writers.length, dbs.length) > 8 ? SMALL : BOX;
    const step = size.height + size.gap;
    this.lanes = [...new Set(about.metrics.reviewd_batches_total.cells.map((cell) => cell.lane))];
    const postgresHeight = 34 + this.lanes.length * POSTGRES.lane;
    const between = 46; // from the acceptors to the writers
    const left = (acceptors.length + writers.length) * step + between;
    const height = Math.max(left, dbs.length * step, postgresHeight) + 20;
    const middle = height / 2;
    const root = svg("svg", { viewBox: `0 0 1200 ${height}`, class: "flow", role: "img", "aria-label": "Actors and messages; the tables say the same" });
    root.append(svg("defs", {}, svg("marker", { id: "head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto" },
      svg("path", { d: "M0 0 8 4 0 8z", class: "head" }))));
    const top = (height - left) / 2;
    this.place(root, acceptors, X.acceptor, top, size);
    this.place(root, writers, X.acceptor, top + acceptors.length * step + between, size);
    this.place(root, dbs, X.db, middle - (dbs.length * step - size.gap) / 2, size);
    const acceptorY = top + (acceptors.length * step - size.gap) / 2;
    const writerY = top + acceptors.length * step + between + (writers.length * step - size.gap) / 2;
    const laneTop = top + acceptors.length * step - size.gap; // below the last acceptor
    this.makeClients(root, middle, acceptorY, writerY);
    this.makePostgres(root, middle, postgresHeight);
    this.makeArrows(root, { acceptorY, writerY, middle, laneTop, between: between + size.gap, width: size.width });
    place.replaceChildren(root);
  }

  place(root, actors, x, y, size) {
    actors.forEach((actor, i) => {
      const box = makeBox(actor, x, y + i * (size.height + size.gap), size);
      this.boxes.set(actor.name, box);
      root.append(box.group);
    });
  }

  makeClients(root, middle) {
    this.clients = text(X.clients + 50, middle + 2, "name", "middle");
    this.clientsOf = text(X.clients + 50, middle + 18, "faint", "middle");
    root.append(svg("g", { class: "box" }, svg("rect", { x: X.clients, y: middle - 30, width: 100, height: 60, rx: 30, class: "frame" }),
      this.clients, this.clientsOf));
  }

  makePostgres(root, middle, height) {
    const y = middle - height / 2;
    const title = text(X.postgres + 14, y + 22, "name");
    title.textContent = "PostgreSQL";
    this.budget = text(X.postgres + POSTGRES.width - 14, y + 22, "faint", "end");
    const group = svg("g", { class: "box postgres" },
      svg("rect", { x: X.postgres, y, width: POSTGRES.width, height, rx: 8, class: "frame" }), title, this.budget);
    this.laneParts = this.lanes.map((lane, i) => makeLane(lane, X.postgres, y + 28 + i * POSTGRES.lane));
    group.append(...this.laneParts.map((lane) => lane.group));
    root.append(group);
  }

  makeArrows(root, { acceptorY, writerY, middle, laneTop, between, width }) {
    const inner = X.acceptor + width;
    const client = X.clients + 104;
    const down = X.acceptor + 48;
    const up = inner - 48;
    const bend = (x1, y1, x2, y2) => `M${x1} ${y1}C${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2} ${x2} ${y2}`;
    this.arrows = {
      requests: makeArrow(bend(client, middle - 12, X.acceptor - 4, acceptorY), client + 14, (middle + acceptorY) / 2 - 34),
      responses: makeArrow(bend(X.acceptor - 4, writerY, client, middle + 12), client + 14, (middle + writerY) / 2 + 32),
      asked: makeArrow(bend(inner + 2, acceptorY, X.db - 6, middle - 10), (inner + X.db) / 2 + 14, (middle + acceptorY) / 2 - 30),
      replies: makeArrow(bend(X.db - 4, middle + 10, inner + 4, writerY), (inner + X.db) / 2 + 14, (middle + writerY) / 2 + 30),
      keys: makeArrow(`M${X.db + width + 2} ${middle - 10}H${X.postgres - 6}`, (X.db + width + X.postgres) / 2, middle - 34),
      rows: makeArrow(`M${X.postgres - 2} ${middle + 10}H${X.db + width + 6}`, (X.db + width + X.postgres) / 2, middle + 32),
      direct: makeArrow(`M${down} ${laneTop + 2}V${laneTop + between - 6}`, down - 8, laneTop + between / 2, "end"),
      credits: makeArrow(`M${up} ${laneTop + between - 2}V${laneTop + 6}`, up + 8, laneTop + between / 2, "start"),
    };
    root.prepend(...Object.values(this.arrows).map((arrow) => arrow.group));
    root.prepend(root.querySelector("defs"));
  }

  // `peaks`: Map of an actor's name to the fullest that its mailbox was of late, 0 to 1.
  update(frame, peaks) {
    const loops = new Map(frame.loops.map((loop) => [loop.name, loop]));
    for (const actor of frame.actors) {
      const box = this.boxes.get(actor.name);
      if (box) updateBox(box, actor, loops.get(actor.loop), peaks.get(actor.name) ?? 0);
    }
    const flows = frame.flows;
    updateArrow(this.arrows.requests, flows.requests, "requests");
    updateArrow(this.arrows.responses, flows.responses, "responses");
    updateArrow(this.arrows.asked, flows.asked, "messages");
    updateArrow(this.arrows.replies, flows.replies, "replies");
    updateArrow(this.arrows.keys, flows.keys, "requests");
    updateArrow(this.arrows.rows, flows.batches, "batches");
    updateArrow(this.arrows.direct, flows.direct, "direct");
    updateArrow(this.arrows.credits, flows.credits, "credits");
    setText(this.clients, `${short(frame.gauges.reviewd_clients[0])} clients`);
    setText(this.clientsOf, `of ${short(this.about.limits.clients)}`);
    const down = this.about.metrics.reviewd_db_connections.cells.map((cell) => cell.state === "down");
    const open = frame.gauges.reviewd_db_connections.reduce((sum, value, i) => sum + (down[i] ? 0 : value), 0);
    setText(this.budget, `${open} of ${this.about.limits.db_connections} connections`);
    for (const lane of this.laneParts) updateLane(lane, this.about, frame);
  }
}
