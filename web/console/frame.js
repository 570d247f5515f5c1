// A frame: what happened between two samples, as rates, and what there was at the second one. Pure functions.

export const PHASES = [
  { id: "total", title: "Total", family: "reviewd_request_duration_seconds" },
  { id: "queue", title: "Queue", family: "reviewd_queue_duration_seconds" },
  { id: "database", title: "Database", family: "reviewd_database_duration_seconds" },
  { id: "render", title: "Render", family: "reviewd_render_duration_seconds" },
];

// The names of the cells of a family by one label: ["list", "meta", …].
export function labelsOf(about, family, label) {
  return [...new Set(about.metrics[family].cells.map((cell) => cell[label]))];
}

function sums(about, sample, family) {
  const total = new Array(about.metrics[family].cells.length).fill(0);
  for (const actor of sample.actors) {
    const values = actor.metrics[family];
    if (values) values.forEach((value, cell) => (total[cell] += value));
  }
  return total;
}

// What a histogram counted between two samples: null for nothing.
function histogramGrowth(before, now) {
  if (!now) return null;
  let total = 0;
  const counts = now.counts.map((value, bucket) => {
    const more = value - (before?.counts[bucket] ?? 0);
    total += more;
    return more;
  });
  return total > 0 ? { total, counts, sum_ns: now.sum_ns - (before?.sum_ns ?? 0) } : null;
}

function actorFrames(about, before, now, seconds) {
  return now.actors.map((actor, i) => {
    const old = before.actors[i];
    return {
      ...about.actors[i],
      depth: actor.depth,
      fill: actor.depth / about.actors[i].mailbox_capacity,
      taken: (actor.taken - old.taken) / seconds,
      pushed: (actor.taken + actor.depth - old.taken - old.depth) / seconds,
      unanswered: actor.metrics.reviewd_db_unanswered?.[0] ?? 0,
      unansweredBefore: old.metrics.reviewd_db_unanswered?.[0] ?? 0,
    };
  });
}

// Messages a second between the kinds of actors. A mailbox does not tell who pushed, but a DB actor answers each request once.
function flows(frame, seconds) {
  const of = (kind, value) => frame.actors.reduce((sum, actor) => sum + (actor.kind === kind ? value(actor) : 0), 0);
  const pushed = (kind) => of(kind, (actor) => actor.pushed);
  const taken = of("db", (actor) => actor.taken);
  const held = of("db", (actor) => (actor.unanswered - actor.unansweredBefore) / seconds);
  const replies = Math.max(0, Math.min(taken - held, pushed("writer")));
  const sum = (list) => list.reduce((a, b) => a + b, 0);
  return {
    requests: sum(frame.rates.reviewd_requests_total),
    asked: pushed("db"),
    batches: sum(frame.rates.reviewd_batches_total),
    keys: sum(frame.rates.reviewd_batch_keys_total),
    replies,
    direct: Math.max(0, pushed("writer") - replies),
    credits: pushed("acceptor"),
    responses: sum(frame.rates.reviewd_responses_total),
    received: sum(frame.rates.reviewd_bytes_received_total),
    sent: sum(frame.rates.reviewd_bytes_sent_total),
  };
}

export function makeFrame(about, before, now) {
  const seconds = (now.clock_us - before.clock_us) / 1e6;
  const frame = {
    time: now.time_ms,
    seconds,
    state: now.state,
    rates: {},
    gauges: {},
    phases: {},
    process: { ...now.process, cpu: (now.process.cpu_ns - before.process.cpu_ns) / seconds / 1e9 },
    loops: now.loops.map((loop, i) => ({
      name: about.loops[i],
      cpu: (loop.cpu_ns - before.loops[i].cpu_ns) / seconds / 1e9,
      messages: (loop.messages - before.loops[i].messages) / seconds,
      wakeups: (loop.wakeups - before.loops[i].wakeups) / seconds,
    })),
    logDropped: now.log.dropped - before.log.dropped,
  };
  for (const [family, { type }] of Object.entries(about.metrics)) {
    if (type === "gauge") frame.gauges[family] = sums(about, now, family);
    if (type === "counter") {
      const old = sums(about, before, family);
      frame.rates[family] = sums(about, now, family).map((value, cell) => (value - old[cell]) / seconds);
    }
  }
  for (const { id, family } of PHASES) {
    frame.phases[id] = now.histograms[family].map((cell, i) => histogramGrowth(before.histograms[family][i], cell));
  }
  frame.actors = actorFrames(about, before, now, seconds);
  frame.flows = flows(frame, seconds);
  return frame;
}

// Adds up growths of histograms (null counts for none).
export function addUp(growths) {
  const whole = { total: 0, counts: [], sum_ns: 0 };
  for (const growth of growths) {
    if (!growth) continue;
    whole.total += growth.total;
    whole.sum_ns += growth.sum_ns;
    growth.counts.forEach((value, bucket) => (whole.counts[bucket] = (whole.counts[bucket] ?? 0) + value));
  }
  return whole.total > 0 ? whole : null;
}

// The duration in ns that a share (0.99) of the events did not exceed, interpolated within its bucket; null for no event.
export function quantile(about, growth, share) {
  if (!growth) return null;
  const borders = about.bucket_borders_ns;
  let left = share * growth.total;
  for (let bucket = 0; bucket < growth.counts.length; bucket++) {
    const inside = growth.counts[bucket] ?? 0;
    if (inside > 0 && left <= inside) {
      const low = bucket === 0 ? 0 : borders[bucket - 1];
      const high = borders[bucket] ?? 2 * low;
      return low + ((high - low) * left) / inside;
    }
    left -= inside;
  }
  return borders[borders.length - 1];
}

// The rates of a family's cells by one label, added up: Map of "list" to a second.
export function rateBy(about, frame, family, label) {
  const by = new Map();
  about.metrics[family].cells.forEach((cell, i) => {
    by.set(cell[label], (by.get(cell[label]) ?? 0) + frame.rates[family][i]);
  });
  return by;
}
