// The segments as a row of glasses, each as full as its table.

import { html, setText } from "./dom.js";
import { count, percent } from "./format.js";

const SHOWN_MAX = 512;

export const fillOf = (segment, about) => Math.max(0, segment.reviews) / about.limits.segment_reviews;

export const levelOf = (fill) => (fill > 1 ? "bad" : fill > 0.9 ? "warn" : "ok");

export function describe(segment, about) {
  if (segment.reviews < 0) return `${segment.name}: not counted yet`;
  return `${segment.name}: ${count(segment.reviews)} reviews, ${percent(fillOf(segment, about))}`;
}

export function drawSegments(place, legend, about, segments) {
  const total = segments.reduce((sum, segment) => sum + Math.max(0, segment.reviews), 0);
  const more = segments.length > SHOWN_MAX ? ` The first ${SHOWN_MAX} are shown.` : "";
  setText(legend, `${count(segments.length)} segments with ${count(total)} reviews, as PostgreSQL's statistics know. Full is ${count(about.limits.segment_reviews)}: then a segment should be split.${more}`);
  place.replaceChildren(...segments.slice(0, SHOWN_MAX).map((segment) => {
    const fill = fillOf(segment, about);
    const level = html("i");
    level.style.height = `${Math.min(1, fill) * 100}%`;
    return html("div", { class: "glass", "data-level": levelOf(fill), title: describe(segment, about), role: "img", "aria-label": describe(segment, about) }, level);
  }));
}
