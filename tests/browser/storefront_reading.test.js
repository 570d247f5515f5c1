// What a reader sees: totals, bars that filter, orders, two reviews at a time, whole texts, photos, answers.

import assert from "node:assert/strict";
import test from "node:test";
import { openPage, sql, url, useBrowser } from "./context.js";
import { addReviews, get, newProduct, openProduct, shownSummaries } from "./storefront.js";

useBrowser();

const RATINGS = [5, 5, 4, 5, 3, 1, 5];

// Seven reviews with different ratings; every second one recommends.
async function ratedProduct() {
  const product = newProduct();
  await addReviews(product, RATINGS.length, (i) => ({ rating: RATINGS[i], recommend: i % 2 === 0,
    characteristics: { Fit: 1 + (i % 5), Quality: 5 } }));
  return product;
}

test("totals are those of the server", async (t) => {
  const product = await ratedProduct();
  const page = await openProduct(t, product);
  const meta = await get(`/reviews/${product}/meta`);
  const mean = RATINGS.reduce((sum, rating) => sum + rating) / RATINGS.length;
  assert.equal(await page.locator(".mean-value").textContent(), mean.toFixed(1));
  assert.equal(await page.locator(".mean .stars").getAttribute("aria-label"), "Rated 4.0 out of 5");
  assert.equal(await page.locator(".mean .muted").textContent(), "7 reviews");
  assert.equal(await page.locator(".recommended").textContent(), "57% would recommend it");
  for (const rating of [1, 2, 3, 4, 5]) {
    assert.equal(await page.locator(`.bar[data-rating="${rating}"] .bar-count`).textContent(), String(meta.ratings[rating]));
  }
  assert.equal(await page.locator(".scale").count(), 2);
  assert.match(await page.locator(".scale-line").first().getAttribute("aria-label"), /^Fit: 2\.6 on a scale from 1, Tight, to 5, Loose$/);
  const share = await page.locator('.bar[data-rating="5"] .level').evaluate((level) =>
    level.getBoundingClientRect().width / level.parentElement.getBoundingClientRect().width);
  assert.ok(Math.abs(share - 4 / 7) < 0.01);
});

test("two at a time, until all are there, each once", async (t) => {
  const page = await openProduct(t, await ratedProduct());
  const more = page.getByRole("button", { name: "More reviews" });
  assert.equal((await shownSummaries(page)).length, 2);
  for (const expected of [4, 6, 7]) {
    await more.click();
    await page.waitForFunction((n) => document.querySelector("product-reviews").shadowRoot.querySelectorAll(".card").length === n, expected);
    assert.equal(await page.locator(".shown").textContent(), `${expected} of 7 shown`);
  }
  assert.equal(await more.isVisible(), false);
  assert.equal(new Set(await shownSummaries(page)).size, 7);
  const focused = await page.evaluate(() => document.querySelector("product-reviews").shadowRoot.activeElement?.className);
  assert.equal(focused, "card"); // the button has gone: the reader is at what it brought
});

test("what others add meanwhile makes nothing come twice", async (t) => {
  const product = newProduct();
  await addReviews(product, 45);
  const page = await openProduct(t, product);
  await page.getByLabel("Sort by").selectOption("newest");
  await page.locator(".card h3", { hasText: "Summary 44" }).waitFor();
  for (let shown = 2; shown < 45; shown = Math.min(shown + 2, 45)) {
    if (shown % 10 === 0) await addReviews(product, 1, () => ({ summary: `Late ${shown}`, date: "2026-06-01T00:00:00Z" }));
    await page.getByRole("button", { name: "More reviews" }).click();
    await page.waitForFunction((n) => document.querySelector("product-reviews").shadowRoot.querySelectorAll(".card").length >= n,
      Math.min(shown + 2, 45));
  }
  const seen = await shownSummaries(page);
  assert.equal(new Set(seen).size, seen.length);
  for (let i = 0; i < 45; i++) assert.ok(seen.includes(`Summary ${i}`), `Summary ${i} was skipped`);
});

test("bars filter, alone and together", async (t) => {
  const page = await openProduct(t, await ratedProduct());
  const labels = () => page.locator(".card header .stars").evaluateAll((all) => all.map((one) => one.ariaLabel));
  await page.locator('.bar[data-rating="1"]').click();
  await page.locator(".filters", { hasText: "Only reviews with 1 star" }).waitFor();
  await page.locator(".shown", { hasText: "1 of 1 shown" }).waitFor();
  assert.deepEqual(await labels(), ["Rated 1 out of 5"]);
  assert.equal(await page.locator('.bar[data-rating="1"]').getAttribute("aria-pressed"), "true");
  await page.locator('.bar[data-rating="3"]').click();
  await page.locator(".shown", { hasText: "2 of 2 shown" }).waitFor();
  assert.deepEqual((await labels()).sort(), ["Rated 1 out of 5", "Rated 3 out of 5"]);
  assert.equal(await page.locator('.bar[data-rating="2"]').isDisabled(), true); // nobody gave two stars
  await page.getByRole("button", { name: "Show all" }).click();
  await page.locator(".shown", { hasText: "2 of 7 shown" }).waitFor();
  assert.equal(await page.locator(".filters").isVisible(), false);
});

