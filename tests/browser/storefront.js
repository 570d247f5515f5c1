// What the storefront's tests share: products of their own, reviews for them, and the widget on the demo shop's page.

import assert from "node:assert/strict";
import { openPage, url } from "./context.js";

let products = 1_000_000 + (process.pid % 100_000) * 1000;

// A product that nobody has reviewed; test files that run at the same time never get the same.
export const newProduct = () => ++products;

// Adds reviews to the product, oldest first, one a day; each is made by `changes(i)`. Returns them as the server does.
export async function addReviews(product, count, changes = () => ({})) {
  const added = [];
  for (let i = 0; i < count; i++) {
    const review = { rating: 4, recommend: true, summary: `Summary ${i}`, body: `Body number ${i}.`, name: `Reader ${i}`,
      email: `reader${i}@mail.example`, date: new Date(Date.UTC(2026, 0, 1 + i)).toISOString(), ...changes(i) };
    const response = await fetch(`${url}/reviews/${product}`, { method: "POST", body: JSON.stringify(review),
      headers: { "Content-Type": "application/json" } });
    assert.equal(response.status, 201, await response.clone().text());
    added.push(await response.json());
  }
  return added;
}

export async function get(path) {
  const response = await fetch(url + path);
  assert.equal(response.status, 200);
  return response.json();
}

// The demo shop with the widget showing the product. `prepare(page)` may intercept requests first; `until` is what to wait for.
export async function openProduct(t, product, { prepare, until = ".top", lang = "en", ...options } = {}) {
  const page = await openPage(t, options);
  await prepare?.(page);
  await page.goto(`${url}/?lang=${lang}`);
  await page.locator("html[lang]").waitFor();
  await page.waitForFunction(() => document.querySelector("product-reviews").lang);
  await page.evaluate((id) => document.querySelector("product-reviews").setAttribute("product-id", id), String(product));
  if (until) await page.locator(`product-reviews ${until}`).first().waitFor();
  return page;
}

export const shownSummaries = (page) => page.locator("product-reviews .card h3").allTextContents();
