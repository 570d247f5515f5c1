// The totals: the mean, a bar for each rating, who recommends it, and the characteristics.

import { h, stars } from "./dom.js";
import { CHARACTERISTICS, totalsOf } from "./totals.js";

function bar(texts, rating, n, count, isOn, toggle) {
  const level = h("span", { class: "level" });
  level.style.setProperty("--share", `${count > 0 ? (n / count) * 100 : 0}%`);
  return h("li", {}, h("button", {
    type: "button", class: "bar", "aria-pressed": String(isOn), disabled: n === 0 && !isOn,
    "data-rating": rating, onclick: () => toggle(rating),
  }, h("span", { class: "bar-name" }, texts.t("stars", { n: rating })), h("span", { class: "track" }, level),
  h("span", { class: "bar-count" }, texts.numbers.format(n))));
}

function scale(texts, name, value) {
  const words = (end) => texts.t(`characteristics.${name}.${end}`);
  const label = texts.t("scale", { name: words("name"), value: texts.decimal(value), low: words("low"), high: words("high") });
  const mark = h("span", { class: "mark" });
  mark.style.setProperty("--share", `${((value - 1) / 4) * 100}%`);
  return h("li", { class: "scale" },
    h("span", { class: "scale-name" }, words("name")),
    h("span", { class: "scale-line", role: "img", "aria-label": label }, mark),
    h("span", { class: "scale-ends", "aria-hidden": "true" }, h("span", {}, words("low")), h("span", {}, words("high"))));
}

// `ratings`: the set of those that are filtered for; toggle(rating) changes it.
export function summary(texts, meta, ratings, toggle) {
  const { count, mean, recommended } = totalsOf(meta);
  const scales = CHARACTERISTICS.filter((name) => meta.characteristics[name])
    .map((name) => scale(texts, name, Number(meta.characteristics[name].value)));
  return h("section", { class: "summary", "aria-label": texts.t("summary") },
    h("p", { class: "mean" },
      h("span", { class: "mean-value", "aria-hidden": "true" }, texts.decimal(mean)),
      h("span", { class: "mean-side" },
        stars(mean, texts.t("rated", { rating: texts.decimal(mean) })),
        h("span", { class: "muted" }, texts.t("reviewCount", { n: count })))),
    h("ul", { class: "bars", role: "list", "aria-label": texts.t("breakdown") },
      [5, 4, 3, 2, 1].map((rating) => bar(texts, rating, meta.ratings[rating], count, ratings.has(rating), toggle))),
    h("p", { class: "recommended" }, texts.t("recommended", { percent: texts.percent(recommended) })),
    scales.length > 0 && h("ul", { class: "scales", role: "list", "aria-label": texts.t("scales") }, scales));
}