test("three orders", async (t) => {
  const product = newProduct();
  const reviews = await addReviews(product, 5);
  for (let votes = 0; votes < 3; votes++) {
    await fetch(`${url}/reviews/helpful/${reviews[1].review_id}`, { method: "PUT" });
  }
  const page = await openProduct(t, product);
  for (const [choice, sort] of [["Newest", "newest"], ["Most helpful", "helpfulness"], ["Most relevant", "relevant"]]) {
    const { results } = await get(`/reviews/${product}/list?count=2&sort=${sort}`);
    await page.getByLabel("Sort by").selectOption({ label: choice });
    await page.waitForFunction((first) => document.querySelector("product-reviews").shadowRoot.querySelector(".card h3")?.textContent === first,
      results[0].summary);
    assert.deepEqual(await shownSummaries(page), results.map((review) => review.summary));
  }
});

test("long texts open and close", async (t) => {
  const product = newProduct();
  const body = "漢字 and words. ".repeat(40).trim();
  await addReviews(product, 1, () => ({ body: "x".repeat(250) }));
  await addReviews(product, 1, () => ({ body, date: "2026-08-01T00:00:00Z" }));
  const page = await openProduct(t, product);
  const text = page.locator(".card .body").first();
  const button = page.locator(".card").first().getByRole("button", { name: "Read more" });
  assert.ok([...(await text.textContent())].length <= 251);
  assert.equal(await button.getAttribute("aria-expanded"), "false");
  await button.click();
  assert.equal(await text.textContent(), body);
  await page.getByRole("button", { name: "Read less" }).click();
  assert.ok((await text.textContent()).endsWith("…"));
  // 250 characters are not long.
  assert.equal(await page.locator(".card").nth(1).getByRole("button", { name: "Read more" }).count(), 0);
});

test("photos open above the page, with arrows, and Escape brings back", async (t) => {
  const product = newProduct();
  const photos = [1, 2, 3].map((n) => `https://photos.example/${n}.svg`);
  await addReviews(product, 1, () => ({ photos: [...photos, "https://photos.example/missing.png"] }));
  const page = await openProduct(t, product, { expected: /ERR_FAILED/, prepare: async (p) => {
    await p.route("https://photos.example/**", (route) => /missing/.test(route.request().url()) ? route.abort()
      : route.fallback());
  } });
  await page.waitForFunction(() => document.querySelector("product-reviews").shadowRoot.querySelectorAll(".photos li.missing").length === 1);
  const second = page.getByRole("button", { name: "Photo 2 of 4 by Reader 0" });
  await second.click();
  const box = page.getByRole("dialog", { name: "Photos" });
  assert.equal(await box.locator("img").getAttribute("src"), photos[1]);
  await page.keyboard.press("ArrowRight");
  assert.equal(await box.locator("img").getAttribute("src"), photos[2]);
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await box.locator("img").getAttribute("alt"), "Photo 1 of 4 by Reader 0");
  await page.keyboard.press("Escape");
  await box.waitFor({ state: "detached" });
  assert.equal(await second.evaluate((button) => button.getRootNode().activeElement === button), true);
});

test("the shop's answer is below the review", async (t) => {
  const product = newProduct();
  const [review] = await addReviews(product, 1);
  await sql(`UPDATE review SET response = 'We are glad that it <b>fits</b>.' WHERE product_id = ${product} AND review_id = ${review.review_id}`);
  const page = await openProduct(t, product);
  assert.equal(await page.locator(".response h4").textContent(), "Answer from the shop");
  assert.equal(await page.locator(".response p").textContent(), "We are glad that it <b>fits</b>.");
});

test("the demo shop changes the product with its address", async (t) => {
  const page = await openPage(t);
  await page.goto(`${url}/?lang=en#2`);
  await page.locator("product-reviews .top").waitFor();
  assert.equal(await page.locator("#product").textContent(), "Lambswool jumper");
  await page.getByRole("link", { name: /Twill trousers/ }).click();
  await page.locator("#product", { hasText: "Twill trousers" }).waitFor();
  const { ratings } = await get("/reviews/3/meta");
  const count = Object.values(ratings).reduce((sum, n) => sum + n);
  await page.locator("product-reviews .mean .muted", { hasText: `${count} review` }).waitFor();
});
