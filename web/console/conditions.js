// What an operator should know at once, in words: derived from the frames of the last seconds.

import { html } from "./dom.js";
import { count, percent, rate, time } from "./format.js";
import { rateBy } from "./frame.js";

const sum = (list) => list.reduce((a, b) => a + b, 0);

// [key, level, words] of each condition of a frame.
function judge(about, frame, segments) {
  const found = [];
  const say = (key, level, words) => found.push({ key, level, words });
  if (frame.state !== "ready") say("state", "bad", frame.state === "draining" ? "The server drains: it takes no more clients." : `Not ready: ${frame.state}.`);
  const failed = rateBy(about, frame, "reviewd_responses_total", "status").get("5xx") ?? 0;
  const shed = sum(frame.rates.reviewd_shed_total);
  if (failed > shed) say("failed", "bad", `${rate(failed)} responses a second are server errors.`);
  about.metrics.reviewd_shed_total.cells.forEach((cell, i) => {
    const more = frame.rates.reviewd_shed_total[i];
    if (more > 0) say(`shed ${cell.reason}`, "bad", `Overload: ${rate(more)} requests a second are refused (${cell.reason}).`);
  });
  const late = frame.rates.reviewd_deadline_exceeded_total[0];
  if (late > 0) say("late", "bad", `${rate(late)} requests a second miss their deadline.`);
  const lost = frame.rates.reviewd_db_connection_failures_total[0];
  if (lost > 0) say("lost", "bad", `Connections to PostgreSQL fail: ${rate(lost)} a second.`);
  for (const actor of frame.actors) {
    if (actor.fill >= 0.5) say(`mail ${actor.name}`, actor.fill >= 0.85 ? "bad" : "warn", `The mailbox of ${actor.name} is ${percent(actor.fill)} full.`);
  }
  for (const loop of frame.loops) {
    const names = about.actors.filter((actor) => actor.loop === loop.name).map((actor) => actor.name);
    if (loop.cpu > 0.9) say(`cpu ${loop.name}`, "warn", `${names.join(", ")}: the thread is ${percent(Math.min(1, loop.cpu))} busy.`);
  }
  const limits = [["Clients", frame.gauges.reviewd_clients[0], about.limits.clients], ["Descriptors", frame.process.descriptors, frame.process.descriptors_max]];
  for (const [name, value, limit] of limits) {
    if (value > 0.75 * limit) say(name, value > 0.9 * limit ? "bad" : "warn", `${name}: ${count(value)} of ${count(limit)}.`);
  }
  if (frame.logDropped > 0) say("log", "warn", `${count(frame.logDropped)} lines of the log were dropped: standard error is slow.`);
  const overfull = segments.filter((segment) => segment.reviews > about.limits.segment_reviews);
  if (overfull.length > 0) say("segments", "warn", `${count(overfull.length)} segments hold too much: reviewd-seed segments split.`);
  return found;
}

const KEPT_MS = 10000; // after it has passed, so that it can be read

export class Conditions {
  constructor(place) {
    this.place = place;
    this.known = new Map(); // by key: since when, until when, element
  }

  // Takes each new frame, in order.
  update(about, frame, segments) {
    for (const { key, level, words } of judge(about, frame, segments)) {
      const before = this.known.get(key);
      this.known.set(key, { since: before?.since ?? frame.time, until: frame.time, level, words });
    }
    for (const [key, { until }] of this.known) {
      if (frame.time - until > KEPT_MS) this.known.delete(key);
    }
    const lines = [...this.known.values()].map(({ since, until, level, words }) => {
      const passed = until < frame.time;
      const when = since === until ? `at ${time(since)}` : `${time(since)} to ${passed ? time(until) : "now"}`;
      return { text: `${words} (${when})`, className: `condition ${passed ? "passed" : level}` };
    });
    const same = lines.length === this.place.children.length && lines.every((line, i) => this.place.children[i].textContent === line.text && this.place.children[i].className === line.className);
    if (!same) this.place.replaceChildren(...lines.map((line) => html("p", { class: line.className, text: line.text })));
  }
}
