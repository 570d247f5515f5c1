// When things go wrong: nothing there, slow, failing, overloaded, hostile.

import assert from "node:assert/strict";
import test from "node:test";
import { checkAccessibility, picture, sql, useBrowser } from "./context.js";
import { addReviews, get, newProduct, openProduct, shownSummaries } from "./storefront.js";

useBrowser();

const OVERLOADED = { status: 503, headers: { "Retry-After": "1", "Access-Control-Expose-Headers": "Retry-After" },
  contentType: "application/problem+json",
  body: JSON.stringify({ type: "/problems/overloaded", title: "Overloaded", status: 503, detail: "The server is overloaded." }) };

test("a product without reviews invites to write one", async (t) => {
  const page = await openProduct(t, newProduct());
  assert.equal(await page.locator(".empty-title").textContent(), "No reviews yet");
  assert.equal(await page.getByRole("button", { name: "More reviews" }).isVisible(), false);
  await checkAccessibility(page);
  await picture(page, "storefront-empty", { locator: page.locator("product-reviews") });
});

test("while it is slow, its shape is there", async (t) => {
  const product = newProduct();
  await addReviews(product, 3);
  let go;
  const held = new Promise((done) => (go = done));
  const page = await openProduct(t, product, { until: ".ghost", prepare: (p) =>
    p.route(`**/reviews/${product}/**`, async (route) => (await held, route.fallback())) });
  assert.equal(await page.locator(".reviews").getAttribute("aria-busy"), "true");
  assert.equal(await page.locator("[role=status].sr").textContent(), "Loading the reviews");
  await checkAccessibility(page);
  await picture(page, "storefront-loading", { locator: page.locator("product-reviews") });
  go();
  await page.locator(".card").first().waitFor();
  assert.equal(await page.locator(".reviews").getAttribute("aria-busy"), "false");
});

test("what cannot be loaded can be tried again", async (t) => {
  const product = newProduct();
  await addReviews(product, 3);
  const page = await openProduct(t, product, { until: ".failure", expected: /Failed to load resource/, prepare: (p) =>
    p.route(`**/reviews/${product}/**`, (route) => route.abort()) });
  assert.match(await page.getByRole("alert").textContent(), /The reviews could not be loaded/);
  await checkAccessibility(page);
  await picture(page, "storefront-failed", { locator: page.locator("product-reviews") });
  await page.unroute(`**/reviews/${product}/**`);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(".card").first().waitFor();
});

test("an overloaded server is asked again when it says", async (t) => {
  const product = newProduct();
  await addReviews(product, 1);
  const times = [];
  const page = await openProduct(t, product, { until: ".card", expected: /503/, prepare: (p) =>
    p.route(`**/reviews/${product}/meta`, (route) => (times.push(Date.now()), times.length <= 2 ? route.fulfill(OVERLOADED) : route.fallback())) });
  assert.equal(times.length, 3);
  assert.ok(times[1] - times[0] >= 950 && times[2] - times[1] >= 950, `asked at ${times}`);
  assert.equal(await page.locator(".mean .muted").textContent(), "1 review");
});

test("but not for ever", async (t) => {
  const product = newProduct();
  let asked = 0;
  const page = await openProduct(t, product, { until: ".failure", expected: /503/, prepare: (p) =>
    p.route(`**/reviews/${product}/meta`, (route) => (asked++, route.fulfill(OVERLOADED))) });
  assert.equal(asked, 4);
  assert.ok(await page.getByRole("button", { name: "Try again" }).isVisible());
});

test("when more cannot be loaded, what is shown stays", async (t) => {
  const product = newProduct();
  await addReviews(product, 25);
  const page = await openProduct(t, product, { until: ".card", expected: /Failed to load resource/ });
  for (let shown = 4; shown <= 18; shown += 2) {
    await page.getByRole("button", { name: "More reviews" }).click();
    await page.locator(".shown", { hasText: `${shown} of 25` }).waitFor();
  }
  await page.route("**/list?*page=1*", (route) => route.abort());
  await page.getByRole("button", { name: "More reviews" }).click();
  await page.locator(".cards .failure").waitFor();
  assert.equal((await shownSummaries(page)).length, 18);
  await page.unroute("**/list?*page=1*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(".shown", { hasText: "20 of 25" }).waitFor();
  const seen = await shownSummaries(page);
  assert.equal(new Set(seen).size, 20);
});

test("an answer for an earlier product is not shown for a later one", async (t) => {
  const slow = newProduct();
  const quick = newProduct();
  await addReviews(slow, 1, () => ({ summary: "Of the slow one" }));
  await addReviews(quick, 1, () => ({ summary: "Of the quick one" }));
  let go;
  const held = new Promise((done) => (go = done));
  const page = await openProduct(t, slow, { until: ".ghost", prepare: (p) =>
    p.route(`**/reviews/${slow}/**`, async (route) => (await held, route.fallback().catch(() => {}))) });
  await page.evaluate((id) => document.querySelector("product-reviews").setAttribute("product-id", id), String(quick));
  await page.locator(".card").waitFor();
  go();
  await page.waitForTimeout(300);
  assert.deepEqual(await shownSummaries(page), ["Of the quick one"]);
});

test("a hostile review is text and nothing else", async (t) => {
  const product = newProduct();
  const attack = '<script>window.attacked = 1</script><img src=x onerror="window.attacked = 2">"\'><svg/onload=window.attacked=3>';
  const [review] = await addReviews(product, 1, () => ({ summary: attack.slice(0, 150), body: attack, name: attack.slice(0, 100) }));
  // What no client can add, but a database may hold from elsewhere.
  await sql(`UPDATE review SET response = $$${attack}$$, photos = '[{"url": "javascript:window.attacked=5", "thumbnail_url": "javascript:window.attacked=6"}, {"url": "https://photos.example/a.jpg", "thumbnail_url": "https://photos.example/a.jpg"}]' WHERE product_id = ${product} AND review_id = ${review.review_id}`);
  // Without the page's policy, which would hide that the widget is wrong.
  const page = await openProduct(t, product, { bypassCSP: true });
  assert.equal(await page.locator(".card .body").textContent(), attack);
  assert.equal(await page.locator(".response p").textContent(), attack);
  assert.equal(await page.locator(".byline bdi").textContent(), attack.slice(0, 100));
  assert.equal(await page.locator(".card script, .card svg[onload], .card .body *").count(), 0);
  assert.equal(await page.locator(".thumb").count(), 1);
  await page.locator(".thumb").click();
  await page.locator("dialog.lightbox[open]").waitFor();
  assert.equal(await page.evaluate(() => window.attacked), undefined);
  await page.keyboard.press("Escape");
  await page.locator("dialog.lightbox").waitFor({ state: "detached" });
  await picture(page, "storefront-hostile", { locator: page.locator("product-reviews") });
  assert.equal((await get(`/reviews/${product}/list`)).results.length, 1);
});
