#!/usr/bin/env node
// Writes products' first reviews as HTML, for nginx to include in its pages: readers without JavaScript read them, and
// <product-reviews> shows them until it has newer ones.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CHARACTERISTICS, totalsOf } from "./reviews/totals.js";
import { messagesOf, Texts } from "./reviews/texts.js";

const HELP = `prerender.js - products' first reviews as HTML

Usage: node prerender.js [OPTIONS] --output FOLDER PRODUCT...

A PRODUCT is an id, or two as in 1-500. For each, FOLDER/ID.html is replaced in one step. In nginx:

  location / { ssi on; }
  location /prerendered/ { internal; alias FOLDER/; }

and in the page, within the element:

  <product-reviews product-id="777"><!--# include virtual="/prerendered/777.html" --></product-reviews>

Options:
  --api URL       where reviewd answers (default http://127.0.0.1:8080)
  --output FOLDER where the files go; it is made if need be
  --lang TAG      the language (default en)
  --count N       reviews a product, 1 to 100 (default 5)
  --help

Exit status: 0 when all were written; 1 when some could not be, which leaves their older files; 2 for wrong usage.
`;

const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

// A template whose values are text, or what this function has made, or arrays of it.
class Markup extends String {}
function html(parts, ...values) {
  const write = (value) => Array.isArray(value) ? value.map(write).join("")
    : value instanceof Markup ? value : String(value ?? "").replace(/[&<>"']/g, (character) => escapes[character]);
  return new Markup(parts.reduce((text, part, i) => text + write(values[i - 1]) + part));
}

function reviewOf(texts, review) {
  return html`<article>
<h3 dir="auto">${review.summary || texts.t("noSummary")}</h3>
<p>${texts.t("rated", { rating: review.rating })} · <bdi>${review.reviewer_name}</bdi> · <time datetime="${review.date}">${texts.date(review.date)}</time></p>
<p dir="auto">${review.body}</p>
${review.recommend ? html`<p>${texts.t("recommends")}</p>\n` : ""}${review.response ? html`<h4>${texts.t("response")}</h4>
<p dir="auto">${review.response}</p>
` : ""}</article>
`;
}

function pageOf(texts, meta, reviews) {
  const { count, mean, recommended } = totalsOf(meta);
  const bars = [5, 4, 3, 2, 1].map((n) => html`<li>${texts.t("stars", { n })}: ${texts.numbers.format(meta.ratings[n])}</li>\n`);
  const scales = CHARACTERISTICS.filter((name) => meta.characteristics[name]).map((name) => {
    const words = (key) => texts.t(`characteristics.${name}.${key}`);
    const value = texts.decimal(Number(meta.characteristics[name].value));
    return html`<li>${texts.t("scale", { name: words("name"), value, low: words("low"), high: words("high") })}</li>\n`;
  });
  const totals = html`<p>${texts.t("rated", { rating: texts.decimal(mean) })} · ${texts.t("reviewCount", { n: count })} · ${texts.t("recommended", { percent: texts.percent(recommended) })}</p>
<ul>
${bars}${scales}</ul>
`;
  return html`<div lang="${texts.locale}" dir="${texts.direction}">
<h2>${texts.t("title")}</h2>
${count > 0 ? totals : html`<p>${texts.t("empty")}</p>\n`}${reviews.map((review) => reviewOf(texts, review))}</div>
`;
}

async function ask(address) {
  const response = await fetch(address, { signal: AbortSignal.timeout(15000) });
  if (!response.ok) throw new Error(`${address} answers ${response.status}`);
  return response.json();
}

async function write(product, { api, output, count, texts }) {
  const base = `${api.replace(/\/+$/, "")}/reviews/${product}`;
  const [meta, list] = await Promise.all([ask(`${base}/meta`), ask(`${base}/list?count=${count}`)]);
  const file = join(output, `${product}.html`);
  writeFileSync(`${file}.new`, String(pageOf(texts, meta, list.results)));
  renameSync(`${file}.new`, file);
}

function* productsOf(names) {
  for (const name of names) {
    const [, first, last] = /^([1-9]\d{0,9})(?:-([1-9]\d{0,9}))?$/.exec(name) ?? usage(`"${name}" is no product`);
    for (let product = Number(first); product <= Number(last ?? first); product++) yield product;
  }
}

function usage(wrong) {
  console.error(`prerender.js: ${wrong}; --help tells how to call it`);
  process.exit(2);
}

function readArguments() {
  const text = (fallback) => ({ type: "string", default: fallback });
  try {
    return parseArgs({ allowPositionals: true, options: { api: text("http://127.0.0.1:8080"), output: text(""), lang: text("en"),
      count: text("5"), help: { type: "boolean" } } });
  } catch (error) {
    return usage(error.message);
  }
}

const { values, positionals } = readArguments();
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
if (!values.output) usage("--output is missing");
if (!/^([1-9]\d?|100)$/.test(values.count)) usage("--count is a number from 1 to 100");
const products = [...productsOf(positionals)];
if (products.length === 0) usage("no product is named");
const language = messagesOf(values.lang);
const folder = dirname(fileURLToPath(import.meta.url));
const messages = JSON.parse(readFileSync(join(folder, "messages", `${language}.json`), "utf8"));
const settings = { ...values, texts: new Texts(values.lang.toLowerCase().startsWith(language) ? values.lang : language, language, messages) };
mkdirSync(values.output, { recursive: true });
let failed = 0;
for (const product of products) {
  try {
    await write(product, settings);
  } catch (error) {
    failed++;
    console.error(`prerender.js: product ${product}: ${error.cause?.message ?? error.message}`);
  }
}
console.log(`${products.length - failed} written to ${values.output}${failed > 0 ? `, ${failed} failed` : ""}`);
process.exit(failed > 0 ? 1 : 0);
