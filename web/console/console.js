// The operators' console: takes the server's samples, keeps 15 minutes of them, and draws what was at the moment shown.

import { Chart, chartsOf } from "./charts.js";
import { Conditions } from "./conditions.js";
import { setAttribute, setText } from "./dom.js";
import { openFeed } from "./feed.js";
import { Flow } from "./flow.js";
import { age, time } from "./format.js";
import { makeFrame } from "./frame.js";
import { Heat } from "./heat.js";
import { History } from "./history.js";
import { drawSegments } from "./segments.js";
import { Tables } from "./tables.js";
import { Tiles } from "./tiles.js";

const byId = (id) => document.getElementById(id);
const PEAK_MS = 60000;

const page = {
  about: null,
  before: null, // the sample before
  segments: [],
  history: new History(),
  isConnected: false,
  pinned: null, // the time that somebody chose, null: live
  hovered: null, // the time that the pointer is at
  showsTables: false,
  views: null,
  isDue: false,
};

function takeAbout(about) {
  const isNew = page.about === null || page.about.process !== about.process || page.about.started_ms !== about.started_ms;
  page.about = about;
  if (!isNew) return;
  // Another process counts from 0 again: its samples do not continue those that are here. Rates do, if the metrics are the same.
  page.before = null;
  const names = JSON.stringify([about.metrics, about.actors]);
  if (page.shape !== names) {
    page.shape = names;
    page.history = new History();
    makeViews(about);
  }
}

function makeViews(about) {
  const charts = chartsOf(about).map((chart) => new Chart(chart));
  byId("charts").replaceChildren(...charts.map((chart) => chart.element));
  page.views = {
    tiles: new Tiles(byId("tiles"), about),
    flow: new Flow(byId("flow"), about),
    heat: new Heat(byId("heat"), about),
    tables: new Tables(byId("figures")),
    conditions: new Conditions(byId("conditions")),
    charts,
  };
}

function takeSample(sample) {
  const before = page.before;
  if (page.about === null || (before && sample.clock_us <= before.clock_us)) return;
  page.before = sample;
  if (!before) return;
  const frame = makeFrame(page.about, before, sample);
  page.history.push(frame);
  page.views.heat.add(frame);
  page.views.conditions.update(page.about, frame, page.segments);
  redraw();
}

function takeSegments(segments) {
  page.segments = segments;
  drawSegments(byId("segments"), byId("segments-legend"), page.about, segments);
  redraw();
}

function takeConnection(isConnected) {
  page.isConnected = isConnected;
  redraw();
}

function shownFrame() {
  const moment = page.hovered ?? page.pinned;
  return moment === null ? page.history.last : page.history.at(moment);
}

function drawHeader(last, shown) {
  const state = page.isConnected ? last?.state ?? "connecting" : "no connection";
  const about = page.about;
  setText(byId("state"), state);
  setAttribute(byId("state"), "data-state", state === "ready" ? "ok" : "bad");
  setText(byId("identity"), about ? `${about.version} · process ${about.process} · up ${age((last?.time ?? about.started_ms) - about.started_ms)}` : "");
  document.title = `${state === "ready" ? "" : `${state} · `}reviewd console`;
  const isLive = page.hovered === null && page.pinned === null;
  setText(byId("moment"), !last || isLive ? "live" : `${time(shown.time)}, ${age(last.time - shown.time)} ago`);
  setAttribute(byId("moment"), "data-live", isLive ? "yes" : "no");
  byId("live").disabled = page.pinned === null;
  if (last && document.activeElement !== byId("slider")) byId("slider").value = page.pinned === null ? 0 : Math.round((page.pinned - last.time) / 1000);
  setAttribute(byId("slider"), "aria-valuetext", isLive || !last ? "live" : `${age(last.time - shown.time)} ago`);
}

// The fullest that each mailbox was in the minute before a frame.
function peaksBefore(frame) {
  const peaks = new Map();
  for (const { actors } of page.history.between(frame.time - PEAK_MS, frame.time)) {
    for (const actor of actors) peaks.set(actor.name, Math.max(actor.fill, peaks.get(actor.name) ?? 0));
  }
  return peaks;
}

function draw() {
  page.isDue = false;
  const last = page.history.last;
  const shown = last && shownFrame();
  drawHeader(last, shown);
  if (!shown || document.hidden) return;
  const end = last.time;
  const axis = { end, span: page.history.span };
  const frames = page.history.between(end - axis.span, end);
  setText(byId("charts-title"), `The last ${axis.span / 60000} minutes`);
  setAttribute(byId("slider"), "min", -axis.span / 1000);
  const { tiles, flow, heat, tables, charts } = page.views;
  tiles.draw(frames, axis, shown);
  if (page.showsTables) {
    const recent = page.history.between(shown.time - PEAK_MS, shown.time);
    tables.update({ about: page.about, frame: shown, recent, frames, segments: page.segments });
    return;
  }
  flow.update(shown, peaksBefore(shown));
  for (const chart of charts) chart.draw(frames, axis, shown);
  heat.draw(axis, shown);
}

function redraw() {
  if (page.isDue) return;
  page.isDue = true;
  // A hidden page gets no animation frames, but its title goes on telling the state.
  if (document.hidden) setTimeout(draw, 0);
  else requestAnimationFrame(draw);
}

function showTables(showsTables) {
  page.showsTables = showsTables;
  byId("figures").hidden = !showsTables;
  byId("pictures").hidden = showsTables;
  setAttribute(byId("tables"), "aria-pressed", showsTables);
  history.replaceState(null, "", showsTables ? "#tables" : location.pathname);
  redraw();
}

function goTo(moment) {
  page.pinned = moment;
  redraw();
}

// The time under the pointer when that is over a canvas with a time axis.
function timeUnder(event) {
  const canvas = event.target.closest?.("#charts canvas, #heat canvas");
  if (!canvas || !page.history.last) return null;
  const box = canvas.getBoundingClientRect();
  const share = (event.clientX - box.left) / box.width;
  return page.history.last.time - (1 - share) * page.history.span;
}

function listen() {
  byId("tables").addEventListener("click", () => showTables(!page.showsTables));
  byId("live").addEventListener("click", () => goTo(null));
  byId("slider").addEventListener("input", (event) => {
    const seconds = Number(event.target.value);
    goTo(seconds === 0 || !page.history.last ? null : page.history.last.time + seconds * 1000);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      byId("slider").value = 0;
      goTo(null);
    } else if (event.key === "t") {
      showTables(!page.showsTables);
    }
  });
  document.addEventListener("pointermove", (event) => {
    const moment = timeUnder(event);
    if (moment !== page.hovered) {
      page.hovered = moment;
      redraw();
    }
  });
  document.addEventListener("click", (event) => {
    const moment = timeUnder(event);
    if (moment !== null) goTo(moment);
  });
  document.documentElement.addEventListener("pointerleave", () => {
    page.hovered = null;
    redraw();
  });
  document.addEventListener("visibilitychange", redraw);
  window.addEventListener("resize", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

listen();
showTables(location.hash === "#tables");
openFeed({ about: takeAbout, segments: takeSegments, sample: takeSample, connection: takeConnection });
